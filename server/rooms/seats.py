"""The places of a room: reserved by a join, taken by a socket, kept a while for who lost theirs.

reserved --take--> taken --vacate--> away --resume--> taken
reserved --expire--> free            away --expire--> free      any --give_up--> free

Those who watch have places too, without a number. Some of them wait in line for a seat.
"""

from collections.abc import Iterator
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
    detail = (
        "It is kept for {kept_seconds:g} s after a lost line, and not after `leave`. Join again."
    )


class RoomFull(Unavailable):
    type = "room-full"
    title = "There is no free place in this showroom"
    detail = "All {capacity} places are taken; please try again in {retry_after} s."


class MovedAway(Conflict):
    type = "moved-to-another-device"
    title = "Your visit goes on elsewhere"
    detail = "Another connection has taken this place. Join again to come back with this one."


class Seated(Conflict):
    type = "seated"
    title = "You have a place of your own now"
    detail = "This connection only watched; yours is the one that came with the ticket."


class State(StrEnum):
    RESERVED = "reserved"
    TAKEN = "taken"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Seat:
    """One avatar's place; `until` (seconds, the caller's clock) unless it is taken."""

    avatar_id: str
    index: int | None  # in pose frames; None: a place to watch from, without an avatar
    person: Person
    state: State
    until: float
    role: RoomRole
    waits: RoomRole | None = None  # watches until there is a seat to be taken in this role
    called_for: str = ""  # reserved for who waited at this place


class Seats:
    """At most `capacity` seats. An index comes round again as late as possible, so that a frame
    which overtakes the `left` message does not move a newcomer."""

    def __init__(self, capacity: int, of_person: dict[str, dict[str, Seat]] | None = None) -> None:
        """`of_person`, by person and avatar, is kept in step; rooms of one house share it."""
        self.capacity = min(capacity, INDICES)
        self.of_person = {} if of_person is None else of_person
        self.watching = 0  # places without an avatar
        self._seats: dict[str, Seat] = {}
        self._next_index = 0

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Seat]:
        """As they are now, those who watch included."""
        return iter(list(self._seats.values()))

    @property
    def free(self) -> int:
        return self.capacity - (len(self._seats) - self.watching)

    def find(self, avatar_id: str) -> Seat | None:
        """In whichever state."""
        return self._seats.get(avatar_id)

    def reserve(
        self,
        avatar_id: str,
        person: Person,
        until: float,
        role: RoomRole | None = None,
        *,
        called_for: str = "",
    ) -> Seat:
        """A seat for somebody on their way; the caller has looked at `free`."""
        index = self._free_index(self._next_index)
        self._next_index = (index + 1) % INDICES
        role = role or role_of(person.role)
        seat = Seat(avatar_id, index, person, State.RESERVED, until, role, called_for=called_for)
        return self._put(seat)

    def watch(
        self, avatar_id: str, person: Person, until: float, waits: RoomRole | None = None
    ) -> Seat:
        """A place for somebody who will only look, or wait for a seat at the end of the line; the
        caller has looked at `watching`."""
        role = RoomRole.WATCHER
        return self._put(Seat(avatar_id, None, person, State.RESERVED, until, role, waits))

    def restore(
        self,
        avatar_id: str,
        person: Person,
        role: RoomRole,
        index: int | None,
        until: float,
        waits: RoomRole | None = None,
    ) -> Seat:
        """The seat of somebody who is away and may come back until then, under the same index
        unless somebody else has it. The caller has looked at `free`."""
        known = self._seats.get(avatar_id)
        if known is not None:
            return self._put(replace(known, person=person, state=State.AWAY, until=until))
        if role is not RoomRole.WATCHER:
            index = self._free_index(self._next_index if index is None else index % INDICES)
        return self._put(Seat(avatar_id, index, person, State.AWAY, until, role, waits))

    # ---- the line ----

    @property
    def line(self) -> list[Seat]:
        """Who waits, the next one first; who has been called is out of it."""
        if not self.watching:
            return []
        called = {seat.called_for for seat in self._seats.values()}
        seats = self._seats.values()
        return [seat for seat in seats if seat.waits and seat.avatar_id not in called]

    @property
    def unclaimed(self) -> int:
        """Free seats that nobody waits for; below zero when more wait than there are."""
        return self.free - len(self.line)

    def stop_waiting(self, avatar_id: str) -> None:
        """They go on watching."""
        seat = self._seats.get(avatar_id)
        if seat is not None:
            self._put(replace(seat, waits=None))

    # ---- coming and going ----

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

    def dress(self, avatar_id: str, person: Person) -> None:
        """Its person goes by another name, or looks different now."""
        seat = self._seats.get(avatar_id)
        if seat is not None and seat.person != person:
            self._put(replace(seat, person=person))

    def hold(self, avatar_id: str, until: float) -> None:
        """Nobody is in it, and somebody will come: keep it until then at least."""
        seat = self._seats.get(avatar_id)
        if seat is not None and seat.state is not State.TAKEN and seat.until < until:
            self._put(replace(seat, until=until))

    def expire(self, now: float) -> None:
        """Give up the seats nobody came for."""
        for seat in list(self._seats.values()):
            if seat.state is not State.TAKEN and seat.until <= now:
                self.give_up(seat.avatar_id)

    def give_up(self, avatar_id: str) -> None:
        """Nobody comes back to it; nor to the seat that was kept for who waited there."""
        seat = self._seats.pop(avatar_id, None)
        if seat is None:
            return
        self.watching -= seat.index is None
        self._forget(seat)
        if seat.waits:
            for kept in self:
                if kept.called_for == avatar_id and kept.state is State.RESERVED:
                    self.give_up(kept.avatar_id)

    def _free_index(self, index: int) -> int:
        """This one, or the next that nobody has."""
        used = {seat.index for seat in self._seats.values()}
        while index in used:
            index = (index + 1) % INDICES
        return index

    def _find(self, avatar_id: str, now: float) -> Seat:
        seat = self._seats.get(avatar_id)
        if seat is None or (seat.state is not State.TAKEN and seat.until <= now):
            raise SeatGone(kept_seconds=RESUME_SECONDS)
        return seat

    def _put(self, seat: Seat) -> Seat:
        if seat.avatar_id not in self._seats:
            self.watching += seat.index is None
        self._seats[seat.avatar_id] = seat
        self.of_person.setdefault(seat.person.id, {})[seat.avatar_id] = seat
        return seat

    def _forget(self, seat: Seat) -> None:
        own = self.of_person[seat.person.id]
        del own[seat.avatar_id]
        if not own:
            del self.of_person[seat.person.id]
