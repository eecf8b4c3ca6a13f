"""An occasion as its visitors and its host see it: found, entered, recorded, seen again."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.flows.browser import DESKTOP, Visitor, chromium, enter, visitor
from tests.flows.people import sign_in

CALM = {**DESKTOP, "reduced_motion": "reduce"}
SAID = "Good evening"
TITLE = {"en": "Spring evening", "fr": "Soirée de printemps", "it": "Serata di primavera"}


def a_plan() -> dict[str, object]:
    starts = datetime.now(UTC) + timedelta(minutes=5)
    return {
        "showroom": "demo",
        "title": TITLE,
        "host": "Maison Vitrine",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "capacity": 40,
        "recorded": True,
        "replay": "everyone",
    }


@pytest.mark.browser
async def test_a_visitor_comes_to_an_occasion_and_sees_it_again(demo, api):
    staff = await sign_in(api, demo)
    status, planned = await staff.post("/api/occasions", a_plan())
    assert status == 201, planned
    id = planned["occasion"]["id"]
    status, later = await staff.post("/api/occasions", {**a_plan(), **next_week()})
    assert status == 201, later
    async with chromium() as browser:
        ada = await enter(browser, demo.url, "Ada", **CALM)
        await ada.press("occasions")
        await ada.see("sheet-occasions", "Spring evening")
        await ada.see(f"ics-{later['occasion']['id']}")
        await ada.see(f"enter-{id}")  # its doors opened by themselves
        await ada.shoot("occasions")
        await ada.press(f"enter-{id}")
        await ada.page.wait_for_url("**occasion=*")
        await enter_again(ada)
        await ada.until(f"window.vitrine.occasion?.id === '{id}'", "she is in its room")
        assert (await staff.post(f"/api/occasions/{id}/start"))[0] == 200
        await ada.see("banner", "Recorded")
        await ada.shoot("occasion-live")
        await ada.write("say", SAID)
        await ada.press("send")
        await ada.until(f"window.vitrine.talk.some(({{ text }}) => text === '{SAID}')")
        _, shown = await staff.get(f"/api/occasions/{id}")
        assert (shown["occasion"]["status"], shown["present"]) == ("live", 1)
        assert (await staff.post(f"/api/occasions/{id}/end"))[0] == 200
        await ada.until("document.querySelector('[data-testid=banner]') === null")
        await ada.press("occasions")
        await ada.press(f"replay-{id}")
        await ada.page.wait_for_url("**replay=*")
        await it_is_told_again(ada)
        assert ada.errors == []


def next_week() -> dict[str, str]:
    starts = datetime.now(UTC) + timedelta(days=7)
    return {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=2)).isoformat(),
    }


async def enter_again(ada: Visitor) -> None:
    """After a page of its own came; the name is known."""
    await ada.press("enter")
    await ada.until("window.vitrine?.joined && window.vitrine.ready", "she is inside again")


async def it_is_told_again(ada: Visitor) -> None:
    await ada.press("enter")
    await ada.see("replay")
    await ada.until("window.vitrine.replay.length > 0")
    names = "window.vitrine.avatars.map(({ name }) => name)"
    await ada.until(f"{names}.includes('Ada')", "she sees herself come")
    await ada.until("window.vitrine.avatars.some(({ speaking }) => speaking)", "what she said")
    await ada.until("!window.vitrine.replay.playing", "it comes to its end")
    await ada.until("window.vitrine.ready")
    await ada.shoot("occasion-replay")


HOST = """
const identity = { name: 'Sara', color: '#2e86ab', token: TOKEN, personId: '' };
localStorage.setItem('vitrine.identity', JSON.stringify(identity));
"""


@pytest.mark.browser
async def test_the_house_plans_and_leads_an_occasion_on_the_page(demo, api):
    staff = await sign_in(api, demo)
    token = staff.session.headers["Authorization"].removeprefix("Bearer ")
    async with chromium() as browser:
        sara = await visitor(browser, demo.url, HOST.replace("TOKEN", repr(token)), **CALM)
        await enter_again(sara)
        await sara.press("occasions")
        await sara.write("field-occasion-title", "Opening of the lake house")
        starts = datetime.now(UTC) + timedelta(hours=3)  # the browser's zone may be another one
        await sara.write("field-occasion-starts", f"{starts:%Y-%m-%dT%H:%M}")
        await sara.shoot("occasion-plan")
        await sara.press("plan")
        await sara.see("sheet-occasions", "Opening of the lake house")
        _, listed = await staff.get("/api/occasions?status=scheduled")
        id = next(
            item["occasion"]["id"]
            for item in listed["items"]
            if item["occasion"]["title"]["en"].startswith("Opening")
        )
        await sara.press(f"open-{id}")
        await sara.press(f"start-{id}")
        await sara.press(f"end-{id}")
        ended = f"document.querySelector('[data-testid=\"end-{id}\"]') === null"
        await sara.until(ended, "it is over")
        _, shown = await staff.get(f"/api/occasions/{id}")
        assert (shown["occasion"]["status"], shown["occasion"]["host_role"]) == ("ended", "staff")
        assert sara.errors == []
