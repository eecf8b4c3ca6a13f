"""What operators see of rooms: figures, people, log lines, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from server.auth import Person, Role
from tests.server.rooms.house import eventually
from tests.server.rooms.moderated import (
    DESIGNER,
    GUEST,
    OPERATOR,
    STAFF,
    WholeHouse,
    whole_house,
)

ANNA = Person("anna", "Anna", Role.SHOPPER)
BRUNO = Person("bruno", "Bruno", Role.SHOPPER)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WholeHouse]:
    async with whole_house(tmp_path, metrics_token="figures") as house:
        yield house


def read(text: str) -> dict[tuple[str, str], float]:
    """Values by sample and room."""
    return {
        (sample.name, sample.labels.get("room", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scrape(house: WholeHouse) -> dict[tuple[str, str], float]:
    headers = {"Authorization": "Bearer figures"}
    async with house.http.get(f"{house.url}/metrics", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return read(await answer.text())


async def test_figures_follow_the_rooms_and_vanish_with_them(house: WholeHouse):
    assert (await scrape(house))["vitrine_rooms", ""] == 0
    anna, bruno = await house.enter_as(ANNA), await house.enter_as(BRUNO)
    wanda = await house.enter_as(GUEST, watch=True)
    await anna.stand(2, 2)
    await bruno.sees(anna.index, 2, 2)
    await anna.act("help", on=True)
    figures = await scrape(house)
    room = anna.welcome["room"]
    assert figures["vitrine_room_avatars", room] == 2
    assert figures["vitrine_room_watching", room] == 1
    assert figures["vitrine_room_helps", room] == 1
    assert figures["vitrine_sockets", ""] == 3
    assert figures["vitrine_pace_hz", ""] == 30
    assert figures["vitrine_room_rev", room] == next(house.hub.rooms()).room.rev
    assert figures["vitrine_room_tick_seconds_count", room] >= 1
    assert figures["vitrine_room_pose_bytes_total", room] > 100
    assert figures["vitrine_room_dropped_total", room] == 0
    assert figures["vitrine_process_resident_memory_bytes", ""] > 1e7
    for one in (anna, bruno, wanda):
        await one.leave()
    live = next(house.hub.rooms())
    for seat in live.seats:
        live.seats.give_up(seat.avatar_id)
    await eventually(lambda: not list(house.hub.rooms()))
    assert not [name for name, label in await scrape(house) if label]


@pytest.mark.parametrize(
    ("token", "person", "status"),
    [
        ("", None, 401),
        ("", GUEST, 403),
        ("", DESIGNER, 403),
        ("", STAFF, 200),
        ("", OPERATOR, 200),
        ("secret", None, 401),
        ("open", None, 200),
    ],
)
async def test_figures_are_for_the_house_unless_it_says_otherwise(tmp_path, token, person, status):
    async with whole_house(tmp_path, metrics_token=token) as house:
        assert (await house.ask("GET", "/metrics", person))[0] == status


async def test_rooms_are_listed_for_the_house_without_places_or_times(house: WholeHouse):
    anna = await house.enter_as(ANNA)
    status, listed = await house.ask("GET", "/api/rooms", STAFF)
    assert status == 200
    (room,) = listed["items"]
    assert (room["room"], room["avatars"], room["capacity"]) == (anna.welcome["room"], 1, 24)
    assert listed["server"]["sockets"] == 1
    status, one = await house.ask("GET", f"/api/rooms/{room['room']}", OPERATOR)
    assert one["people"] == [
        {"avatar": anna.avatar_id, "name": "Anna", "role": "shopper", "silenced": False}
    ]
    assert (await house.ask("GET", "/api/rooms/nowhere", STAFF))[1]["type"] == "room-not-open"
    for person in (GUEST, DESIGNER):
        assert (await house.ask("GET", "/api/rooms", person))[0] == 403
        path = f"/api/rooms/{room['room']}/avatars/{anna.avatar_id}"
        assert (await house.ask("DELETE", path, person))[0] == 403


async def test_a_kick_over_http_says_why_and_keeps_out(house: WholeHouse):
    anna = await house.enter_as(ANNA)
    path = f"/api/rooms/{anna.welcome['room']}/avatars/{anna.avatar_id}"
    assert (await house.ask("DELETE", f"{path}?minutes=9999", STAFF))[0] == 422
    assert (await house.ask("DELETE", f"{path}?minutes=5&reason=Enough", STAFF))[0] == 204
    assert (await anna.hears("problem"))["error"]["reason"] == "Enough"
    assert (await house.ask("POST", "/api/showrooms/demo/join", ANNA))[1]["type"] == "banned"
    assert (await house.ask("DELETE", path[:-1] + "x", STAFF))[1]["type"] == "not-here"


async def test_log_lines_tell_of_avatars_and_not_of_people_or_words(house: WholeHouse):
    with capture_logs() as lines:
        anna, staff = await house.enter_as(ANNA), await house.enter_as(STAFF)
        await anna.act("say", text="my secret")
        await staff.act("report", avatar=anna.avatar_id, reason="spam", text="my words")
        await staff.act("kick", avatar=anna.avatar_id, reason="rude")
        await anna.hears("problem")
        await staff.leave()
        await eventually(lambda: [line for line in lines if line["event"] == "room.left"][1:])
    rooms = [line for line in lines if line["event"].startswith("room.")]
    assert [line["event"] for line in rooms] == [
        "room.opened",
        "room.joined",
        "room.joined",
        "room.reported",
        "room.kicked",
        "room.left",
        "room.left",
    ]
    assert rooms[1]["avatar"] == anna.avatar_id
    assert rooms[1]["rev"] == 1
    for told in ("Anna", "anna'", "Milano", "milano", "secret", "words", "rude", "127.0.0.1"):
        assert told not in repr(rooms)


async def test_a_call_for_help_reaches_staff_who_are_in_no_room_and_they_come(house: WholeHouse):
    anna, bruno = await house.enter_as(ANNA), await house.enter_as(BRUNO)
    done = await anna.act("help", on=True, text="Which size?")
    assert done["guides"] == 0  # nobody of the house is in this room
    await bruno.act("help", on=True)
    await anna.act("help", on=True, text="Which size, and is there a blue one?")
    status, told = await house.ask("GET", "/api/helps", STAFF)
    assert status == 200
    first, second = told["items"]  # who says more has not lost their place
    room = anna.welcome["room"]
    assert 0 < first.pop("at") <= second["at"] <= house.hub.now() * 1000
    assert first == {
        "showroom": "demo",
        "room": room,
        "avatar": anna.avatar_id,
        "name": "Anna",
        "text": "Which size, and is there a blue one?",
        "guides": 0,
    }
    # From the desk into that room: an invitation, as the page of the desk makes one.
    wish = {"role": "moderator", "minutes": 10}
    status, code = await house.ask("POST", f"/api/rooms/{room}/codes", STAFF, wish)
    assert status == 201
    marta = await house.enter_as(Person("marta", "Marta", Role.SHOPPER), code=code["code"])
    assert marta.welcome["room"] == room
    helps = {call["by"] for call in marta.welcome["together"]["helps"]}
    assert helps == {anna.avatar_id, bruno.avatar_id}
    _, told = await house.ask("GET", "/api/helps", STAFF)
    assert [call["guides"] for call in told["items"]] == [1, 1]
    await marta.act("help", on=False, avatar=anna.avatar_id)
    assert (await anna.hears("help", on=False))["helper"] == marta.avatar_id
    await bruno.leave()
    await anna.hears("left", avatar_id=bruno.avatar_id)
    assert (await house.ask("GET", "/api/helps", OPERATOR))[1]["items"] == []


async def test_who_waits_for_help_is_for_the_house_to_know(house: WholeHouse):
    for person in (GUEST, DESIGNER, None):
        assert (await house.ask("GET", "/api/helps", person))[0] in (401, 403)
