"""Two browsers and a program in Python are in one room, and see the same."""

import asyncio
from collections.abc import Callable

import pytest

from server.rooms.messages import Said
from tests.flows.browser import DESKTOP, PATIENCE, PHONE, Visitor, chromium, enter
from vitrine_client import Pose
from vitrine_client import Visitor as Program

BELIEVED = "window.vitrine.told"
SHOE = "window.vitrine.objects.find(({ id }) => id === 'shoe')"
PLACE = (0.6, 1.6, 1.2)  # metres
CARRIED = (0.4, 1.2, 0.4)


@pytest.mark.browser
async def test_two_browsers_and_a_program_share_a_room(demo):
    async with chromium() as browser, Program.enter(demo.url, "Pia") as pia:
        ada = await enter(browser, demo.url, "Ada", **DESKTOP)
        bea = await enter(browser, demo.url, "Bea", **PHONE)
        await until(lambda: names(pia) >= {"Ada", "Bea"}, "Pia sees both")
        await they_see_her_walk(pia, ada, bea)
        await everybody_hears(pia, ada, bea)
        await she_carries_the_shoe(pia, ada, bea)
        await pia_sees_what_a_page_does(pia, bea)
        await they_believe_the_same(pia, ada, bea)
        assert (ada.errors, bea.errors) == ([], [])


async def they_see_her_walk(pia: Program, *pages: Visitor) -> None:
    await asyncio.sleep(0.1)  # not within 1/20 s of the last one
    assert await pia.pose(Pose(50, PLACE))
    away = " + ".join(f"Math.abs(position[{axis}] - {at})" for axis, at in enumerate(PLACE))
    seen = f"({{ name, position }}) => name === 'Pia' && position && {away} < 0.1"
    for page in pages:
        await page.until(f"window.vitrine.avatars.some({seen})", "Pia has walked")


async def everybody_hears(pia: Program, ada: Visitor, bea: Visitor) -> None:
    hearing = asyncio.create_task(hears(pia, "Good morning"))
    await ada.write("say", "Good morning")
    await ada.press("send")
    await asyncio.wait_for(hearing, PATIENCE)
    await pia.say("Hello")
    for page in (ada, bea):
        words = "['Good morning', 'Hello'].every((one) => said.includes(one))"
        await page.until(f"((said) => {words})(window.vitrine.talk.map(({{ text }}) => text))")


async def hears(pia: Program, text: str) -> None:
    async for message in pia.messages():
        if isinstance(message, Said) and message.text == text:
            return


async def she_carries_the_shoe(pia: Program, *pages: Visitor) -> None:
    await pia.grab("shoe")
    carrying = asyncio.create_task(carries(pia))
    for page in pages:
        await page.until(f"{SHOE}.held_by === '{pia.world.me}'", "Pia has the shoe")
        await page.until(f"Math.abs({SHOE}.position[2] - {CARRIED[2]}) < 0.02", "it is with her")
    carrying.cancel()
    await pia.release("shoe")


async def carries(pia: Program) -> None:
    """Holding it still: whoever does not move it for 3 s has lost it."""
    while True:
        await pia.move("shoe", CARRIED)
        await asyncio.sleep(1)


async def pia_sees_what_a_page_does(pia: Program, bea: Visitor) -> None:
    other = "forest" if pia.world.objects["shoe"].variant != "forest" else "cognac"
    await bea.press("piece-shoe")
    await bea.press(f"variant-{other}")
    await until(lambda: pia.world.objects["shoe"].variant == other, "Pia sees another finish")


async def they_believe_the_same(pia: Program, *pages: Visitor) -> None:
    here = sorted([*pia.world.avatars, pia.world.me])
    for page in pages:
        told = await page.page.evaluate(BELIEVED)
        async with asyncio.timeout(PATIENCE):
            while told["rev"] != pia.world.rev:  # something is on its way to one of them
                await asyncio.sleep(0.1)
                told = await page.page.evaluate(BELIEVED)
        assert (told["epoch"], sorted(told["avatars"])) == (pia.world.epoch, here)
        for id, thing in pia.world.objects.items():
            assert told["things"][id]["position"] == pytest.approx(thing.position)
            assert told["things"][id]["variant"] == thing.variant
            assert told["things"][id]["held_by"] is None


def names(pia: Program) -> set[str]:
    return {avatar.name for avatar in pia.world.avatars.values()}


async def until(seen: Callable[[], bool], what: str) -> None:
    for _ in range(int(PATIENCE / 0.05)):
        if seen():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what}: never")
