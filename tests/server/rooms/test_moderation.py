"""Sending somebody away, and reports that hold what the reporter saw."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as NotConnected

from server.auth import Person, Role
from server.rooms.messages import UP
from server.rooms.moderation import ModerationService
from server.rooms.report import NoSuchReport, Report
from server.rooms.repository import INDEXES, Moderation
from server.rooms.role import MODERATORS, RoomRole
from tests.server.rooms.house import PATIENCE, eventually
from tests.server.rooms.moderated import (
    DESIGNER,
    GUEST,
    OPERATOR,
    STAFF,
    WholeHouse,
    whole_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WholeHouse]:
    async with whole_house(tmp_path) as house:
        yield house


def guest(name: str) -> Person:
    return Person(name.lower(), name, Role.SHOPPER)


async def test_who_was_kicked_does_not_come_back_by_any_door(house: WholeHouse):
    staff, anna = await house.enter_as(STAFF), await house.enter_as(guest("Anna"))
    mallory = await house.enter_as(guest("Mallory"))
    _, unused = await house.ask("POST", "/api/showrooms/demo/join", mallory.person)
    resume = mallory.welcome["resume"]
    done = await staff.act("kick", avatar=mallory.avatar_id, reason="Please be kind.")
    assert done["ok"], done
    problem = (await mallory.hears("problem"))["error"]
    assert (problem["type"], problem["reason"]) == ("kicked", "Please be kind.")
    await anna.hears("left", avatar_id=mallory.avatar_id)
    await asyncio.wait_for(mallory.socket.wait(), PATIENCE)
    doors = (({"ticket": unused["ticket"]}, "banned"), ({"resume": resume}, "seat-gone"))
    for auth, why in doors:
        again, errors = house.shopper("Mallory"), []
        again.socket.on("connect_error", errors.append)
        with pytest.raises(NotConnected):
            await again.connect(auth)
        assert errors[0]["data"]["type"] == why
    status, problem = await house.ask("POST", "/api/showrooms/demo/join", mallory.person)
    assert (status, problem["type"]) == (403, "banned")
    assert len(house.hub.open_rooms.seats_of("mallory")) == 0


async def test_a_kick_reaches_every_room_of_the_showroom(tmp_path: Path):
    async with whole_house(tmp_path, room_capacity=1) as house:
        first, second = [await house.enter_as(guest("Mallory")) for _ in range(2)]
        assert first.welcome["room"] != second.welcome["room"]
        path = f"/api/rooms/{first.welcome['room']}/avatars/{first.avatar_id}"
        assert (await house.ask("DELETE", path, STAFF))[0] == 204
        for one in (first, second):
            assert (await one.hears("problem"))["error"]["type"] == "kicked"
        await eventually(lambda: not house.hub.open_rooms.seats_of("mallory"))


async def test_a_kick_of_no_minutes_is_only_a_word(house: WholeHouse):
    staff, mallory = await house.enter_as(STAFF), await house.enter_as(guest("Mallory"))
    assert (await staff.act("kick", avatar=mallory.avatar_id, minutes=0))["ok"]
    await mallory.hears("problem")
    await house.enter_as(mallory.person)


async def test_nobody_kicks_people_of_the_house_nor_themselves(house: WholeHouse):
    staff, designer = await house.enter_as(STAFF), await house.enter_as(DESIGNER)
    refused = await staff.act("kick", avatar=designer.avatar_id)
    assert refused["error"]["type"] == "of-the-house"
    assert (await staff.act("kick", avatar=staff.avatar_id))["error"]["type"] == "yourself"
    assert (await staff.act("kick", avatar="nobody"))["error"]["type"] == "not-here"
    path = f"/api/rooms/demo-1/avatars/{designer.avatar_id}"
    assert (await house.ask("DELETE", path, STAFF))[1]["type"] == "of-the-house"
    assert (await house.ask("DELETE", path, OPERATOR))[0] == 204


async def test_a_ban_names_the_role_that_acted_and_not_who_had_it(house: WholeHouse):
    staff, mallory = await house.enter_as(STAFF), await house.enter_as(guest("Mallory"))
    await staff.act("kick", avatar=mallory.avatar_id, minutes=5)
    stored = await house.hub.documents.moderation.store.get("ban", "demo/mallory")
    assert stored is not None
    assert stored["by_role"] == "staff"
    assert "milano" not in repr(stored).lower()


async def test_each_role_may_do_what_its_acts_say_and_nothing_else(house: WholeHouse):
    people = {
        RoomRole.SHOPPER: await house.enter_as(guest("Anna")),
        RoomRole.STAFF: await house.enter_as(STAFF),
        RoomRole.DESIGNER: await house.enter_as(DESIGNER),
        RoomRole.MODERATOR: await house.enter_as(OPERATOR),
        RoomRole.WATCHER: await house.enter_as(guest("Wanda"), watch=True),
    }
    assert {role: str(who.welcome["you"]["role"]) for role, who in people.items()} == {
        role: str(role) for role in people
    }
    events = sorted(UP, key=lambda event: event == "leave")  # after that nothing is left to do
    for role, who in people.items():
        for event in events:
            kind = UP[event]
            minimal = {"object": "nothing", "avatar": "nobody", "on": False, "text": "x"}
            answer = await who.act(event, **minimal)
            refused = not answer["ok"] and answer["error"]["type"] == "forbidden"
            if not answer["ok"] and answer["error"]["type"] in ("malformed-message", "too-many"):
                continue  # looked at before the role is; the table below is what decides
            assert refused == (role not in house.sockets.acts[kind].roles), (role, event)
    for event in ("kick", "silence"):
        assert house.sockets.acts[UP[event]].roles == MODERATORS
    for event in ("mute", "hide", "block", "report"):
        assert house.sockets.acts[UP[event]].roles == frozenset(RoomRole)


async def test_a_report_holds_what_its_reporter_saw_and_nothing_more(house: WholeHouse):
    anna, bruno = await house.enter_as(guest("Anna")), await house.enter_as(guest("Bruno"))
    mallory = await house.enter_as(guest("Mallory"))
    await mallory.act("say", text="before she muted me")
    await mallory.act("say", text="for Bruno only", to=bruno.avatar_id)
    await mallory.act("say", text="for Anna only", to=anna.avatar_id)
    await anna.act("mute", avatar=mallory.avatar_id, on=True)
    await mallory.act("say", text="she cannot hear this")
    await mallory.act("emote", emote="wave")
    await bruno.act("say", text="not Mallory's words")
    carla = await house.enter_as(guest("Carla"))
    done = await anna.act(
        "report", avatar=mallory.avatar_id, reason="harassment", text="He goes on and on."
    )
    told = [(item["event"], item.get("text")) for item in done["evidence"]]
    assert told == [
        ("joined", None),
        ("said", "before she muted me"),
        ("said", "for Anna only"),
        ("emoted", None),
    ]
    assert all(item["told_at"].startswith("20") for item in done["evidence"])
    late = await carla.act("report", avatar=mallory.avatar_id, reason="spam")
    assert late["evidence"] == []
    # She reads it again over HTTP; so does the house, and nobody else.
    path = f"/api/reports/{done['report']}"
    status, own = await house.ask("GET", path, anna.person)
    assert (status, own["evidence"]) == (200, done["evidence"])
    assert own["about"] == {"person": "", "name": "Mallory"}
    assert (await house.ask("GET", path, STAFF))[1]["about"]["person"] == "mallory"
    for stranger in (bruno.person, mallory.person):
        assert (await house.ask("GET", path, stranger))[0] == 404
    assert (await house.ask("GET", path))[0] == 401


async def test_who_has_just_left_can_still_be_reported(house: WholeHouse):
    anna, mallory = await house.enter_as(guest("Anna")), await house.enter_as(guest("Mallory"))
    await mallory.act("say", text="and gone")
    await anna.hears("said")
    await mallory.leave()
    await anna.hears("left")
    done = await anna.act("report", avatar=mallory.avatar_id, reason="hate")
    assert [item["event"] for item in done["evidence"]] == ["joined", "said"]
    assert (await anna.act("report", avatar=anna.avatar_id, reason="other"))["error"][
        "type"
    ] == "yourself"


async def test_who_watches_reports_with_what_they_saw(house: WholeHouse):
    mallory = await house.enter_as(guest("Mallory"))
    await mallory.act("say", text="before she came")
    wanda = await house.enter_as(guest("Wanda"), watch=True)
    await mallory.act("say", text="in front of her")
    await wanda.hears("said", text="in front of her")
    done = await wanda.act("report", avatar=mallory.avatar_id, reason="spam")
    assert [item.get("text") for item in done["evidence"]] == ["in front of her"]


async def test_the_house_works_through_reports_and_closes_them(house: WholeHouse):
    anna, mallory = await house.enter_as(guest("Anna")), await house.enter_as(guest("Mallory"))
    done = await anna.act("report", avatar=mallory.avatar_id, reason="spam")
    status, page = await house.ask("GET", "/api/reports?status=open", STAFF)
    assert status == 200
    assert [item["id"] for item in page["items"]] == [done["report"]]
    path = f"/api/reports/{done['report']}"
    _, closed = await house.ask("POST", f"{path}/close", STAFF)
    assert (closed["status"], closed["closed_by_role"]) == ("closed", "staff")
    assert (await house.ask("POST", f"{path}/close", STAFF))[1]["type"] == "report-closed"
    assert (await house.ask("POST", "/api/reports/none/close", STAFF))[0] == 404
    assert (await house.ask("GET", "/api/reports?status=open", STAFF))[1]["items"] == []
    for person in (GUEST, DESIGNER):
        assert (await house.ask("GET", "/api/reports", person))[0] == 403


async def test_reports_and_bans_are_kept_as_long_as_the_house_says(open_store, clock):
    store = await open_store()
    service = ModerationService(Moderation(store), Nowhere(), clock, lambda: "r1", 60, 30)  # type: ignore[arg-type]
    report = Report("r1", "demo", "demo-1", "anna", None, "spam", "", [], clock().isoformat())  # type: ignore[arg-type]
    document = {**{name: getattr(report, name) for name in report.__struct_fields__}}
    document["about"] = {"person": "mallory", "name": "Mallory"}
    await service.documents.hand_in(document)
    await service.documents.ban("demo", "mallory", clock().timestamp() + 60, "staff")
    mallory = guest("Mallory")
    until = await service.until("demo", mallory)
    assert until == clock() + timedelta(minutes=1)
    assert await service.until("other", mallory) is None
    clock.forward(minutes=2)
    assert await service.until("demo", mallory) is None
    clock.forward(days=29)
    assert (await service.reports(None, 10, None))[0]
    clock.forward(days=2)
    assert not (await service.reports(None, 10, None))[0]
    with pytest.raises(NoSuchReport):
        await service.report("r1", STAFF)
    assert await store.get("ban", "demo/mallory") is None


class Nowhere:
    """No rooms."""

    def __init__(self) -> None:
        self.opening: list[Any] = []


def test_what_moderation_stores_can_be_found():
    assert {(index.kind, index.field) for index in INDEXES} >= {("report", "at"), ("ban", "until")}
