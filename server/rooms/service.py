"""The rooms of every showroom: who gets which seat, and when a room opens, is kept and closes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from msgspec import Struct

from server.auth import RESUME, TICKET, Person, Tokens
from server.errors import NotFound, TooMany
from server.rooms.messages import Auth, Avatar, Change, MalformedMessage
from server.rooms.repository import Showrooms
from server.rooms.role import RoomRole, role_of
from server.rooms.room import Room
from server.rooms.scene import read_scene, things
from server.rooms.seats import RoomFull, Seat, SeatGone, Seats

MAX_ROOMS: Final = 100  # of one showroom; more is somebody playing with the join call
MAX_RESERVED: Final = 4  # seats that one person may hold without coming
MAX_SEATS: Final = 12  # and altogether: tabs, devices, connections lost a moment ago
RESUME_LIFETIME: Final = timedelta(hours=24)  # the seat ends long before, RESUME_SECONDS after loss
COLOURS: Final = ("#e4572e", "#17bebb", "#ffc914", "#2e86ab", "#76b041", "#8d6a9f", "#d1495b")
COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


class Catalog(Protocol):
    """What products there are, as the catalogue tells them."""

    async def products(self) -> list[dict[str, Any]]: ...


class Assets(Protocol):
    """The files of an uploaded model; an unknown or unfinished one has none."""

    async def files(self, asset_id: str) -> list[dict[str, Any]]: ...


class Carts(Protocol):
    """A person's own cart, as GET /api/carts/{id} tells it.

    Whoever changes a cart, over a socket or over HTTP, tells its person by `hub.notify`.
    """

    async def get(self, person: Person) -> dict[str, Any]: ...

    async def replace(self, person: Person, lines: list[dict[str, Any]]) -> dict[str, Any]: ...


class UnknownShowroom(NotFound):
    type = "unknown-showroom"
    title = "There is no such showroom"
    detail = "`{showroom}` is not one of ours. GET /api/showrooms lists them."


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
class Live:
    """An open room with its seats; `kept` is how far its changes are stored."""

    room: Room
    seats: Seats
    showroom: str
    number: int  # counts the rooms this hub opened; spreads their ticks
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """A seat that a socket may take now."""

    live: Live
    seat: Seat

    @property
    def role(self) -> RoomRole:
        return role_of(self.seat.person.role)

    @property
    def avatar(self) -> Avatar:
        person, index = self.seat.person, self.seat.index
        colour = str(person.avatar.get("color", ""))
        if not COLOUR.fullmatch(colour):
            colour = COLOURS[index % len(COLOURS)]
        return Avatar(self.seat.avatar_id, index, person.name, str(person.role), colour)


@dataclass(slots=True)
class RoomHub:
    """Every room of this process. Nothing here awaits a client: sockets.py does.

    All of it runs on one event loop; what must be atomic has no `await` inside.
    """

    repository: Showrooms
    catalog: Catalog
    assets: Assets
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    public_url: str = ""  # empty: the address the join call came to
    capacity: int = 24  # avatars in one room
    tick_hz: float = 30.0  # pose frames a second, at most
    ticket_seconds: float = 60.0
    _rooms: dict[str, Live] = field(default_factory=dict)
    _opened: int = 0
    _listeners: list[Callable[[str, str, dict[str, Any]], None]] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since 1970: the clock of leases and seats."""
        return self.clock().timestamp()

    def rooms(self) -> Iterator[Live]:
        """The open ones."""
        return iter(list(self._rooms.values()))

    # ---- showrooms ----

    async def showrooms(self) -> list[dict[str, Any]]:
        """`{id, name}` of each."""
        found = await self.repository.showrooms()
        return [{"id": doc["id"], "name": doc["name"]} for doc in found]

    async def showroom(self, id: str) -> dict[str, Any]:
        """Scene, products on display, files of its models. Raises UnknownShowroom."""
        document = await self._document(id)
        shown = {display["sku"] for display in document["scene"].get("displays", ())}
        products = [item for item in await self.catalog.products() if item["sku"] in shown]
        models = {name: await self.assets.files(id) for name, id in document["models"].items()}
        return {
            "id": document["id"],
            "name": document["name"],
            "scene": document["scene"],
            "products": products,
            "models": models,
        }

    # ---- seats ----

    async def join(self, showroom: str, person: Person, url: str) -> Ticket:
        """Reserve a seat in the first room that has one, or in a further room.

        Raises UnknownShowroom, TooManySeats, RoomFull.
        """
        document = await self._document(showroom)
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

    def admit(self, auth: Auth) -> Admission:
        """Take the seat of a ticket, once, or of a resume token.

        Raises InvalidToken, ExpiredToken, TicketUsed, SeatGone, MalformedMessage.
        """
        now = self.clock()
        if auth.ticket is not None:
            extra = self.tokens.read(auth.ticket, TICKET, now).extra
            live = self._rooms.get(str(extra.get("room")))
            if live is None:
                raise SeatGone(kept_seconds=self.ticket_seconds)
            return Admission(live, live.seats.take(str(extra.get("avatar")), now.timestamp()))
        if auth.resume is not None:
            extra = self.tokens.read(auth.resume, RESUME, now).extra
            live = self._rooms.get(str(extra.get("room")))
            if live is None:
                raise SeatGone(kept_seconds=0)
            return Admission(live, live.seats.resume(str(extra.get("avatar")), now.timestamp()))
        raise MalformedMessage(reason="Connect with `auth: {ticket}` or `auth: {resume}`.")

    def resume_token(self, admission: Admission) -> str:
        """Brings the same avatar back for as long as its seat is kept."""
        place = {"room": admission.live.room.id, "avatar": admission.seat.avatar_id}
        person = admission.seat.person
        return self.tokens.issue(person, RESUME, RESUME_LIFETIME, self.clock(), **place)

    def leave(self, admission: Admission) -> list[Change]:
        """The socket ended: the avatar goes at once, its seat waits for its return."""
        admission.live.seats.vacate(admission.seat.avatar_id, self.now())
        return admission.live.room.leave(admission.seat.avatar_id)

    def sweep(self) -> list[tuple[Live, list[Change]]]:
        """Let leases and seats run out; what each room must hear. Call it about twice a second."""
        now = self.now()
        heard = [(live, live.room.expire(now)) for live in self._rooms.values()]
        for live in self._rooms.values():
            live.seats.expire(now)
        return [(live, changes) for live, changes in heard if changes]

    async def keep(self) -> None:
        """Store the objects that changed since the last time, then close rooms without seats."""
        for live in list(self._rooms.values()):
            changes = live.room.changes
            if live.kept != changes:
                await self.repository.keep(live.room.id, live.showroom, live.room.kept())
                live.kept = changes
            unused = not len(live.seats) and live.kept == live.room.changes
            if unused and self._rooms.get(live.room.id) is live:
                del self._rooms[live.room.id]

    # ---- to persons ----

    def listen(self, deliver: Callable[[str, str, dict[str, Any]], None]) -> None:
        """Have what is told to persons delivered: (person id, event, its body)."""
        self._listeners.append(deliver)

    def notify(self, person_id: str, event: str, body: dict[str, Any]) -> None:
        """Tell all sockets of a person, as `hub.notify(id, "order", {"order": …})`.

        For any feature, on the event loop; without a socket nothing happens.
        """
        for deliver in self._listeners:
            deliver(person_id, event, body)

    # ---- inside ----

    async def _document(self, id: str) -> dict[str, Any]:
        document = await self.repository.showroom(id)
        if document is None:
            raise UnknownShowroom(showroom=id)
        return document

    def _check_seats(self, person: Person) -> None:
        """Raises TooManySeats."""
        rooms = self._rooms.values()
        for held, limit in (
            (sum(live.seats.reserved_by(person.id) for live in rooms), MAX_RESERVED),
            (sum(live.seats.held_by(person.id) for live in rooms), MAX_SEATS),
        ):
            if held >= limit:
                raise TooManySeats(limit=limit, retry_after=int(self.ticket_seconds))

    async def _room_with_a_seat(self, document: dict[str, Any]) -> Live:
        for number in range(1, MAX_ROOMS + 1):
            live = await self._open(f"{document['id']}-{number}", document)
            if live.seats.free > 0:
                return live
        full = self.capacity * MAX_ROOMS
        raise RoomFull(capacity=full, retry_after=int(self.ticket_seconds))

    async def _open(self, id: str, document: dict[str, Any]) -> Live:
        if id in self._rooms:
            return self._rooms[id]
        scene = read_scene(document["scene"])
        objects = things(scene, await self.catalog.products())
        saved = await self.repository.kept(id)
        if id not in self._rooms:  # somebody else may have opened it while we read
            self._opened += 1
            room = Room(id, scene, objects, saved)
            seats = Seats(self.capacity)
            self._rooms[id] = Live(room, seats, document["id"], self._opened)
        return self._rooms[id]
