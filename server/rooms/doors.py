"""Who gets a seat, and in which room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from server.auth import TICKET, Person, Tokens
from server.errors import TooMany
from server.rooms.acts import Outcome
from server.rooms.open_rooms import Live, OpenRooms
from server.rooms.repository import Documents
from server.rooms.seats import RoomFull, State

MAX_ROOMS: Final = 100  # of one showroom; more is somebody playing with the join call
MAX_RESERVED: Final = 4  # seats that one person may hold without coming
MAX_SEATS: Final = 12  # and altogether: tabs, devices, connections lost a moment ago


class TooManySeats(TooMany):
    type = "too-many-seats"
    title = "You hold several places already"
    detail = "You hold {limit} of them. Use a ticket, close a window, or wait until one lapses."


class Ticket(Struct, frozen=True):
    """A reserved seat: connect to `url` with `auth: {ticket}` before `expires_at`."""

    room: str
    url: str
    ticket: str
    avatar_id: str
    expires_at: str


@dataclass(slots=True)
class Doors:
    """What must be atomic has no `await` inside: all of it runs on one event loop."""

    documents: Documents
    rooms: OpenRooms
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    public_url: str  # empty: the address the join call came to
    capacity: int  # avatars in one room
    watchers: int  # in one room, without an avatar
    ticket_seconds: float
    handover_seconds: float  # life of a code that takes a visit to another device

    async def join(self, showroom: str, person: Person, url: str) -> Ticket:
        """Reserve a seat in the first room that has one, or in a further room.

        Raises UnknownShowroom, TooManySeats, RoomFull.
        """
        document = await self.rooms.showroom(showroom)
        self._check_seats(person)
        live = await self._room_with_a_seat(document)
        self._check_seats(person)  # while a room opened, the same person may have asked again
        lifetime = timedelta(seconds=self.ticket_seconds)
        now = self.clock()
        seat = live.seats.reserve(self.new_id(), person, (now + lifetime).timestamp())
        place = {"room": live.room.id, "avatar": seat.avatar_id}
        return Ticket(
            room=live.room.id,
            url=self.public_url or url,
            ticket=self.tokens.issue(person, TICKET, lifetime, now, **place),
            avatar_id=seat.avatar_id,
            expires_at=(now + lifetime).isoformat(),
        )

    def sweep(self, live: Live, now: float) -> Outcome:
        """Let seats run out that nobody came for."""
        live.seats.expire(now)
        return Outcome()

    def _check_seats(self, person: Person) -> None:
        """Raises TooManySeats."""
        seats = self.rooms.seats_of(person.id)
        reserved = sum(seat.state is State.RESERVED for seat in seats)
        for held, limit in ((reserved, MAX_RESERVED), (len(seats), MAX_SEATS)):
            if held >= limit:
                raise TooManySeats(limit=limit, retry_after=int(self.ticket_seconds))

    async def _room_with_a_seat(self, document: Mapping[str, Any]) -> Live:
        for number in range(1, MAX_ROOMS + 1):
            live = await self.rooms.open(f"{document['id']}-{number}", document, self.capacity)
            if live.seats.free > 0:
                return live
        full = self.capacity * MAX_ROOMS
        raise RoomFull(capacity=full, retry_after=int(self.ticket_seconds))
