"""A room: who is there, where everybody is, and the parts it is made of."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from server.rooms.company import Company
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change, Joined, Left
from server.rooms.objects import Objects
from server.rooms.part import AllBut, Part
from server.rooms.pose import Vector
from server.rooms.poses import Poses
from server.rooms.role import RoomRole
from server.rooms.safety import Safety
from server.rooms.scene import Scene, Thing
from server.rooms.together import Together
from server.rooms.voice import Voice

NEAR_METRES: Final = 4.0  # who stands within looks at it, or comes back to it


class Room:
    """Parts that share one company and one revision number.

    Whatever happens is answered by the changes that tell it to everybody present, each with the
    next `rev`. Poses are apart: they have no revision, and only the latest counts.
    """

    def __init__(self, id: str, scene: Scene, things: Iterable[Thing]) -> None:
        self.id = id
        self.company = Company(scene.bounds)
        self.poses = Poses(scene)
        self.objects = Objects(self.company, things)
        self.together = Together(self.company)
        self.safety = Safety(self.company)
        self.voice = Voice(self.company)
        self.parts: tuple[Part, ...] = (self.objects, self.together, self.safety, self.voice)

    @property
    def rev(self) -> int:
        """Of the latest change."""
        return self.company.rev

    @property
    def changes(self) -> int:
        """Of what is kept when the room is empty."""
        return sum(part.changes for part in self.parts)

    def join(self, avatar: Avatar, person_id: str, role: RoomRole) -> list[Change]:
        """Somebody arrives, or comes with a new socket, which changes nothing for the others."""
        arrives = avatar.id not in self.company.avatars
        self.poses.enter(avatar.index)
        if not arrives:
            return []
        self.company.admit(avatar, person_id, role)
        joined = Joined(self.company.next(), avatar)
        return [joined, *(change for part in self.parts for change in part.joined(avatar))]

    def leave(self, avatar_id: str) -> list[Change]:
        """Somebody goes, and lets go of everything. Leaving twice changes nothing."""
        avatar = self.company.avatars.get(avatar_id)
        if avatar is None:
            return []
        changes = [change for part in self.parts for change in part.left(avatar)]
        self.company.dismiss(avatar_id)
        self.poses.leave(avatar.index)
        return [*changes, Left(self.company.next(), avatar_id)]

    def expire(self, now: Instant) -> list[Change]:
        """What ran out by then."""
        over = [change for part in self.parts for change in part.expire(now)]
        return [*over, *self.settle(), *self.objects.tidy(self._near, now)]

    def settle(self) -> list[Change]:
        """After shields have changed: nobody follows whom a block keeps away, and who is seen again
        stands where they are."""
        for index in self.safety.revealed():
            self.poses.again(index)
        return self.together.walking.separate(self.safety.apart)

    def _near(self, place: Vector) -> bool:
        """Whether anybody's head is within NEAR_METRES."""
        heads = (self.poses.head(index) for index in self.poses.latest)
        return any(head and math.dist(head, place) < NEAR_METRES for head in heads)

    def heard(self, change: Change, now: float) -> None:
        """This change is being told."""
        for part in self.parts:
            part.heard(change, now)

    def hidden_from(self, change: Change) -> frozenset[str] | AllBut:
        """Avatars that get `passed` instead of this change; without any, it is false."""
        hidden = frozenset(who for part in self.parts for who in part.hidden_from(change))
        audiences = [part.audience(change) for part in self.parts]
        named = [frozenset(audience) for audience in audiences if audience is not None]
        return AllBut(frozenset.intersection(*named) - hidden) if named else hidden

    def kept(self) -> dict[str, Any]:
        """Members of the room's document: what outlives its visitors."""
        return {name: value for part in self.parts for name, value in part.kept().items()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Be as the last room with this document was left, before anybody comes."""
        for part in self.parts:
            part.restore(saved)
