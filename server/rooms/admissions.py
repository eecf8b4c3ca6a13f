"""Taking a seat with a token, coming back to it, catching up, and leaving it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from server.auth import RESUME, TICKET, Claims, Person, Tokens
from server.rooms.acts import Act, Moment, Outcome
from server.rooms.directory import RoomMoving
from server.rooms.keeper import as_shown, seats_of
from server.rooms.messages import DOWN, Auth, Change, Joined, Left, MalformedMessage, Up
from server.rooms.messages.entry import Sync, Synced
from server.rooms.open_rooms import Admission, Live, OpenRooms, UnknownShowroom
from server.rooms.ring import Sent, passed
from server.rooms.role import ALL, RoomRole
from server.rooms.seats import RESUME_SECONDS, Seat, SeatGone

RESUME_LIFETIME: Final = timedelta(hours=24)  # the seat ends long before, RESUME_SECONDS after loss


@dataclass(slots=True)
class Admissions:
    """What connects, and what becomes of it."""

    rooms: OpenRooms
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    ticket_seconds: float
    refuse_banned: Callable[[str, Person], Awaitable[None]]  # raises Banned

    async def admit(self, auth: Auth) -> Admission:
        """Take the seat of a ticket, once, or of a resume token.

        Raises InvalidToken, ExpiredToken, TicketUsed, SeatGone, Banned, MalformedMessage.
        """
        now = self.clock()
        if auth.ticket is not None:
            claims = self.tokens.read(auth.ticket, TICKET, now)
            live = self.rooms.find(str(claims.extra.get("room")))
            if live is None or live.moving:
                raise SeatGone(kept_seconds=self.ticket_seconds)
            await self.refuse_banned(live.showroom, claims.person)
            seat = live.seats.take(str(claims.extra.get("avatar")), now.timestamp())
            return Admission(live, seat, auth)
        if auth.resume is not None:
            return await self._resume(auth, self.tokens.read(auth.resume, RESUME, now))
        raise MalformedMessage(reason="Connect with `auth: {ticket}` or `auth: {resume}`.")

    def enter(self, admission: Admission) -> list[Change]:
        """Its socket is connected: the avatar is there, or still there. Who watches has none."""
        seat, room = admission.seat, admission.live.room
        if seat.index is None:
            return room.safety.watches(seat.avatar_id, seat.person.id)
        return room.join(admission.avatar, seat.person.id, seat.role)

    def acts(self) -> dict[type[Up], Act]:
        """Those that need more than the room itself."""
        return {Sync: Act(self._sync, ALL, Synced)}

    def resume_token(self, admission: Admission) -> str:
        """Brings the same avatar back for as long as its seat is kept, through a restart too."""
        live, seat, now = admission.live, admission.seat, self.clock()
        place = {
            "room": live.room.id,
            "showroom": live.showroom,
            "avatar": seat.avatar_id,
            "index": seat.index,
            "role": str(seat.role),
            "capacity": live.seats.capacity,
            "epoch": live.epoch,
            "at": now.timestamp(),
        }
        person = as_shown(seat, live.room.company.avatars.get(seat.avatar_id)).person
        return self.tokens.issue(person, RESUME, RESUME_LIFETIME, now, **place)

    def leave(self, admission: Admission) -> list[Change]:
        """The socket ended: the avatar goes at once, its seat waits for its return."""
        live, avatar_id = admission.live, admission.seat.avatar_id
        seat, avatar = live.seats.find(avatar_id), live.room.company.avatars.get(avatar_id)
        if seat is not None:
            live.seats.dress(avatar_id, as_shown(seat, avatar).person)
        live.seats.vacate(avatar_id, self.clock().timestamp())
        return live.room.leave(avatar_id)

    def _sync(self, moment: Moment, message: Sync) -> Outcome:
        live = self.rooms.find(moment.room.id)
        texts = missed(live, moment.avatar_id, message.rev, message.epoch) if live else None
        done = Synced(moment.room.rev, replayed=texts is not None)
        return Outcome(done=done, texts=texts or ())

    async def find_seat(self, claims: Claims) -> tuple[Live, Seat]:
        """The seat of a resume token; its room opens if it is nowhere open.

        Raises SeatGone, Banned, Elsewhere, DirectoryAway, RoomMoving.
        """
        room, showroom = str(claims.extra.get("room")), str(claims.extra.get("showroom"))
        live = self.rooms.find(room)
        if live is None or claims.extra.get("epoch") != live.epoch:
            # Started again since: the seat may be stored from before somebody was sent away.
            await self.refuse_banned(showroom, claims.person)
        live = self.rooms.find(room) or await self._reopen(claims.extra)
        if live.moving:
            raise RoomMoving(retry_after=1)
        # Nothing is awaited from here on: two who come at once find the same room and seat.
        now = self.clock().timestamp()
        avatar_id = str(claims.extra.get("avatar"))
        if lost_by_a_crash(live, claims.extra):
            live.returned.add(avatar_id)
            role = RoomRole(claims.extra["role"])
            index = claims.extra["index"]
            live.seats.restore(avatar_id, claims.person, role, index, now + RESUME_SECONDS)
        seat = live.seats.find(avatar_id)
        if seat is None:
            raise SeatGone(kept_seconds=RESUME_SECONDS)
        return live, seat

    async def _resume(self, auth: Auth, claims: Claims) -> Admission:
        live, seat = await self.find_seat(claims)
        return Admission(live, live.seats.resume(seat.avatar_id, self.clock().timestamp()), auth)

    async def _reopen(self, place: Mapping[str, Any]) -> Live:
        """The room of a token that is not open: perhaps the server was started again.

        Raises SeatGone, when it is empty because all have left; Elsewhere, DirectoryAway.
        """

        def capacity(saved: Mapping[str, Any]) -> int:
            if not may_come_back(saved, place):
                raise SeatGone(kept_seconds=RESUME_SECONDS)
            return int(saved.get("capacity", place["capacity"]))

        try:
            document = await self.rooms.showroom(str(place.get("showroom")))
        except UnknownShowroom as error:
            raise SeatGone(kept_seconds=RESUME_SECONDS) from error
        return await self.rooms.open(str(place.get("room")), document, capacity)


def may_come_back(saved: Mapping[str, Any], place: Mapping[str, Any]) -> bool:
    """Whether the room as it was stored has that seat, or was stored before there was one."""
    stored = {seat.avatar_id for seat in seats_of(saved)}
    return place.get("avatar") in stored or place.get("at", 0.0) > saved.get("kept_at", 0.0)


def lost_by_a_crash(live: Live, place: Mapping[str, Any]) -> bool:
    """Whether this seat was taken after the room had been stored for the last time.

    Such a token counts once, and only for the opening that follows: a seat that is given up later
    stays so.
    """
    avatar_id = str(place.get("avatar"))
    return (
        place.get("epoch") not in (None, live.epoch)
        and live.former_epoch in ("", place["epoch"])
        and place.get("at", 0.0) > live.left_off
        and avatar_id not in live.returned
        and live.seats.find(avatar_id) is None
        and (place.get("index") is None or live.seats.free > 0)
    )


def missed(live: Live, avatar_id: str, rev: int, epoch: str) -> list[str] | None:
    """What was told since that revision, as it may be told to this one; None: too long ago.

    One's own coming and going is left out, and so is what one may not see now. Revisions of
    another epoch mean nothing, however high they are.
    """
    sent = live.ring.since(rev) if epoch == live.epoch else None
    if sent is None:
        return None
    return [one.text if visible(live, one, avatar_id) else passed(one.rev) for one in sent]


def visible(live: Live, sent: Sent, avatar_id: str) -> bool:
    """Hidden then, or hidden from who was away then and would not be told today."""
    if avatar_id in sent.hidden:
        return False
    name, body = msgspec.json.decode(sent.text[1:])
    change = msgspec.convert({**body, "event": name}, DOWN[name])
    if isinstance(change, Joined):
        return change.avatar.id != avatar_id
    if isinstance(change, Left):
        return change.avatar_id != avatar_id
    return not isinstance(change, Change) or avatar_id not in live.room.hidden_from(change)
