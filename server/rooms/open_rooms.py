"""The rooms that are open in this process, each with its seats."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from server.errors import NotFound
from server.rooms.messages import Auth, Avatar, Down
from server.rooms.messages.together import FIGURES
from server.rooms.repository import Documents
from server.rooms.ring import Ring
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.scene import read_scene, things
from server.rooms.seats import Seat, Seats

COLOURS: Final = ("#e4572e", "#17bebb", "#ffc914", "#2e86ab", "#76b041", "#8d6a9f", "#d1495b")
COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


class Catalog(Protocol):
    """What products there are, as the catalogue tells them."""

    async def products(self) -> list[dict[str, Any]]: ...


class Claims(Protocol):
    """Which node has which room."""

    async def claim(self, room: str) -> None:
        """It is this node's from now on. Raises Elsewhere, DirectoryAway."""
        ...

    async def release(self, room: str) -> None:
        """Any node may have it."""
        ...


class Unclaimed:
    """The only node there is."""

    async def claim(self, room: str) -> None:
        return None

    async def release(self, room: str) -> None:
        return None


class UnknownShowroom(NotFound):
    type = "unknown-showroom"
    title = "There is no such showroom"
    detail = "`{showroom}` is not one of ours. GET /api/showrooms lists them."


@dataclass(slots=True, eq=False)
class Live:
    """An open room with its seats."""

    room: Room
    seats: Seats
    showroom: str
    number: int  # counts the rooms that were opened; spreads their ticks
    epoch: str  # revisions count from its beginning, and mean nothing in another one
    ring: Ring = field(default_factory=Ring)
    # Told of what everybody hears, changes and perishables, with the text that was sent.
    taps: list[Callable[[Down, str], None]] = field(default_factory=list)
    kept: int = 0  # how far its changes are stored
    fence: int = 0  # a higher one in its document: it was opened elsewhere since
    moving: bool = False  # to another node: nothing changes any more
    # Of the room with this id that was open before, as far as it was stored.
    former_epoch: str = ""
    left_off: float = 0.0  # seconds since 1970
    returned: set[str] = field(default_factory=set)  # avatars whose seats were not stored


@dataclass(frozen=True, slots=True)
class Admission:
    """A seat that a socket may take now, and what it asked with."""

    live: Live
    seat: Seat
    auth: Auth

    @property
    def role(self) -> RoomRole:
        return self.seat.role

    @property
    def avatar(self) -> Avatar:
        """As it arrives; what becomes of it is in the room's company."""
        person = self.seat.person
        index = -1 if self.seat.index is None else self.seat.index  # who watches is in no frame
        colour = str(person.avatar.get("color", ""))
        if not COLOUR.fullmatch(colour):
            colour = COLOURS[index % len(COLOURS)]
        figure = str(person.avatar.get("figure", FIGURES[0]))
        return Avatar(self.seat.avatar_id, index, person.name, str(self.role), colour, figure)


@dataclass(slots=True)
class OpenRooms:
    """By id. `restore` makes a room that opens again as it was left."""

    documents: Documents
    catalog: Catalog
    new_id: Callable[[], str]
    restore: Callable[[Live, Mapping[str, Any]], None]
    opening: list[Callable[[Live], None]] = field(default_factory=list)  # told before that
    closing: list[Callable[[Live], None]] = field(default_factory=list)
    claims: Claims = field(default_factory=Unclaimed)
    _rooms: dict[str, Live] = field(default_factory=dict)
    _doing: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _seats_of: dict[str, dict[str, Seat]] = field(default_factory=dict)  # by person, then avatar
    _opened: int = 0

    def __iter__(self) -> Iterator[Live]:
        """As they are now: rooms may open and close meanwhile."""
        return iter(list(self._rooms.values()))

    def ids(self) -> list[str]:
        """Of those that are open."""
        return list(self._rooms)

    def people(self) -> int:
        """Seats and places to watch from that are not free."""
        return sum(len(live.seats) for live in self._rooms.values())

    def find(self, id: str) -> Live | None:
        """The room, if it is open."""
        return self._rooms.get(id)

    def seats_of(self, person_id: str) -> Collection[Seat]:
        """Somebody's seats in all rooms, in whichever state."""
        return self._seats_of.get(person_id, {}).values()

    async def showroom(self, id: str) -> dict[str, Any]:
        """Its document. Raises UnknownShowroom."""
        document = await self.documents.showrooms.showroom(id)
        if document is None:
            raise UnknownShowroom(showroom=id)
        return document

    async def open(
        self,
        id: str,
        showroom: Mapping[str, Any],
        capacity: int | Callable[[Mapping[str, Any]], int],
    ) -> Live:
        """The room `id` of this showroom's document, with that many seats if it opens now.

        `capacity` may look at the room's stored document first, and raise to leave it closed.
        Raises Elsewhere, DirectoryAway.
        """
        async with self._lock(id):  # one at a time: each opening ends the one before
            if id in self._rooms:
                return self._rooms[id]
            await self.claims.claim(id)
            try:
                live = await self._opened_here(id, showroom, capacity)
            except BaseException:
                await self.claims.release(id)
                raise
            self._rooms[id] = live
            return live

    def close(self, live: Live) -> None:
        """Nobody has a seat in it. `release` follows."""
        if self._rooms.get(live.room.id) is live:
            del self._rooms[live.room.id]
            for tell in self.closing:
                tell(live)

    def abandon(self, live: Live) -> None:
        """Close it with its seats: whoever has one goes on elsewhere."""
        for seat in live.seats:
            live.seats.give_up(seat.avatar_id)
        self.close(live)

    async def release(self, id: str) -> None:
        """Let other nodes open it, unless it is open here again."""
        async with self._lock(id):
            if id not in self._rooms:
                await self.claims.release(id)

    async def _opened_here(
        self,
        id: str,
        showroom: Mapping[str, Any],
        capacity: int | Callable[[Mapping[str, Any]], int],
    ) -> Live:
        scene = read_scene(showroom["scene"])
        objects = things(scene, await self.catalog.products())
        # Whoever had it before stores nothing any more: this is its last state.
        saved = await self.documents.showrooms.take(id, showroom["id"])
        places = capacity(saved) if callable(capacity) else capacity
        self._opened += 1
        room, seats = Room(id, scene, objects), Seats(places, self._seats_of)
        live = Live(room, seats, showroom["id"], self._opened, self.new_id(), fence=saved["fence"])
        for tell in self.opening:
            tell(live)
        self.restore(live, saved)
        return live

    def _lock(self, id: str) -> asyncio.Lock:
        return self._doing.setdefault(id, asyncio.Lock())
