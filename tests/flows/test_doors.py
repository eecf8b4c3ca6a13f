"""Bringing others by code, waiting in front of a full room, going on with another device."""

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


@pytest.mark.browser
async def test_a_code_a_full_room_and_another_device(small: Running):
    async with chromium() as browser:
        ada = await enter(browser, small.url, "Ada", **DESKTOP)
        code = await ada_shows_her_code(ada)
        bea = await bea_types_it(browser, small.url, code)
        assert (await door(bea))["room"] == (await door(ada))["room"]
        cleo = await cleo_scans_it_and_waits(browser, f"{small.url}/j/{code}")
        assert bea.errors == []
        await bea.page.context.close()  # her place is kept for a while; meanwhile:
        phone = await ada_goes_on_with_her_phone(browser, ada, small.url)
        await cleo_comes_in(cleo, phone)
        assert [person.errors for person in (ada, cleo, phone)] == [[], [], []]


async def ada_shows_her_code(ada: Visitor) -> str:
    await ada.press("share")
    await ada.see("share-code")
    shown = "document.querySelector('[data-testid=\"share-qr\"]').naturalWidth > 0"
    await ada.until(shown, "the QR picture is drawn")
    await ada.shoot("share-on-a-desk")
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
    await bea.shoot("wrong-code-on-a-phone")
    bea.errors.clear()  # the browser tells of each 404
    await bea.write("code-field", f"{code[:3]} {code[3:]}".lower())
    await bea.press("code-go")
    await bea.see("invitation", "invito")
    await bea.shoot("invited-on-a-phone")
    assert await bea.page.get_by_test_id("name").input_value() == "Bea"
    await bea.press("enter")
    await bea.until("window.vitrine?.joined && window.vitrine.ready", "Bea is inside")
    await bea.press("share")
    await bea.see("share-code")
    await bea.shoot("share-on-a-phone")
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
    await cleo.shoot("waiting-on-a-phone")
    return cleo


async def ada_goes_on_with_her_phone(browser, ada: Visitor, url: str) -> Visitor:
    await ada.page.evaluate("document.getElementById('stage').focus()")
    await ada.page.keyboard.down("KeyW")
    await ada.until("window.vitrine.pose.position[2] < 2.4", "Ada walks")
    await ada.page.keyboard.up("KeyW")
    await ada.press("share")
    await ada.press("continue-get")
    await ada.see("continue-code")
    await ada.shoot("handover-on-a-desk")
    code = (await ada.page.get_by_test_id("continue-code").text_content()).replace("\u2009", "")
    place = await standing(ada)
    me = await ada.page.evaluate("window.vitrine.me")
    phone = await visitor(browser, f"{url}/#continue={code}", **PHONE)
    await phone.see("welcome-question", "continua qui")
    await phone.shoot("continue-on-a-phone")
    await phone.press("agree")
    await phone.until("window.vitrine?.joined && window.vitrine.ready", "Ada is on her phone")
    assert await phone.page.evaluate("window.vitrine.me") == me
    away = f"(([x, , z]) => Math.hypot(x - {place[0]}, z - {place[2]}))"
    await phone.until(f"{away}(window.vitrine.pose.position) < 0.05", "she stands where she stood")
    await ada.see("trouble-moved", "other device")
    await ada.shoot("moved-away-on-a-desk")
    await phone.shoot("continued-on-a-phone")
    assert "continue" not in phone.page.url
    return phone


AFTER_FRAMES = """new Promise((done) => {
  const wait = (left) => (left ? requestAnimationFrame(() => wait(left - 1)) : done());
  setTimeout(() => wait(2), 100);
})"""


async def standing(person: Visitor) -> list[float]:
    """Where somebody has come to rest: the last step is drawn, and told at most 50 ms later."""
    await person.page.evaluate(AFTER_FRAMES)
    return await person.page.evaluate("window.vitrine.pose.position")


async def cleo_comes_in(cleo: Visitor, phone: Visitor) -> None:
    await cleo.until("window.vitrine.door.watching === false", "there is room for Cleo")
    await phone.until("window.vitrine.avatars.some((one) => one.name === 'Cleo')")
    await cleo.until("!document.querySelector('[data-testid=\"lobby\"]')")
    await cleo.shoot("seated-on-a-phone")
