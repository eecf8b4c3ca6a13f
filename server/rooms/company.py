"""Who is in a room, and the numbers of what happens there."""

from server.errors import Conflict, Forbidden, NotFound, Unprocessable
from server.rooms.messages import Avatar
from server.rooms.pose import Bounds
from server.rooms.role import GUIDES, RoomRole


class NotPresent(Conflict):
    type = "not-present"
    title = "You are not in this room"


class NotHere(NotFound):
    type = "not-here"
    title = "They are not in this room"
    detail = "Nobody here has the avatar `{avatar}`; they may just have left."


class Yourself(Unprocessable):
    type = "yourself"
    title = "That is yourself"
    detail = "Name another avatar."


class NotYourPlace(Forbidden):
    type = "not-your-place"
    title = "This is for the house"
    detail = "Only its guides may {what}; here you are a {role}."


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

    def here(self, avatar_id: str) -> Avatar:
        """Somebody who was named. Raises NotHere."""
        avatar = self.avatars.get(avatar_id)
        if avatar is None:
            raise NotHere(avatar=avatar_id)
        return avatar

    def other(self, avatar_id: str, whom: str) -> None:
        """Somebody else who is here. Raises Yourself, NotHere."""
        if whom == avatar_id:
            raise Yourself
        self.here(whom)

    def guides(self, avatar_id: str) -> bool:
        """Whether they are of the house."""
        return self.roles[avatar_id] in GUIDES

    def only_guides(self, avatar_id: str, what: str) -> None:
        """Raises NotYourPlace for who may not do that."""
        if not self.guides(avatar_id):
            raise self.not_yours(avatar_id, what)

    def not_yours(self, avatar_id: str, what: str) -> NotYourPlace:
        """That is not theirs to do."""
        return NotYourPlace(what=what, role=self.roles[avatar_id])

    def admit(self, avatar: Avatar, person_id: str, role: RoomRole) -> None:
        """They are here from now on."""
        self.avatars[avatar.id] = avatar
        self.persons[avatar.id] = person_id
        self.roles[avatar.id] = role

    def dismiss(self, avatar_id: str) -> None:
        """They are gone."""
        del self.avatars[avatar_id], self.persons[avatar_id], self.roles[avatar_id]
