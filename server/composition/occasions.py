"""Occasions and their recorder, put together with the rooms in which they take place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.auth import Person
from server.composition import world
from server.occasions import repository
from server.occasions.occasion import Attendance, Occasion, Status
from server.occasions.recorder import Recorder
from server.occasions.service import OccasionService
from server.rooms.hosting import Hosting
from server.rooms.messages.occasions import OccasionState
from server.storage.port import Store


def make_occasions(store: Store, hosting: Hosting) -> tuple[Recorder, OccasionService]:
    documents, rooms = repository.Occasions(store), RoomsOfOccasions(hosting)
    recorder = Recorder(documents, rooms, world.utc_now)
    return recorder, OccasionService(
        documents, rooms, recorder, clock=world.utc_now, new_id=world.new_id
    )


@dataclass(frozen=True, slots=True)
class RoomsOfOccasions:
    """Rooms, as occasions and their recorder see them: the one in which each takes place."""

    hosting: Hosting

    async def check(self, showroom: str) -> None:
        await self.hosting.check(showroom)

    async def join(self, occasion: Occasion, person: Person, url: str) -> Any:
        return await self.hosting.join(
            occasion.showroom, occasion.room, occasion.capacity, person, url
        )

    def attendance(self, occasion: Occasion) -> Attendance:
        return Attendance(*self.hosting.attendance(occasion.room))

    def announce(self, occasion: Occasion) -> None:
        live = occasion.status is Status.LIVE
        state = OccasionState(
            occasion.id, occasion.title, str(occasion.status), occasion.recorded and live
        )
        self.hosting.announce(occasion.room, state, live)

    def snapshot(self, occasion: Occasion) -> dict[str, Any]:
        return self.hosting.snapshot(occasion.room, occasion.host)

    def poses(self, occasion: Occasion) -> bytes | None:
        return self.hosting.poses(occasion.room)

    def tap(
        self, occasion: Occasion, sink: Callable[[str, dict[str, Any]], None]
    ) -> Callable[[], bool] | None:
        return self.hosting.tap(occasion.room, occasion.host, sink)
