"""Who gets a seat, and in which room."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from msgspec import Struct

from server.auth import Person, Tokens
from server.errors import Forbidden, NotFound, TooMany
from server.rooms.acts import Outcome
from server.rooms.instant import Instant
from server.rooms.invitations import Invitations
from server.rooms.lobby import Lobby, write_ticket
from server.rooms.messages.doors import DoorState
from server.rooms.open_rooms import Live, OpenRooms, UnknownShowroom
from server.rooms.repository import Documents
from server.rooms.role import RoomRole
from server.rooms.seats import RoomFull, State

MAX_ROOMS: Final = 100  # of one showroom; more is somebody playing with the join call
MAX_RESERVED: Final = 4  # seats that one person may hold without coming
MAX_SEATS: Final = 12  # and altogether: tabs, devices, connections lost a moment ago


class TooManySeats(TooMany):
    type = "too-many-seats"
    title = "You hold several places already"
    detail = "You hold {limit} of them. Use a ticket, close a window, or wait until one lapses."


class UnknownRoom(NotFound):
    type = "unknown-room"
    title = "There is no such room"
    detail = "`{room}` is no room of this showroom."


class Banned(Forbidden):
    type = "banned"
    title = "You were asked to leave"
    detail = "You may come back after {until}. Whoever runs this house can tell you why."


class Bans(Protocol):
    """Who may not come in for a while."""

    async def until(self, showroom: str, person: Person) -> datetime | None:
        """The end of it; None for who is welcome."""
        ...


class NoBans:
    async def until(self, showroom: str, person: Person) -> datetime | None:
        return None


class Wish(Struct, frozen=True):
    """Where one wants to go and as what; nothing said: the first room with a seat."""

    room: str | None = None
    code: str | None = None  # as it was typed; goes before `room`
    role: RoomRole | None = None  # one's own or a lower one
    watch: bool = False  # short for the role of a watcher
    resume: str | None = None  # of a visit that goes on elsewhere; goes before all else


class Ticket(Struct, frozen=True):
    """A reserved seat: connect to `url` with `auth: {ticket}` before `expires_at`. With `resume`,
    it is one's own: connect with `auth: {resume}`. A path in `url` goes before `/socket.io/`."""

    room: str
    url: str
    ticket: str
    avatar_id: str
    expires_at: str
    role: RoomRole = RoomRole.SHOPPER
    code: str = ""  # brings others into the same room
    watching: bool = False  # the room is full, or one wished to
    waiting: int = 0  # place in the line for a seat; 0: not in it
    resume: str | None = None


@dataclass(slots=True)
class Doors:
    """What must be atomic has no `await` inside: all of it runs on one event loop."""

    documents: Documents
    rooms: OpenRooms
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    public_url: str  # of the house; empty: the address the join call came to
    node_url: str  # of this node, for sockets; the same when there is one node
    capacity: int  # avatars in one room
    watchers: int  # in one room, without an avatar
    ticket_seconds: float
    handover_seconds: float  # life of a code that takes a visit to another device
    bans: Bans = field(default_factory=NoBans)
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    invitations: Invitations = field(init=False)
    lobby: Lobby = field(init=False)

    def __post_init__(self) -> None:
        self.invitations = Invitations(self.documents.codes, self.clock, self.random_bytes)
        self.lobby = Lobby(self.tokens, self.new_id, self.node_url)

    # ---- in ----

    async def reserve(
        self, live: Live, person: Person, role: RoomRole, url: str, *, only_free: bool = False
    ) -> Ticket:
        """A seat in this room, or a place to watch from, in the line when a seat is wanted: but
        with `only_free`.

        Raises TooManySeats, RoomFull.
        """
        self.check_seats(person)  # while a room opened, the same person may have asked again
        now, lifetime = self.clock(), timedelta(seconds=self.ticket_seconds)
        until = (now + lifetime).timestamp()
        if role is not RoomRole.WATCHER and live.seats.unclaimed > 0:
            seat = live.seats.reserve(self.new_id(), person, until, role)
        elif live.seats.watching < self.watchers and not (
            only_free and role is not RoomRole.WATCHER
        ):
            waits = None if role is RoomRole.WATCHER else role
            seat = live.seats.watch(self.new_id(), person, until, waits)
        else:
            full = live.seats.capacity
            raise RoomFull(capacity=full, retry_after=int(self.ticket_seconds))
        line = [waiting.avatar_id for waiting in live.seats.line]
        return Ticket(
            room=live.room.id,
            url=self.node_url or url,
            ticket=write_ticket(self.tokens, live.room.id, seat, now, lifetime),
            avatar_id=seat.avatar_id,
            expires_at=(now + lifetime).isoformat(),
            role=seat.role,
            code=await self.invitations.of_room(live.showroom, live.room.id),
            watching=seat.index is None,
            waiting=line.index(seat.avatar_id) + 1 if seat.avatar_id in line else 0,
        )

    async def find(self, room: str, document: Mapping[str, Any]) -> Live:
        """An open room of this showroom, or one by its number. Raises UnknownRoom."""
        live = self.rooms.find(room)
        if live is None and self._is_numbered(room, document["id"]):
            live = await self.rooms.open(room, document, self.capacity)
        if live is None or live.showroom != document["id"]:
            raise UnknownRoom(room=room[:80])
        return live

    async def find_by_id(self, room: str) -> Live:
        """An open room, or one by its number in its showroom. Raises UnknownRoom."""
        live = self.rooms.find(room)
        if live is not None:
            return live
        try:
            return await self.find(room, await self.rooms.showroom(room.rpartition("-")[0]))
        except UnknownShowroom as error:
            raise UnknownRoom(room=room[:80]) from error

    async def refuse_banned(self, showroom: str, person: Person) -> None:
        """Raises Banned."""
        until = await self.bans.until(showroom, person)
        if until is not None and until > self.clock():
            raise Banned(until=until.astimezone(UTC).isoformat(timespec="minutes"))

    def check_seats(self, person: Person) -> None:
        """Raises TooManySeats. Seats that one was called to, from several windows, are no abuse."""
        seats = self.rooms.seats_of(person.id)
        reserved = sum(seat.state is State.RESERVED and not seat.called_for for seat in seats)
        for held, limit in ((reserved, MAX_RESERVED), (len(seats), MAX_SEATS)):
            if held >= limit:
                raise TooManySeats(limit=limit, retry_after=int(self.ticket_seconds))

    def _is_numbered(self, room: str, showroom: str) -> bool:
        number = room.removeprefix(f"{showroom}-")
        return bool(re.fullmatch(r"[1-9][0-9]{0,2}", number)) and int(number) <= MAX_ROOMS

    # ---- the line ----

    def state(self, live: Live, avatar_id: str) -> DoorState:
        """For the welcome of who has this place."""
        return DoorState(
            code=self.invitations.known(live.room.id),
            watching=live.seats.watching,
            waiting=len(live.seats.line),
            seat=self.lobby.turn(live, avatar_id),
        )

    def sweep(self, live: Live, now: Instant) -> Outcome:
        """Let seats run out that nobody came for, and call the next in line to those that are
        free."""
        live.seats.expire(now.wall)
        return self.lobby.sweep(live, now)
