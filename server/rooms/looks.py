"""What people are called and look like, from one of their lines to the next."""

import unicodedata

import msgspec

from server.errors import Conflict, Forbidden, Unprocessable
from server.rooms.company import Company
from server.rooms.messages import Avatar, Change
from server.rooms.messages.together import Changed, SetProfile
from server.rooms.remembering import remember
from server.rooms.role import RoomRole


class NameTaken(Conflict):
    type = "name-taken"
    title = "Somebody of the house has this name"
    detail = "Choose another one, so that nobody takes you for them."


class NameIsGiven(Forbidden):
    type = "name-is-given"
    title = "Your name comes with your account"
    detail = "Only guests choose theirs here; an operator changes the account's."


class NoName(Unprocessable):
    type = "no-name"
    title = "A name is needed"
    detail = "Others see it above your avatar; any name will do."


class Looks:
    """Who comes back is who they had become."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._worn: dict[str, Avatar] = {}  # of who changed theirs, also when they have left

    def profile(self, avatar_id: str, wish: SetProfile) -> list[Change]:
        """Raises NameTaken, NameIsGiven, NoName. Whether there is such a figure is asked before."""
        avatar = self.company.present(avatar_id)
        new = replaced(avatar, wish)
        if new == avatar:
            return []
        if new.name != avatar.name:
            self._may_be_called(avatar_id, new.name)
        return self._wear(new)

    def joined(self, avatar: Avatar) -> list[Change]:
        """An avatar comes back to its own seat: the index is the same."""
        worn = self._worn.get(avatar.id)
        return [] if worn is None or worn == avatar else self._wear(worn)

    def _wear(self, avatar: Avatar) -> list[Change]:
        self.company.avatars[avatar.id] = avatar
        remember(self._worn, avatar.id, avatar)
        return [Changed(self.company.next(), avatar)]

    def _may_be_called(self, avatar_id: str, name: str) -> None:
        if self.company.roles[avatar_id] is not RoomRole.SHOPPER:
            raise NameIsGiven
        avatars = self.company.avatars.values()
        house = {folded(avatar.name) for avatar in avatars if self.company.guides(avatar.id)}
        if folded(name) in house:
            raise NameTaken


def replaced(avatar: Avatar, wish: SetProfile) -> Avatar:
    """The avatar as wished. Raises NoName."""
    name = avatar.name if wish.name is None else " ".join(wish.name.split())
    if not name:
        raise NoName
    return msgspec.structs.replace(
        avatar, name=name, color=wish.color or avatar.color, figure=wish.figure or avatar.figure
    )


def folded(name: str) -> str:
    """Alike for names that look alike to who reads them quickly."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
