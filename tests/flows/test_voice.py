"""Two browsers talk to each other: microphones, connections and panners are Chromium's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser

from tests.flows import browser as browsers
from tests.flows.browser import Visitor, enter

SMALL = {"viewport": {"width": 640, "height": 420}}
# A device that beeps, allowed without a question; addresses of this machine as they are.
FAKE = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
MESH = "Object.values(window.vitrine.voice.states)"
VOICE = "Object.values(window.vitrine.voice.voices)[0]"
FAR = """(() => {
  const voice = Object.values(window.vitrine.voice.voices)[0];
  const other = window.vitrine.avatars.find(({ id }) => id !== window.vitrine.me);
  if (!voice?.at || !other?.position) return 99;
  return Math.hypot(...voice.at.map((value, i) => value - other.position[i]));
})()"""


@asynccontextmanager
async def with_microphone(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setattr(browsers, "ARGUMENTS", [*browsers.ARGUMENTS, *FAKE])
    async with browsers.chromium() as browser:
        yield browser


async def press(person: Visitor, testid: str) -> None:
    """By hand: a page may sound and ask for a microphone after that only."""
    await person.see(testid)
    await person.page.get_by_test_id(testid).focus()
    await person.page.keyboard.press("Enter")


@pytest.mark.browser
async def test_two_visitors_hear_each_other_from_where_they_stand(demo, monkeypatch):
    async with with_microphone(monkeypatch) as one, with_microphone(monkeypatch) as other:
        ada = await enter(one, demo.url, "Ada", **SMALL)
        bea = await enter(other, demo.url, "Bea", **SMALL)
        assert await ada.page.get_by_test_id("mic").count() == 0
        for person in (ada, bea):
            await press(person, "voice")
            await person.until("window.vitrine.voice.on")
        for person in (ada, bea):
            await person.until(f"{MESH}.join() === 'connected'", "they are connected")
            assert not await person.page.evaluate("window.vitrine.voice.mic")
        await they_talk(ada, bea)
        await a_voice_comes_from_where_one_stands(ada, bea)
        await press(bea, "mic")
        await ada.until("window.vitrine.voice.speaking.length === 1", "Bea is silent again")
        await ada.until(f"{VOICE}.level < 0.01", "nothing comes of her")
        await bea.page.context.close()
        await ada.until("window.vitrine.voice.present.length === 1")
        await ada.until(f"{MESH}.length === 0 && {VOICE} === undefined")
        assert (ada.errors, bea.errors) == ([], [])


async def they_talk(ada: Visitor, bea: Visitor) -> None:
    """Each measures what arrives: the fake device beeps."""
    for person in (ada, bea):
        await press(person, "mic")
        await person.until("window.vitrine.voice.mic")
    for person in (ada, bea):
        await person.until("window.vitrine.voice.speaking.length === 2")
        await person.until(f"{VOICE}?.level > 0.02", "a voice is heard")


async def a_voice_comes_from_where_one_stands(ada: Visitor, bea: Visitor) -> None:
    await bea.until(f"{FAR} < 0.3", "the panner is at Ada's head")
    before = await bea.page.evaluate(f"{VOICE}.at")
    await ada.page.get_by_test_id("voice").evaluate("element => element.blur()")
    await ada.page.keyboard.down("KeyW")
    moved = f"Math.hypot(...{VOICE}.at.map((v, i) => v - {before}[i])) > 0.3"
    await bea.until(moved, "the voice walks with Ada")
    await ada.page.keyboard.up("KeyW")
    await bea.until(f"{FAR} < 0.3", "and stands where she stands")
    await bea.shoot("voices")


@pytest.mark.browser
async def test_without_a_microphone_one_is_told_and_may_listen(demo):
    async with browsers.chromium() as browser:
        eve = await enter(browser, demo.url, "Eve", **SMALL)
        await press(eve, "voice")
        await press(eve, "mic")
        await eve.see("notice")
        assert await eve.page.evaluate("window.vitrine.voice.on && !window.vitrine.voice.mic")
        await eve.shoot("no-microphone")
