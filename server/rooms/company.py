"""Who is in a room, and the numbers of what happens there."""

from server.errors import Conflict
from server.rooms.messages import Avatar
from server.rooms.pose import Bounds
from server.rooms.role import RoomRole


class NotPresent(Conflict):
    type = "not-present"
    title = "You are not in this room"


class Company:
    """What all parts of a room share. Only the room lets somebody in or out."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.rev = 0  # of the latest change
        self.avatars: dict[str, Avatar] = {}
        self.roles: dict[str, RoomRole] = {}  # by avatar, as the next one
        self.persons: dict[str, str] = {}  # ids of whose avatars they are

    def next(self) -> int:
        """The number of one more change; it must be told."""
        self.rev += 1
        return self.rev

    def present(self, avatar_id: str) -> Avatar:
        """Raises NotPresent."""
        if avatar_id not in self.avatars:
            raise NotPresent
        return self.avatars[avatar_id]

    def admit(self, avatar: Avatar, person_id: str, role: RoomRole) -> None:
        """They are here from now on."""
        self.avatars[avatar.id] = avatar
        self.persons[avatar.id] = person_id
        self.roles[avatar.id] = role

    def dismiss(self, avatar_id: str) -> None:
        """They are gone."""
        del self.avatars[avatar_id], self.persons[avatar_id], self.roles[avatar_id]
