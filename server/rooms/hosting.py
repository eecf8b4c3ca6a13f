"""Rooms for what is planned: opened with a capacity of their own, told how it stands, and seen as a
visitor sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.auth import Person
from server.rooms.acts import Outcome
from server.rooms.doors import Ticket
from server.rooms.messages import Avatar, Change, Down, Joined, Said, body_of, event_of
from server.rooms.messages.occasions import OccasionState
from server.rooms.messages.together import Changed
from server.rooms.open_rooms import Live
from server.rooms.part import AllBut
from server.rooms.role import GUIDES, role_of
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.rooms.ways import SeatWish

HOUSE: Final = frozenset(str(role) for role in GUIDES)  # as avatars tell it
Sink = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Hosting:
    """What a calendar may ask of rooms. `stage_speaks`: nobody else does."""

    hub: RoomHub
    sockets: Sockets

    async def check(self, showroom: str) -> None:
        """Raises UnknownShowroom."""
        await self.hub.open_rooms.showroom(showroom)

    async def join(
        self, showroom: str, room: str, capacity: int, person: Person, url: str
    ) -> Ticket:
        """A seat, or a place to watch from when all are taken.

        Raises UnknownShowroom, Banned, TooManySeats, RoomFull.
        """
        await self.hub.open_rooms.showroom(showroom)
        await self.hub.doors.refuse_banned(showroom, person)
        wish = SeatWish(showroom, room, role_of(person.role), capacity)
        return await self.hub.ways.seat(wish, person, url)

    def attendance(self, room: str) -> tuple[int, int]:
        """Avatars present, and how many only watch; of another node's room, a second ago."""
        live = self.hub.open_rooms.find(room)
        if live is not None:
            return len(live.room.company.avatars), live.seats.watching
        owner = self.hub.nodes.owner(room)
        for one in owner.rooms if owner else ():
            if one["room"] == room:
                return one["avatars"], one["watching"]
        return 0, 0

    def announce(self, room: str, occasion: OccasionState | None, stage_speaks: bool) -> None:
        """To everybody in the room; the same again tells nothing."""
        live = self.hub.open_rooms.find(room)
        if live is not None:
            changes = live.room.voice.announce(occasion, stage_speaks)
            self.sockets.carry_out(live, Outcome(changes))

    # ---- for a recording ----

    def snapshot(self, room: str, host: str) -> dict[str, Any]:
        """The room as a visitor finds it. The house's people appear as `host`, whoever they are."""
        live = self.hub.open_rooms.find(room)
        if live is None:
            return {}
        company = live.room.company
        return {
            "room": room,
            "rev": company.rev,
            "bounds": {"min": company.bounds.min, "max": company.bounds.max},
            "avatars": [
                msgspec.to_builtins(shown(avatar, host)) for avatar in company.avatars.values()
            ],
            "objects": msgspec.to_builtins(live.room.objects.views()),
        }

    def poses(self, room: str) -> bytes | None:
        """A frame with everybody in it."""
        live = self.hub.open_rooms.find(room)
        if live is None or not live.room.company.avatars:
            return None
        return live.room.poses.keyframe(int(self.hub.now() * 1000) & 0xFFFFFFFF)

    def tap(self, room: str, host: str, sink: Sink) -> Callable[[], bool] | None:
        """Have `sink` told what is for everybody; answers whether the tap stands."""
        live = self.hub.open_rooms.find(room)
        if live is None:
            return None

        def heard(message: Down, _: str) -> None:
            if not is_private(live, message):
                sink(event_of(message), body_of(without_names(message, live, host)))

        live.taps.append(heard)
        return lambda: self.hub.open_rooms.find(room) is live


def is_private(live: Live, message: Down) -> bool:
    """For some ears only, whoever comes later."""
    return isinstance(message, Change) and isinstance(live.room.hidden_from(message), AllBut)


def without_names(message: Down, live: Live, host: str) -> Down:
    """The house's people appear as `host`: what a member of staff did is nobody's record."""
    if isinstance(message, Joined | Changed):
        return msgspec.structs.replace(message, avatar=shown(message.avatar, host))
    if isinstance(message, Said) and live.room.company.roles.get(message.by) in GUIDES:
        return msgspec.structs.replace(message, name=host)
    return message


def shown(avatar: Avatar, host: str) -> Avatar:
    """As the recording shows them."""
    return msgspec.structs.replace(avatar, name=host) if avatar.role in HOUSE else avatar
