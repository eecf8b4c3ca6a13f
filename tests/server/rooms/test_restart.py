"""A server that is started again: everybody is back, as who they were, in a whole room."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as NotConnected

from server.auth import RESUME, Person
from server.rooms.keeper import LONGEST_ABSENCE
from server.rooms.seats import RESUME_SECONDS
from server.storage.port import Delete, Insert
from tests.conftest import HeldClock
from tests.server.rooms.house import House, Shopper, opened

LAMP = {"object": "lamp"}


def house_on(store: Any, **options: Any) -> Any:
    return opened(store, **{"new_id": lambda: uuid.uuid4().hex, **options})


async def come_back(house: House, before: Shopper, **auth: Any) -> Shopper:
    again = house.shopper(before.person.name)
    await again.connect({"resume": before.welcome["resume"], **auth})
    return again


async def refusal(house: House, before: Shopper) -> str:
    stranger, refused = house.shopper("Stranger"), []
    stranger.socket.on("connect_error", refused.append)
    with pytest.raises(NotConnected):
        await stranger.connect({"resume": before.welcome["resume"]})
    return str(refused[0]["data"]["type"])


async def test_after_a_restart_they_are_the_same_in_the_same_room(open_store):
    store = await open_store()
    async with house_on(store) as house:
        before = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]
        await before[0].act("variant", object="shoe", variant="green")
        await before[1].act("grab", **LAMP)
        await before[1].act("move", **LAMP, position=[1, 1, 1])
    async with house_on(store) as house:
        epoch, rev = before[0].welcome["epoch"], before[0].welcome["rev"]
        again = await asyncio.gather(
            *(come_back(house, one, rev=rev, epoch=epoch) for one in before)
        )
        for one, was in zip(again, before, strict=True):
            assert one.welcome["you"] == was.welcome["you"]
            assert one.welcome["room"] == "demo-1"
            assert one.welcome["epoch"] != was.welcome["epoch"]
        shoe, lamp, _ = again[0].welcome["objects"]
        assert shoe["variant"] == "green"
        assert (lamp["position"], lamp["held_by"]) == ([2, 1, 0], None)
        (live,) = house.hub.rooms()
        assert len(live.room.company.avatars) == len(live.seats) == 3
        newcomer = await house.enter("Dora")
        indices = [one.index for one in [*again, newcomer]]
        assert len(set(indices)) == 4


@pytest.mark.parametrize("kept", [True, False])
async def test_a_crash_costs_nobody_their_avatar(open_store, kept: bool, monkeypatch):
    store = await open_store()
    monkeypatch.setattr("server.rooms.sockets.KEEP_SECONDS", 1e9)
    async with house_on(store) as house:
        people = [await house.enter(name) for name in ("Anna", "Bruno")]
        if kept:
            await house.hub.keeper.keep()
        saved = await store.get("room", "demo-1")
    # What the close stored is undone: a power cut stores nothing.
    await put_back(store, saved)
    async with house_on(store) as house:
        again = await asyncio.gather(*(come_back(house, one) for one in people))
        assert [one.welcome["you"] for one in again] == [one.welcome["you"] for one in people]


async def put_back(store: Any, saved: dict[str, Any] | None) -> None:
    await store.run(Delete("room", "demo-1"))
    if saved is not None:
        await store.run(Insert("room", "demo-1", saved))


async def test_a_seat_that_was_given_up_is_not_given_back_by_a_crash(open_store, clock):
    store = await open_store()
    async with house_on(store, clock=clock) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await anna.leave()
        await bruno.hears("left")
        clock.forward(seconds=RESUME_SECONDS + 1)
        house.hub.sweep()
    async with house_on(store, clock=clock) as house:
        assert await refusal(house, anna) == "seat-gone"
        assert not list(house.hub.rooms())  # nor is a room opened for it


async def test_who_left_before_anything_was_stored_is_not_brought_back(open_store, monkeypatch):
    """The last one of a room goes within the second in which it opened; then the server stops."""
    monkeypatch.setattr("server.rooms.sockets.KEEP_SECONDS", 1e9)
    store = await open_store()
    async with house_on(store) as house:
        anna = await house.enter("Anna")
        assert (await anna.act("leave"))["ok"]
    async with house_on(store) as house:
        assert await refusal(house, anna) == "seat-gone"


async def test_a_token_counts_once_for_the_opening_that_follows(open_store, clock, monkeypatch):
    monkeypatch.setattr("server.rooms.sockets.KEEP_SECONDS", 1e9)
    store = await open_store()
    async with house_on(store, clock=clock) as house:
        bruno = await house.enter("Bruno")
        await house.hub.keeper.keep()
        saved = await store.get("room", "demo-1")
        clock.forward(seconds=0.5)
        anna = await house.enter("Anna")
    await put_back(store, saved)
    async with house_on(store, clock=clock) as house:
        again = [await come_back(house, bruno), await come_back(house, anna)]
        (live,) = house.hub.rooms()
        live.seats.give_up(again[1].avatar_id)  # as for somebody who is sent away
        await again[1].leave()
        await again[0].hears("left")
        assert await refusal(house, anna) == "seat-gone"
        assert await refusal(house, again[1]) == "seat-gone"


async def test_a_crash_does_not_bring_back_who_was_sent_away_a_moment_before(
    open_store, clock, monkeypatch
):
    monkeypatch.setattr("server.rooms.sockets.KEEP_SECONDS", 1e9)
    store = await open_store()
    async with house_on(store, clock=clock) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await house.hub.keeper.keep()
        saved = await store.get("room", "demo-1")
    await put_back(store, saved)
    async with house_on(store, clock=clock) as house:
        house.hub.doors.bans = SentAway(anna.person.id, clock() + timedelta(hours=1))
        assert await refusal(house, anna) == "banned"
        assert not list(house.hub.rooms())
        await come_back(house, bruno)
        assert await refusal(house, anna) == "banned"  # nor when others have opened the room


@dataclass
class SentAway:
    person_id: str
    ends: datetime

    async def until(self, showroom: str, person: Person) -> datetime | None:
        return self.ends if (showroom, person.id) == ("demo", self.person_id) else None


async def test_after_a_long_silence_everybody_begins_anew(open_store, clock: HeldClock):
    store = await open_store()
    async with house_on(store, clock=clock) as house:
        anna = await house.enter("Anna")
    clock.forward(seconds=LONGEST_ABSENCE + 1)
    async with house_on(store, clock=clock) as house:
        assert await refusal(house, anna) == "seat-gone"
        await house.enter("Bruno")
        assert await refusal(house, anna) == "seat-gone"
        (live,) = house.hub.rooms()
        assert len(live.seats) == 1


async def test_who_does_not_come_back_leaves_their_seat_to_others(open_store, clock: HeldClock):
    store = await open_store()
    async with house_on(store, clock=clock, capacity=2) as house:
        anna, _ = await house.enter("Anna"), await house.enter("Bruno")
    async with house_on(store, clock=clock, capacity=2) as house:
        await come_back(house, anna)
        (live,) = house.hub.rooms()
        assert live.seats.free == 0
        clock.forward(seconds=RESUME_SECONDS)
        house.hub.sweep()
        assert live.seats.free == 1
        assert [avatar.name for avatar in live.room.company.avatars.values()] == ["Anna"]


async def test_a_token_of_a_room_that_never_was_opens_none(open_store, clock: HeldClock):
    store = await open_store()
    async with house_on(store, clock=clock) as house:
        anna = await house.enter("Anna")
        for place in ({}, {"room": "demo-9", "avatar": anna.avatar_id}, {"room": 5}):
            token = house.hub.tokens.issue(
                anna.person, RESUME, timedelta(hours=1), clock(), **place
            )
            anna.welcome["resume"] = token
            assert await refusal(house, anna) == "seat-gone"


async def test_a_whole_room_is_back_in_less_than_three_seconds(open_store, tmp_path: Path):
    store = await open_store()
    async with house_on(store, capacity=60) as house:
        people = await asyncio.gather(*(house.enter(f"P{n}") for n in range(50)))
    async with house_on(store, capacity=60) as house:
        began = time.monotonic()
        again = await asyncio.gather(*(come_back(house, one) for one in people))
        seconds = time.monotonic() - began
        assert [one.welcome["you"] for one in again] == [one.welcome["you"] for one in people]
        assert len(list(house.hub.rooms())) == 1
    assert seconds < 3.0
