"""The places of a room: reserved by a join, taken by a socket, kept a while for who lost theirs.

reserved --take--> taken --vacate--> away --resume--> taken
reserved --expire--> free            away --expire--> free
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from server.auth import Person
from server.errors import Conflict, Gone, Unavailable
from server.rooms.role import RoomRole, role_of

RESUME_SECONDS: Final = 30.0
INDICES: Final = 256  # an avatar's index is one byte


class TicketUsed(Conflict):
    type = "ticket-used"
    title = "This ticket has been used"
    detail = "A ticket opens one connection. Resume with the token of the welcome, or join again."


class SeatGone(Gone):
    type = "seat-gone"
    title = "This place in the room was given up"
    detail = "It is kept for {kept_seconds:g} s after a connection ends. Join again."


class RoomFull(Unavailable):
    type = "room-full"
    title = "There is no free place in this showroom"
    detail = "All {capacity} places are taken; please try again in {retry_after} s."


class State(StrEnum):
    RESERVED = "reserved"
    TAKEN = "taken"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Seat:
    """One avatar's place; `until` (seconds, the caller's clock) unless it is taken."""

    avatar_id: str
    index: int
    person: Person
    state: State
    until: float

    @property
    def role(self) -> RoomRole:
        return role_of(self.person.role)


class Seats:
    """At most `capacity` seats. An index comes round again as late as possible, so that a frame
    which overtakes the `left` message does not move a newcomer."""

    def __init__(self, capacity: int, of_person: dict[str, dict[str, Seat]] | None = None) -> None:
        """`of_person`, by person and avatar, is kept in step; rooms of one house share it."""
        self.capacity = min(capacity, INDICES)
        self.of_person = {} if of_person is None else of_person
        self._seats: dict[str, Seat] = {}
        self._next_index = 0

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def free(self) -> int:
        return self.capacity - len(self._seats)

    def reserve(self, avatar_id: str, person: Person, until: float) -> Seat:
        """A seat for somebody on their way; the caller has looked at `free`."""
        used = {seat.index for seat in self._seats.values()}
        index = self._next_index
        while index in used:
            index = (index + 1) % INDICES
        self._next_index = (index + 1) % INDICES
        return self._put(Seat(avatar_id, index, person, State.RESERVED, until))

    def take(self, avatar_id: str, now: float) -> Seat:
        """With a ticket, once. Raises SeatGone, TicketUsed."""
        seat = self._find(avatar_id, now)
        if seat.state is not State.RESERVED:
            raise TicketUsed
        return self._put(replace(seat, state=State.TAKEN, until=0.0))

    def resume(self, avatar_id: str, now: float) -> Seat:
        """With a resume token, also while the lost socket still looks alive. Raises SeatGone."""
        return self._put(replace(self._find(avatar_id, now), state=State.TAKEN, until=0.0))

    def vacate(self, avatar_id: str, now: float) -> None:
        """The socket ended; the seat waits for its return."""
        seat = self._seats.get(avatar_id)
        if seat is not None:
            self._put(replace(seat, state=State.AWAY, until=now + RESUME_SECONDS))

    def expire(self, now: float) -> None:
        """Give up the seats nobody came for."""
        for seat in list(self._seats.values()):
            if seat.state is not State.TAKEN and seat.until <= now:
                self.give_up(seat.avatar_id)

    def give_up(self, avatar_id: str) -> None:
        """Nobody comes back to it."""
        seat = self._seats.pop(avatar_id, None)
        if seat is not None:
            self._forget(seat)

    def _find(self, avatar_id: str, now: float) -> Seat:
        seat = self._seats.get(avatar_id)
        if seat is None or (seat.state is not State.TAKEN and seat.until <= now):
            raise SeatGone(kept_seconds=RESUME_SECONDS)
        return seat

    def _put(self, seat: Seat) -> Seat:
        self._seats[seat.avatar_id] = seat
        self.of_person.setdefault(seat.person.id, {})[seat.avatar_id] = seat
        return seat

    def _forget(self, seat: Seat) -> None:
        own = self.of_person[seat.person.id]
        del own[seat.avatar_id]
        if not own:
            del self.of_person[seat.person.id]
