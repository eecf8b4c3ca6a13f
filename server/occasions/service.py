"""What may be asked of occasions."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from server.auth import HOUSE, Person
from server.errors import Conflict, Forbidden, VitrineError
from server.occasions.occasion import (
    TAKES_PLACE,
    Action,
    Attendance,
    Occasion,
    Plan,
    Status,
    planned,
    replanned,
)
from server.occasions.repository import Occasions

log = structlog.get_logger()
TEND_SECONDS: Final = 2.0  # between two looks at the clock
MAX_AHEAD: Final = 500  # planned at a time; more is a program gone wrong


class TooManyPlans(Conflict):
    type = "too-many-occasions"
    title = "The calendar is full"
    detail = "{limit} occasions are planned already. Cancel one first."


class Rooms(Protocol):
    """The room in which an occasion takes place."""

    async def check(self, showroom: str) -> None:
        """Raises when there is no such showroom."""
        ...

    async def join(self, occasion: Occasion, person: Person, url: str) -> Any:
        """A ticket to it. Raises what joining a showroom raises."""
        ...

    def attendance(self, occasion: Occasion) -> Attendance: ...

    def announce(self, occasion: Occasion) -> None:
        """Tell everybody in the room how the occasion stands; the same again tells nothing."""
        ...


class Recorder(Protocol):
    """Keeps what happens in a room."""

    async def follow(self, occasion: Occasion) -> None:
        """Record from now on, or go on, or store what is left of one that is over."""
        ...


@dataclass(slots=True)
class OccasionService:
    """Plans of the house, and what becomes of them as time goes on."""

    documents: Occasions
    rooms: Rooms
    recorder: Recorder
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    _told: dict[str, Occasion] = field(default_factory=dict)  # by id: how rooms were last told
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def plan(self, person: Person, plan: Plan) -> Occasion:
        """Raises BadPlan, UnknownShowroom, TooManyPlans."""
        occasion = planned(self.new_id()[:12], plan, str(person.role), self.clock())
        await self.rooms.check(plan.showroom)
        ahead, _ = await self.documents.occasions({"status": Status.SCHEDULED}, MAX_AHEAD, None)
        if len(ahead) >= MAX_AHEAD:
            raise TooManyPlans(limit=MAX_AHEAD)
        await self.documents.insert(occasion)
        return occasion

    async def replan(self, id: str, plan: Plan) -> Occasion:
        """Raises UnknownOccasion, WrongState, BadPlan."""
        return await self.documents.change(id, lambda old: replanned(old, plan, self.clock()))

    async def act(self, id: str, action: Action) -> Occasion:
        """Open, start, end or cancel it. Raises UnknownOccasion, WrongState."""
        occasion = await self.documents.change(id, lambda old: old.after(action))
        await self._tell(occasion)
        return occasion

    async def join(self, id: str, person: Person, url: str) -> Any:
        """A ticket. Raises UnknownOccasion, NotOpenYet, WrongState, and what joining raises."""
        occasion = await self.up_to_date(await self.documents.occasion(id))
        occasion.admits()
        ticket = await self.rooms.join(occasion, person, url)
        await self._tell(occasion)  # the room may have opened for this visit
        return ticket

    def attendance(self, occasion: Occasion) -> Attendance:
        return self.rooms.attendance(occasion)

    async def recording(
        self, id: str, person: Person | None, after: int
    ) -> tuple[list[str], int | None]:
        """Lines of recording.py, and where the next ones are. Raises UnknownOccasion, Forbidden."""
        occasion = await self.documents.occasion(id)
        house = person is not None and person.role in HOUSE
        if occasion.replay != "everyone" and not house:
            raise Forbidden(role=str(person.role) if person else "guest")
        return await self.documents.lines(id, after)

    async def forget(self, id: str) -> None:
        """Its recording; while it takes place there is none to forget. Raises UnknownOccasion."""
        occasion = await self.documents.occasion(id)
        if occasion.status is Status.LIVE:
            occasion.after(Action.CANCEL)  # raises WrongState
        await self.documents.forget(id)

    # ---- time ----

    async def up_to_date(self, occasion: Occasion) -> Occasion:
        """As it is by now."""
        action = occasion.due(self.clock())
        if action is None:
            return occasion
        occasion = await self.documents.change(occasion.id, self._overdue)
        await self._tell(occasion)
        return occasion

    async def tend(self) -> None:
        """Open what is due, end what was forgotten, take up what a restart interrupted, and tell
        what another process has ended."""
        over = {id for id, told in self._told.items() if told.status not in TAKES_PLACE}
        ahead: list[Occasion] = []
        for status in (Status.LIVE, Status.OPEN, Status.SCHEDULED):
            found, _ = await self.documents.occasions({"status": status}, MAX_AHEAD, None)
            ahead += found
        missed = self._told.keys() - over - {occasion.id for occasion in ahead}
        for occasion in [*ahead, *[await self.documents.occasion(id) for id in missed]]:
            try:
                current = await self.up_to_date(occasion)
                if current.status in TAKES_PLACE or current.id in missed:
                    await self._tell(current)
            except VitrineError as error:
                log.warning("occasion.stuck", occasion=occasion.id, problem=error.type)
        for id in over:  # whatever was read before it ended has been told or passed over by now
            del self._told[id]

    async def run(self) -> None:
        """As long as the server lives."""
        while True:
            await self.tend()
            await asyncio.sleep(TEND_SECONDS)

    def _overdue(self, occasion: Occasion) -> Occasion:
        action = occasion.due(self.clock())
        return occasion.after(action) if action else occasion

    async def _tell(self, occasion: Occasion) -> None:
        """The room and the recorder. Not what somebody read before it was changed: an occasion that
        has ended would be recorded again."""
        async with self._telling:
            told = self._told.get(occasion.id, occasion)
            if told.version > occasion.version:
                return
            self._told[occasion.id] = occasion
            self.rooms.announce(occasion)
            await self.recorder.follow(occasion)
