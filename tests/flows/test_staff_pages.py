"""Staff at the desk hear who waits for a human in any room, go there, and invite others in."""

from pathlib import Path

import pytest

from server.auth import Person, Role
from tests.flows.browser import PHONE, chromium
from tests.server.rooms.moderated import whole_house

pytestmark = pytest.mark.browser
ANNA = Person("anna", "Anna", Role.SHOPPER)


async def test_the_desk_shows_who_waits_and_the_rooms_page_makes_invitations(tmp_path: Path):
    async with whole_house(tmp_path) as house, chromium() as browser:
        await house.people.put_account("milano", "correct horse", "Marta", Role.STAFF)
        anna = await house.enter_as(ANNA)
        page = await browser.new_page(**PHONE)
        await page.goto(f"{house.url}/desk")
        await page.get_by_test_id("login").fill("milano")
        await page.get_by_test_id("password").fill("correct horse")
        await page.get_by_test_id("sign-in").click()
        await page.get_by_test_id("board-pickup").wait_for()
        assert await page.get_by_test_id("helps").count() == 0
        await anna.act("help", on=True, text="Which size?")
        waiting = page.get_by_test_id(f"help-{anna.avatar_id}")
        await waiting.wait_for()
        assert "Which size?" in await waiting.inner_text()
        assert "nessuno dei nostri" in await waiting.inner_text()
        async with page.expect_popup() as opened:
            await page.get_by_test_id(f"go-{anna.avatar_id}").click()
        there = await opened.value
        await there.wait_for_url("**/?room=demo&code=*", wait_until="commit")
        code = there.url.rpartition("=")[2]
        status, told = await house.ask("GET", f"/api/codes/{code}")
        assert (status, told["room"], told["role"]) == (200, "demo-1", "moderator")
        await there.close()

        await page.goto(f"{house.url}/rooms")
        await page.get_by_test_id("room-demo-1").wait_for()
        await page.get_by_test_id("language").select_option("fr")
        await page.get_by_test_id("invite-role").select_option("designer")
        await page.get_by_test_id("invite-minutes").select_option("60")
        await page.get_by_test_id("invite-make").click()
        shown = (await page.get_by_test_id("invite-code").inner_text()).replace("\u2009", "")
        assert "Designer" in await page.get_by_test_id("invitation").inner_text()
        _, told = await house.ask("GET", f"/api/codes/{shown}")
        assert (told["room"], told["role"]) == ("demo-1", "designer")
        picture = page.get_by_test_id("invite-qr")
        await picture.evaluate("image => image.decode()")  # refuses when there is no picture
