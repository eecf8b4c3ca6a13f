"""Bringing others by code, waiting in front of a full room, going on with another device."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.browser import DESKTOP, PHONE, Visitor, chromium, enter, visitor
from tests.flows.process import Running, running


@pytest.fixture
def small(demo_copy: Path) -> Iterator[Running]:
    """A showroom whose rooms have two places."""
    with running(demo_copy, "--demo", VITRINE_ROOM_CAPACITY="2") as server:
        yield server


async def door(person: Visitor) -> dict:
    return await person.page.evaluate("window.vitrine.door")


MOVING = (
    "document.getAnimations().some((one) => one.playState === 'running'"
    " && one.effect.getComputedTiming().iterations !== Infinity)"
)


async def look(person: Visitor, name: str) -> None:
    """A picture of what has come to rest."""
    await person.until(f"!{MOVING}")
    await person.shoot(name)


@pytest.mark.browser
async def test_a_code_a_full_room_and_another_device(small: Running):
    async with chromium() as browser:
        ada = await enter(browser, small.url, "Ada", **DESKTOP)
        code = await ada_shows_her_code(ada)
        bea = await bea_types_it(browser, small.url, code)
        assert (await door(bea))["room"] == (await door(ada))["room"]
        cleo = await cleo_scans_it_and_waits(browser, f"{small.url}/j/{code}")
        phone = await ada_goes_on_with_her_phone(browser, ada, small.url)
        await bea_leaves_and_cleo_comes_in(bea, cleo, phone)
        assert [person.errors for person in (ada, cleo, phone)] == [[], [], []]


async def ada_shows_her_code(ada: Visitor) -> str:
    await ada.press("share")
    await ada.see("share-code")
    shown = "document.querySelector('[data-testid=\"share-qr\"]').naturalWidth > 0"
    await ada.until(shown, "the QR picture is drawn")
    await look(ada, "share-on-a-desk")
    code = (await door(ada))["code"]
    shown = await ada.page.get_by_test_id("share-code").text_content()
    assert shown.replace("\u2009", "") == code
    await ada.press("close")
    return code


async def bea_types_it(browser, url: str, code: str) -> Visitor:
    bea = await visitor(browser, url, **PHONE)
    await bea.write("name", "Bea")
    await bea.press("have-code")
    await bea.write("code-field", "nope")
    await bea.press("code-go")
    await bea.see("code-error", "sei")
    await bea.write("code-field", "000000")
    await bea.press("code-go")
    await bea.see("code-error", "non apre nulla")
    await look(bea, "wrong-code-on-a-phone")
    bea.errors.clear()  # the browser tells of each 404
    await bea.write("code-field", f"{code[:3]} {code[3:]}".lower())
    await bea.press("code-go")
    await bea.see("invitation", "invito")
    await look(bea, "invited-on-a-phone")
    assert await bea.page.get_by_test_id("name").input_value() == "Bea"
    await bea.press("enter")
    await bea.until("window.vitrine?.joined && window.vitrine.ready", "Bea is inside")
    await bea.press("share")
    await bea.see("share-code")
    await look(bea, "share-on-a-phone")
    await bea.press("close")
    return bea


async def cleo_scans_it_and_waits(browser, url: str) -> Visitor:
    cleo = await visitor(browser, url, **PHONE)
    await cleo.see("invitation", "invito")
    await cleo.write("name", "Cleo")
    await cleo.press("enter")
    await cleo.see("lobby-lead", "prossimo posto")
    await cleo.until("window.vitrine.ready")
    assert (await door(cleo))["watching"]
    assert len(await cleo.page.evaluate("window.vitrine.avatars")) == 2
    await look(cleo, "waiting-on-a-phone")
    return cleo


async def ada_goes_on_with_her_phone(browser, ada: Visitor, url: str) -> Visitor:
    await ada.page.evaluate("document.getElementById('stage').focus()")
    await ada.page.keyboard.down("KeyW")
    await ada.until("window.vitrine.pose.position[2] < 2.4", "Ada walks")
    await ada.page.keyboard.up("KeyW")
    await ada.press("share")
    await ada.press("continue-get")
    await ada.see("continue-code")
    await look(ada, "handover-on-a-desk")
    code = (await ada.page.get_by_test_id("continue-code").text_content()).replace("\u2009", "")
    place = await standing(ada)
    me = await ada.page.evaluate("window.vitrine.me")
    phone = await visitor(browser, f"{url}/#continue={code}", **PHONE)
    await phone.see("welcome-question", "continua qui")
    await look(phone, "continue-on-a-phone")
    await phone.press("agree")
    await phone.until("window.vitrine?.joined && window.vitrine.ready", "Ada is on her phone")
    assert await phone.page.evaluate("window.vitrine.me") == me
    there = await phone.page.evaluate("window.vitrine.pose.position")
    assert there[::2] == pytest.approx(place[::2], abs=0.05)
    await ada.see("trouble-moved", "other device")
    await look(ada, "moved-away-on-a-desk")
    await look(phone, "continued-on-a-phone")
    assert "continue" not in phone.page.url
    return phone


async def standing(person: Visitor) -> list[float]:
    """Where somebody has come to rest."""
    before = None
    while before != (place := await person.page.evaluate("window.vitrine.pose.position")):
        before = place
        await asyncio.sleep(1)
    return place


async def bea_leaves_and_cleo_comes_in(bea: Visitor, cleo: Visitor, phone: Visitor) -> None:
    assert bea.errors == []
    await bea.page.context.close()
    await cleo.until("window.vitrine.door.watching === false", "there is room for Cleo")
    await phone.until("window.vitrine.avatars.some((one) => one.name === 'Cleo')")
    await cleo.until("!document.querySelector('[data-testid=\"lobby\"]')")
    await look(cleo, "seated-on-a-phone")
