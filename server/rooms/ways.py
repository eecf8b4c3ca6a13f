"""The way to a seat, on whichever node its room is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from msgspec import Struct

from server.auth import RESUME, InvalidToken, Person
from server.rooms.admissions import Admissions
from server.rooms.directory import DirectoryAway, Elsewhere, Node, NodeAway, RoomMoving
from server.rooms.doors import MAX_ROOMS, Doors, Ticket, UnknownRoom, Wish
from server.rooms.role import RoomRole, role_of
from server.rooms.seats import INDICES, RoomFull

# A node that died keeps its rooms for a lease; whoever asks for one meanwhile is kept that long.
PATIENCE_SECONDS: Final = 4.5
AGAIN_SECONDS: Final = 0.25


class SeatWish(Struct, frozen=True):
    """A seat in one room. Who may have it, and in which role, has been looked at."""

    showroom: str
    room: str
    role: RoomRole
    capacity: int | None = None  # of the room; None: as any
    only_free: bool = False  # no place to watch from instead
    resume: str = ""  # the token of a visit that goes on: its own seat


class Others(Protocol):
    """The other nodes of the house."""

    def owner(self, room: str) -> Node | None:
        """Which of them has the room, as far as is known."""
        ...

    def for_new_room(self, failed: str = "") -> Node | None:
        """Which should open the next one; None: this node. One that has just `failed` (its id) is
        not asked again as long as there is another."""
        ...

    async def ask(self, node: Node, wish: SeatWish, person: Person) -> Ticket:
        """A seat there. Raises NodeAway, RoomMoving, and what `Ways.here` raises."""
        ...

    async def open(self, node: Node, wish: SeatWish) -> Node:
        """Have it open a room; which node has it then. Raises NodeAway."""
        ...


class Nobody:
    """There are none."""

    def owner(self, room: str) -> Node | None:
        return None

    def for_new_room(self, failed: str = "") -> Node | None:
        return None

    async def ask(self, node: Node, wish: SeatWish, person: Person) -> Ticket:
        raise NodeAway(node=node.name, retry_after=1)

    async def open(self, node: Node, wish: SeatWish) -> Node:
        raise NodeAway(node=node.name, retry_after=1)


@dataclass(slots=True)
class Ways:
    """`join` is for who comes in from outside, `here` for what another node asks of this one."""

    doors: Doors
    admissions: Admissions
    others: Others
    time: Callable[[], float]  # seconds, steady

    async def join(
        self,
        showroom: str,
        person: Person,
        url: str,
        wish: Wish = Wish(),  # noqa: B008 - frozen
    ) -> Ticket:
        """Reserve a seat: in the room that is wished for, or a place in the line there; or in the
        first room that has one, or in a further room. Or find one's own seat again.

        Raises UnknownShowroom, UnknownRoom, UnknownCode, RoleNotYours, Banned, TooManySeats,
        RoomFull; InvalidToken, ExpiredToken, SeatGone; RoomMoving, NodeAway, DirectoryAway.
        """
        doors = self.doors
        if wish.resume is not None:
            return await self.go_on(wish.resume, person, url)
        document = await doors.rooms.showroom(showroom)
        await doors.refuse_banned(showroom, person)
        invitation = await doors.invitations.read(wish.code) if wish.code else None
        if invitation and invitation.showroom != showroom:
            raise UnknownRoom(room=invitation.room)
        wanted = RoomRole.WATCHER if wish.watch else wish.role
        role = role_of(person.role, wanted, invitation.role if invitation else None)
        room = invitation.room if invitation else wish.room
        doors.check_seats(person)
        if room:
            return await self.seat(SeatWish(showroom, room, role), person, url)
        return await self._choose(document, role, person, url)

    async def go_on(self, token: str, person: Person, url: str) -> Ticket:
        """Where the room of a resume token is now.

        Raises InvalidToken, ExpiredToken, Banned, SeatGone.
        """
        claims = self.doors.tokens.read(token, RESUME, self.doors.clock())
        if claims.person.id != person.id:
            raise InvalidToken
        showroom, room = str(claims.extra.get("showroom")), str(claims.extra.get("room"))
        await self.doors.refuse_banned(showroom, person)
        wish = SeatWish(showroom, room, RoomRole.WATCHER, resume=token)
        return await self.seat(wish, person, url)

    async def seat(self, wish: SeatWish, person: Person, url: str) -> Ticket:
        """In that room: here, or where it is open, or where it had best be opened.

        Where that failed, the choice is made anew after a pause. The room of a node that died stays
        its own until its lease is over: until then it is asked in turn with whoever might have the
        room next, for it may only have been slow.

        Raises what `here` raises, but Elsewhere; NodeAway.
        """
        ends = self.time() + PATIENCE_SECONDS
        node = self._choice(wish.room)
        while True:
            try:
                if node is not None:
                    return await self.others.ask(node, wish, person)
                return await self.here(wish, person, url)
            except Elsewhere as error:
                node = error.owner
            except (NodeAway, RoomMoving, DirectoryAway):
                if self.time() > ends:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)
                node = self._choice(wish.room, failed=node.id if node else "")

    async def here(self, wish: SeatWish, person: Person, url: str) -> Ticket:
        """On this node, which opens the room if nobody has it.

        Raises Elsewhere, DirectoryAway, RoomMoving, UnknownShowroom, UnknownRoom, TooManySeats,
        RoomFull, SeatGone.
        """
        if wish.resume:
            return await self._own_seat(wish.resume, url)
        doors = self.doors
        document = await doors.rooms.showroom(wish.showroom)
        if wish.capacity is None:
            live = await doors.find(wish.room, document)
        else:
            live = await doors.rooms.open(wish.room, document, wish.capacity)
            # Whoever came back after a restart has opened it with the capacity of any other room.
            live.seats.capacity = min(wish.capacity, INDICES)
        if live.moving:
            raise RoomMoving(retry_after=1)
        return await doors.reserve(live, person, wish.role, url, only_free=wish.only_free)

    async def _own_seat(self, token: str, url: str) -> Ticket:
        doors = self.doors
        claims = doors.tokens.read(token, RESUME, doors.clock())
        live, seat = await self.admissions.find_seat(claims)
        ends = doors.clock() + timedelta(seconds=doors.ticket_seconds)
        live.seats.hold(seat.avatar_id, ends.timestamp())
        return Ticket(
            room=live.room.id,
            url=doors.node_url or url,
            ticket="",
            avatar_id=seat.avatar_id,
            expires_at=ends.isoformat(),
            role=seat.role,
            code=await doors.invitations.of_room(live.showroom, live.room.id),
            watching=seat.index is None,
            resume=token,
        )

    async def _choose(
        self, document: Mapping[str, Any], role: RoomRole, person: Person, url: str
    ) -> Ticket:
        for number in range(1, MAX_ROOMS + 1):
            room = f"{document['id']}-{number}"
            try:
                wish = SeatWish(document["id"], room, role, only_free=True)
                return await self.seat(wish, person, url)
            except RoomFull:
                continue
        full = self.doors.capacity * MAX_ROOMS
        raise RoomFull(capacity=full, retry_after=int(self.doors.ticket_seconds))

    def _choice(self, room: str, failed: str = "") -> Node | None:
        """Whom to ask for it now; None: this node. Not twice in a row who has `failed` (an id)."""
        if self.doors.rooms.find(room):
            return None
        owner = self.others.owner(room)
        if owner is None or owner.id == failed:
            return self.others.for_new_room(failed)
        return owner
