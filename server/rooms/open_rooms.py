"""The rooms that are open in this process, each with its seats."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

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
    _rooms: dict[str, Live] = field(default_factory=dict)
    _seats_of: dict[str, dict[str, Seat]] = field(default_factory=dict)  # by person, then avatar
    _opened: int = 0

    def __iter__(self) -> Iterator[Live]:
        """As they are now: rooms may open and close meanwhile."""
        return iter(list(self._rooms.values()))

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

    async def open(self, id: str, showroom: Mapping[str, Any], capacity: int) -> Live:
        """The room `id` of this showroom's document, with that many seats if it opens now."""
        if id in self._rooms:
            return self._rooms[id]
        scene = read_scene(showroom["scene"])
        objects = things(scene, await self.catalog.products())
        saved = await self.documents.showrooms.kept(id)
        if id not in self._rooms:  # somebody else may have opened it while we read
            self._opened += 1
            room, seats = Room(id, scene, objects), Seats(capacity, self._seats_of)
            live = Live(room, seats, showroom["id"], self._opened, self.new_id())
            for tell in self.opening:
                tell(live)
            self.restore(live, saved)
            self._rooms[id] = live
        return self._rooms[id]

    def close(self, live: Live) -> None:
        """Nobody has a seat in it."""
        if self._rooms.get(live.room.id) is live:
            del self._rooms[live.room.id]
            for tell in self.closing:
                tell(live)
