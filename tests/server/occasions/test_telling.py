"""What happens when an occasion is changed while somebody is still busy with how it was."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.auth import Person, Role
from server.occasions.occasion import Action, Attendance, Occasion, Plan, Status
from server.occasions.recorder import Recorder
from server.occasions.recording import CHUNK_SECONDS
from server.occasions.repository import INDEXES, RECORDING, Occasions
from server.occasions.service import OccasionService
from tests.conftest import NOON, HeldClock

PLAN = Plan(
    showroom="demo",
    title={"en": "Spring evening", "fr": "Soirée de printemps", "it": "Serata di primavera"},
    host="Maison Vitrine",
    starts_at=NOON + timedelta(minutes=5),
    ends_at=NOON + timedelta(hours=1),
    recorded=True,
)


class SlowStore:
    """A real store that keeps one kind of question waiting: what was read is handed out, and what
    is written gets there, only on `release`."""

    def __init__(self, store: Any) -> None:
        self.store, self.held = store, ""  # a status that is looked for, or a kind that is written
        self.asked, self.release = asyncio.Event(), asyncio.Event()

    async def get(self, kind: str, id: str) -> Any:
        return await self.store.get(kind, id)

    async def find(self, kind: str, where: dict[str, Any], **more: Any) -> Any:
        page = await self.store.find(kind, where, **more)
        await self._wait(where.get("status", ""))
        return page

    async def run(self, *ops: Any) -> Any:
        await self._wait(ops[0].kind)
        return await self.store.run(*ops)

    async def _wait(self, what: str) -> None:
        if what and what == self.held:
            self.asked.set()
            await self.release.wait()


class Room:
    """Hears how the occasion stands, and shows somebody who speaks."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sinks: list[Callable[[str, dict[str, Any]], None]] = []

    def announce(self, occasion: Occasion) -> None:
        if self.heard[-1:] != [occasion.status]:
            self.heard.append(str(occasion.status))

    def attendance(self, occasion: Occasion) -> Attendance:
        return Attendance()

    async def check(self, showroom: str) -> None:
        """It is there."""

    def snapshot(self, occasion: Occasion) -> dict[str, Any]:
        return {}

    def poses(self, occasion: Occasion) -> bytes | None:
        return None

    def tap(self, occasion: Occasion, sink: Any) -> Callable[[], bool]:
        self.sinks.append(sink)
        return lambda: True

    def say(self, text: str) -> None:
        for sink in self.sinks:
            sink("said", {"text": text})


class House:
    def __init__(self, store: Any, clock: HeldClock) -> None:
        self.store, self.room, self.clock = SlowStore(store), Room(), clock
        documents = Occasions(self.store)
        self.recorder = Recorder(documents, self.room, clock)
        ids = iter("abc")
        self.service = OccasionService(
            documents, self.room, self.recorder, clock, lambda: next(ids)
        )

    async def go_live(self) -> str:
        occasion = await self.service.plan(Person("sara", "Sara", Role.STAFF), PLAN)
        for action in (Action.OPEN, Action.START):
            await self.service.act(occasion.id, action)
        return occasion.id

    async def said(self, id: str) -> list[str]:
        lines, after = [], 0
        while after is not None:
            found, after = await self.service.documents.lines(id, after)
            lines += [json.loads(line) for line in found]
        return [body["text"] for _, event, body in lines if event == "said"]


@pytest.fixture
async def house(open_store, clock: HeldClock):
    house = House(await open_store(INDEXES), clock)
    yield house
    house.store.held = ""
    await house.recorder.close()


async def test_what_ended_during_a_look_at_the_clock_is_not_recorded_again(house: House):
    id = await house.go_live()
    house.store.held = Status.LIVE
    looking = asyncio.create_task(house.service.tend())
    await house.store.asked.wait()  # it has read that the occasion is live
    await house.service.act(id, Action.END)
    house.store.release.set()
    await looking
    house.room.say("now that it is over")
    await house.recorder.close()
    assert house.room.heard == ["open", "live", "ended"]
    assert await house.said(id) == []


async def test_what_began_during_a_look_at_the_clock_is_recorded_without_a_gap(house: House):
    occasion = await house.service.plan(Person("sara", "Sara", Role.STAFF), PLAN)
    await house.service.act(occasion.id, Action.OPEN)
    house.store.held = Status.OPEN
    looking = asyncio.create_task(house.service.tend())
    await house.store.asked.wait()
    await house.service.act(occasion.id, Action.START)
    house.store.release.set()
    await looking
    house.room.say("good evening")
    await house.service.act(occasion.id, Action.END)
    assert house.room.heard == ["open", "live", "ended"]
    assert await house.said(occasion.id) == ["good evening"]


async def test_an_end_waits_for_the_chunk_that_is_being_stored(house: House):
    id = await house.go_live()
    house.room.say("good evening")
    house.store.held = RECORDING
    house.clock.forward(seconds=CHUNK_SECONDS)
    await asyncio.wait_for(house.store.asked.wait(), 5)
    ending = asyncio.create_task(house.service.act(id, Action.END))
    await asyncio.sleep(0.05)
    house.store.release.set()
    await ending
    assert await house.said(id) == ["good evening"]


async def test_what_another_process_has_ended_is_told_here(house: House):
    id = await house.go_live()
    elsewhere = House(house.store.store, house.clock)
    await elsewhere.service.act(id, Action.END)
    await house.service.tend()
    house.room.say("now that it is over")
    await house.recorder.close()
    assert house.room.heard == ["open", "live", "ended"]
    assert await house.said(id) == []
    await house.service.tend()
    await house.service.tend()  # and nothing is kept of it
    assert house.room.heard == ["open", "live", "ended"]
