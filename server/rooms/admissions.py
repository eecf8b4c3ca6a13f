"""Taking a seat with a token, coming back to it, and leaving it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.auth import RESUME, TICKET, Tokens
from server.rooms.acts import Act
from server.rooms.messages import Auth, Change, MalformedMessage, Up
from server.rooms.open_rooms import Admission, OpenRooms
from server.rooms.seats import SeatGone

RESUME_LIFETIME: Final = timedelta(hours=24)  # the seat ends long before, RESUME_SECONDS after loss


@dataclass(slots=True)
class Admissions:
    """What connects, and what becomes of it."""

    rooms: OpenRooms
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    ticket_seconds: float

    async def admit(self, auth: Auth) -> Admission:
        """Take the seat of a ticket, once, or of a resume token.

        Raises InvalidToken, ExpiredToken, TicketUsed, SeatGone, MalformedMessage.
        """
        now = self.clock()
        if auth.ticket is not None:
            extra = self.tokens.read(auth.ticket, TICKET, now).extra
            live = self.rooms.find(str(extra.get("room")))
            if live is None:
                raise SeatGone(kept_seconds=self.ticket_seconds)
            seat = live.seats.take(str(extra.get("avatar")), now.timestamp())
            return Admission(live, seat, auth)
        if auth.resume is not None:
            extra = self.tokens.read(auth.resume, RESUME, now).extra
            live = self.rooms.find(str(extra.get("room")))
            if live is None:
                raise SeatGone(kept_seconds=0)
            seat = live.seats.resume(str(extra.get("avatar")), now.timestamp())
            return Admission(live, seat, auth)
        raise MalformedMessage(reason="Connect with `auth: {ticket}` or `auth: {resume}`.")

    def enter(self, admission: Admission) -> list[Change]:
        """Its socket is connected: the avatar is there, or still there."""
        person = admission.seat.person
        return admission.live.room.join(admission.avatar, person.id, admission.role)

    def acts(self) -> dict[type[Up], Act]:
        """Those that need more than the room itself."""
        return {}

    def resume_token(self, admission: Admission) -> str:
        """Brings the same avatar back for as long as its seat is kept."""
        place = {"room": admission.live.room.id, "avatar": admission.seat.avatar_id}
        person = admission.seat.person
        return self.tokens.issue(person, RESUME, RESUME_LIFETIME, self.clock(), **place)

    def leave(self, admission: Admission) -> list[Change]:
        """The socket ended: the avatar goes at once, its seat waits for its return."""
        admission.live.seats.vacate(admission.seat.avatar_id, self.clock().timestamp())
        return admission.live.room.leave(admission.seat.avatar_id)
