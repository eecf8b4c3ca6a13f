"""Somebody in an emulated headset, seen by somebody at a screen."""

import pytest
import socketio

from tests.flows.browser import Visitor, chromium, enter
from tests.flows.people import visit
from tests.flows.process import ROOT

IWER = ROOT / "client_demo" / "node_modules" / "iwer" / "build" / "iwer.min.js"
QUEST = """
globalThis.headset = new IWER.XRDevice(IWER.metaQuest3);
headset.installRuntime({ forceInstall: true });
headset.ipd = 0;
"""
SMALL = {"viewport": {"width": 480, "height": 360}}


@pytest.mark.browser
async def test_hands_come_with_the_headset_and_squeezing_holds(demo, api):
    observer: socketio.AsyncClient
    observer, _ = await visit(demo, api, "Olga")
    held: list[dict] = []
    frames: list[bytes] = []
    moved: list[dict] = []
    observer.on("held", held.append)
    observer.on("poses", frames.append)
    observer.on("moved", moved.append)
    async with chromium() as browser:
        script = IWER.read_text() + QUEST
        dora = await enter(browser, demo.url, "Dora", script=script, **SMALL)
        await dora.press("enter-vr")
        await dora.until("window.vitrine.pose.flags === 3", "both hands are sent")
        await dora.until("headset.controllers.right !== undefined")
        await dora.page.evaluate(AIM)
        await two_frames(dora)  # the squeeze comes before the hand's new place within a frame
        await dora.page.evaluate("headset.controllers.right.updateButtonValue('squeeze', 1)")
        await dora.until("window.vitrine.objects.some((one) => one.held_by !== null)")
        await dora.shoot("headset")
        await dora.page.evaluate(JOIN)
        await two_frames(dora)
        await dora.page.evaluate("headset.controllers.left.updateButtonValue('squeeze', 1)")
        await dora.until("window.vitrine.hold.hands === 2", "the left hand has it, too")
        await dora.page.evaluate("headset.controllers.left.position.x -= 0.3")
        await dora.until("window.vitrine.hold.scale === 2", "as large as its display allows")
        await dora.shoot("headset-two-hands")
        await dora.page.evaluate("headset.controllers.left.updateButtonValue('squeeze', 0)")
        await dora.until("window.vitrine.hold.hands === 1", "the right hand still has it")
        await dora.page.evaluate("headset.controllers.right.updateButtonValue('squeeze', 0)")
        await dora.until("window.vitrine.objects.every((one) => one.held_by === null)")
        assert dora.errors == []
    assert [message["by"] is not None for message in held] == [True, False]
    assert (moved[-1]["scale"], held[-1]["scale"]) == (2, 2)
    assert any(len(frame) == 4 + 1 + 29 for frame in frames)  # one avatar with two hands
    await observer.disconnect()


async def two_frames(person: Visitor) -> None:
    drawn = await person.page.evaluate("window.vitrine.frames")
    await person.until(f"window.vitrine.frames > {drawn} + 2")


# The left hand a little behind the right one, and pointing at what that one holds.
JOIN = """
(() => {
  const { left, right } = headset.controllers;
  const { x, y, z } = right.position;
  left.position.set(x - 0.03, y + 0.05, z + 0.1);
  left.quaternion.set(0, 0, 0, 1);
})()
"""
# The right hand half a metre before the shoe, pointing at it. A hand's place is told in the
# play area, which is turned as the spot in the room where one came in.
AIM = """
(() => {
  const shoe = window.vitrine.objects.find((one) => one.id === 'shoe').position;
  const own = window.vitrine.pose;
  const turn = 2 * Math.atan2(own.rotation[1], own.rotation[3]);
  const [x, y, z] = [0, 1, 2].map((axis) => shoe[axis] - own.position[axis]);
  const head = headset.position;
  const hand = headset.controllers.right;
  hand.position.set(
    head.x + x * Math.cos(turn) - z * Math.sin(turn),
    head.y + y + 0.06,
    head.z + x * Math.sin(turn) + z * Math.cos(turn) + 0.5);
  hand.quaternion.set(0, 0, 0, 1);
})()
"""
