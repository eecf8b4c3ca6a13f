"""Somebody is no pleasure: a visitor keeps them away and reports them, the house sends them out."""

from pathlib import Path

import pytest

from server.auth import Person, Role
from tests.flows.browser import DESKTOP, TABLET, Visitor, chromium, visitor
from tests.server.rooms.moderated import STAFF, whole_house


@pytest.mark.browser
async def test_a_visitor_blocks_and_reports_and_the_house_sends_out(tmp_path: Path):
    async with whole_house(tmp_path) as house, chromium() as browser:
        mallory = await house.enter_as(Person("mallory", "Mallory", Role.SHOPPER))
        avatar = mallory.avatar_id
        ada = await visitor(browser, house.url, **DESKTOP)
        await ada.write("name", "Ada")
        await ada.press("enter")
        await ada.until("window.vitrine?.joined", "Ada is inside")
        await mallory.act("say", text="You there! Come here!")
        await keeps_away(ada, avatar)

        staff = await visitor(browser, "about:blank", **TABLET)
        token = house.bearer(STAFF)["Authorization"].removeprefix("Bearer ")
        kept = f"JSON.stringify({{token: '{token}', name: 'Milano'}})"
        await staff.page.add_init_script(f"localStorage.setItem('vitrine.staff', {kept})")
        await staff.page.goto(f"{house.url}/rooms")
        await staff.press(f"open-{mallory.welcome['room']}")
        await staff.see(f"person-{avatar}", "Mallory")
        await staff.until("document.querySelector('.report')?.textContent.includes('He shouts')")
        await staff.press(f"kick-{avatar}")
        await staff.write("kick-reason", "Please be kind.")
        await staff.shoot("rooms-page")
        await staff.press(f"kick-{avatar}")
        told = (await mallory.hears("problem"))["error"]
        assert (told["type"], told["reason"]) == ("kicked", "Please be kind.")
        await staff.until("document.querySelectorAll('.in-room li').length === 1", "only Ada")
        await staff.page.locator("[data-testid^=close-]").first.evaluate("one => one.click()")
        await staff.until("!document.querySelector('.report')", "the report is closed")
        assert (ada.errors, staff.errors) == ([], [])


async def keeps_away(ada: Visitor, avatar: str) -> None:
    await ada.press("people")
    await ada.press(f"person-{avatar}")
    await ada.see(f"mute-{avatar}")
    await ada.shoot("safety-menu")
    await ada.press(f"report-{avatar}")
    await ada.write("report-text", "He shouts at me.")
    await ada.press("report-send")
    await ada.see("evidence", "You there! Come here!")
    await ada.press("report-block")
    await ada.until(f"window.vitrine.shield.veiled.includes('{avatar}')")
    await ada.press("people")
    await ada.press("comfort")
    await ada.see(f"unblock-{avatar}")
    await ada.page.get_by_test_id("bubble").fill("1.2")
    await ada.until("window.vitrine.bubble === 1.2")
    await ada.shoot("safety-comfort")
