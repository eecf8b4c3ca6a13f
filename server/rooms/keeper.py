"""What is stored of a room, and how it comes back."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import structs

from server.rooms.messages import Avatar
from server.rooms.open_rooms import Live, OpenRooms
from server.rooms.repository import Documents
from server.rooms.seats import RESUME_SECONDS, Seat, State

# Who was there comes back as who they were, unless the server was away longer than this (seconds):
# then nobody waits any more, and the first to come should not find the room full of absent ones.
LONGEST_ABSENCE: Final = 600.0


def restore(clock: Callable[[], datetime], live: Live, saved: Mapping[str, Any]) -> None:
    """Make a room that opens as its document says; an empty one is a new room's.

    Whoever was in it may come back to their seat for half a minute from now.
    """
    live.room.restore(saved)
    live.kept = live.room.changes
    live.former_epoch, live.left_off = saved.get("epoch", ""), saved.get("kept_at", 0.0)
    now = clock().timestamp()
    if now - live.left_off > LONGEST_ABSENCE:
        return
    for seat in seats_of(saved):
        if seat.state is not State.RESERVED and (seat.index is None or live.seats.free > 0):
            until = now + RESUME_SECONDS
            live.seats.restore(
                seat.avatar_id, seat.person, seat.role, seat.index, until, seat.waits
            )


def seats_of(saved: Mapping[str, Any]) -> list[Seat]:
    """As they were stored; what this version cannot read is given up."""
    found = []
    for seat in saved.get("seats", ()):
        try:
            found.append(msgspec.convert(seat, Seat))
        except msgspec.ValidationError:
            continue
    return found


Seated = tuple[tuple[Seat, Avatar | None], ...]


def seated(live: Live) -> Seated:
    """Its seats, and who is present in them. Looked at each second in all rooms: what has not
    changed is the same object, and nothing is made here that would have to be compared."""
    avatars = live.room.company.avatars
    return tuple([(seat, avatars.get(seat.avatar_id)) for seat in live.seats])


def as_shown(seat: Seat, avatar: Avatar | None) -> Seat:
    """Its person as their avatar looks now, so that it comes back the same."""
    if avatar is None:
        return seat
    looks = {**seat.person.avatar, "color": avatar.color, "figure": avatar.figure}
    return replace(seat, person=structs.replace(seat.person, name=avatar.name, avatar=looks))


@dataclass(slots=True)
class Keeper:
    """Stores rooms as they change: their parts, and who has a seat."""

    documents: Documents
    rooms: OpenRooms
    clock: Callable[[], datetime]  # UTC, aware
    # Told of rooms that were opened elsewhere since; what happened in them is not stored.
    lost: list[Callable[[Live], None]] = field(default_factory=list)
    _keeping: asyncio.Lock = field(default_factory=asyncio.Lock)
    _seats: dict[str, Seated] = field(default_factory=dict)  # as stored, by epoch

    async def keep(self) -> None:
        """Store what changed since the last time, with one commit; close rooms without seats, and
        those that another node has opened meanwhile."""
        async with self._keeping:  # one after another: an older state never comes last
            await self._keep()

    async def _keep(self) -> None:
        changed = [live for live in self.rooms if self._differs(live)]
        if changed:
            states = [(live.room.changes, seated(live)) for live in changed]
            documents = [self._document(live) for live in changed]
            lost = await self.documents.showrooms.keep(documents)
            for live, (changes, seats) in zip(changed, states, strict=True):
                live.kept, self._seats[live.epoch] = changes, seats
                if live.room.id in lost:
                    self.give_up(live)
        for live in self.rooms:
            if not len(live.seats) and not self._differs(live):
                self.rooms.close(live)
                self._seats.pop(live.epoch, None)
                await self.rooms.release(live.room.id)

    def give_up(self, live: Live) -> None:
        """The room is another node's now."""
        for tell in self.lost:
            tell(live)
        self.rooms.abandon(live)
        self._seats.pop(live.epoch, None)

    def is_kept(self, live: Live) -> bool:
        """Whether all of it is stored."""
        return not self._differs(live)

    def _differs(self, live: Live) -> bool:
        if live.kept != live.room.changes:
            return True
        return self._seats.get(live.epoch) != seated(live)  # None: nothing is stored of it

    def _document(self, live: Live) -> dict[str, Any]:
        return {
            "id": live.room.id,
            "showroom": live.showroom,
            "epoch": live.epoch,
            "fence": live.fence,
            "capacity": live.seats.capacity,
            "seats": [msgspec.to_builtins(as_shown(*seat)) for seat in seated(live)],
            "kept_at": self.clock().timestamp(),
            **live.room.kept(),
        }
