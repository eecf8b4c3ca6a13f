"""What those present say and show to each other, and who walks with whom."""

import unicodedata
from collections.abc import Callable, Collection
from typing import Final, TypeVar

import msgspec

from server.errors import Conflict, Forbidden, NotFound, TooMany, Unprocessable
from server.rooms.company import Company
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change, Said
from server.rooms.messages.together import (
    Changed,
    Emoted,
    Followed,
    Gathered,
    HelpCall,
    HelpChanged,
    Raised,
    SetProfile,
    TogetherState,
)
from server.rooms.part import Part
from server.rooms.pose import Vector
from server.rooms.role import GUIDES, RoomRole

T = TypeVar("T")
TYPING_SECONDS: Final = 1.0  # between two that are told of the same person
GATHER_SECONDS: Final = 2.0  # between two wishes in a room
MAX_REMEMBERED: Final = 512  # avatars that may come back


class NotHere(NotFound):
    type = "not-here"
    title = "They are not in this room"
    detail = "Nobody here has the avatar `{avatar}`; they may just have left."


class Yourself(Unprocessable):
    type = "yourself"
    title = "That is yourself"
    detail = "Name another avatar."


class WouldCircle(Conflict):
    type = "would-circle"
    title = "They follow you already"
    detail = "Somebody has to lead: `{avatar}` follows you, directly or through others."


class NotYourPlace(Forbidden):
    type = "not-your-place"
    title = "This is for the house"
    detail = "Only its guides may {what}; here you are a {role}."


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


class GatherRests(TooMany):
    type = "gather-rests"
    title = "Everybody was asked a moment ago"
    detail = "Ask again in {retry_after} s."


class Together(Part):
    """Nothing here outlives the visitors, and no words are kept at all."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.hands: list[str] = []  # in the order in which they went up
        self.following: dict[str, str] = {}
        self.helps: dict[str, HelpCall] = {}
        self._typing: dict[str, float] = {}  # when it was last told that they do
        self._gathered = float("-inf")
        self._worn: dict[str, Avatar] = {}  # of who changed theirs, also when they have left
        self._house: dict[str, None] = {}  # guides who were here, for who is back soon

    # ---- words and signs ----

    def say(self, avatar_id: str, text: str, now: float, to: str | None = None) -> list[Change]:
        """Everybody hears it, or one other alone. Raises NotHere, Yourself."""
        avatar = self.company.present(avatar_id)
        if to is not None:
            self._other(avatar_id, to)
        self._typing.pop(avatar_id, None)
        rev = self.company.next()
        return [Said(rev, avatar_id, avatar.name, text.strip(), to, int(now * 1000))]

    def types(self, avatar_id: str, on: bool, now: float, to: str | None = None) -> bool:
        """Whether it shall be told: not more than once a second (`now` is of the steady clock).

        Raises NotHere, Yourself.
        """
        self.company.present(avatar_id)
        if to is not None:
            self._other(avatar_id, to)
        before = self._typing.get(avatar_id, float("-inf"))
        if on and now - before < TYPING_SECONDS:
            return False
        if on:
            self._typing[avatar_id] = now
        return on or before > float("-inf")

    def emote(self, avatar_id: str, emote: str) -> list[Change]:
        """Everybody sees it."""
        self.company.present(avatar_id)
        return [Emoted(self.company.next(), avatar_id, emote)]

    def raise_hand(self, avatar_id: str, raised: bool, whose: str | None = None) -> list[Change]:
        """Raised twice, it keeps its place. Raises NotHere, NotYourPlace."""
        self.company.present(avatar_id)
        other = whose not in (None, avatar_id)
        if other and (raised or not self._guides(avatar_id)):
            raise NotYourPlace(what="lower another's hand", role=self._role(avatar_id))
        by = whose if whose is not None and other else avatar_id
        self._here(by)
        if raised == (by in self.hands):
            return []
        self.hands = [*self.hands, by] if raised else [one for one in self.hands if one != by]
        return [Raised(self.company.next(), by, raised, list(self.hands))]

    def place(self, avatar_id: str) -> int:
        """In the line of raised hands: 1 is next, 0 is not in it."""
        return self.hands.index(avatar_id) + 1 if avatar_id in self.hands else 0

    # ---- walking together ----

    def follow(self, avatar_id: str, whom: str | None, follower: str | None = None) -> list[Change]:
        """Walk with `whom`; or have `follower` not walk with oneself any more.

        Raises NotHere, Yourself, WouldCircle, NotYourPlace.
        """
        self.company.present(avatar_id)
        if follower is not None and follower != avatar_id:
            if whom is not None or self.following.get(follower) != avatar_id:
                raise NotYourPlace(what="lead another to somebody", role=self._role(avatar_id))
            return self._follows(follower, None)
        if whom is not None:
            self._other(avatar_id, whom)
            ahead: str | None = whom
            while ahead is not None:
                if ahead == avatar_id:
                    raise WouldCircle(avatar=whom)
                ahead = self.following.get(ahead)
        return self._follows(avatar_id, whom)

    def separate(self, apart: Callable[[str, str], bool]) -> list[Change]:
        """Nobody walks any more with whom they are kept `apart` from, in either direction."""
        parted = [who for who, whom in self.following.items() if apart(who, whom)]
        return [change for who in parted for change in self._follows(who, None)]

    def gather(
        self, avatar_id: str, position: Vector, radius: float, lead: bool, now: Instant
    ) -> list[Change]:
        """A wish of the house, within the room's bounds. Raises GatherRests, NotYourPlace."""
        self.company.present(avatar_id)
        if not self._guides(avatar_id):
            raise NotYourPlace(what="gather people", role=self._role(avatar_id))
        if now.steady - self._gathered < GATHER_SECONDS:
            raise GatherRests(retry_after=int(GATHER_SECONDS))
        self._gathered = now.steady
        low, high = self.company.bounds.min, self.company.bounds.max
        x, y, z = (
            min(max(value, least), most)
            for value, least, most in zip(position, low, high, strict=True)
        )
        at = int(now.wall * 1000)
        return [Gathered(self.company.next(), avatar_id, (x, y, z), radius, at, lead)]

    # ---- help ----

    def help(
        self,
        avatar_id: str,
        on: bool,
        text: str = "",
        whose: str | None = None,
        now: float = 0.0,
    ) -> list[Change]:
        """A human of the house is called, or answers: `whose` call that was.

        Raises NotHere, NotYourPlace. Nothing is kept of who answered.
        """
        avatar = self.company.present(avatar_id)
        if whose is not None and whose != avatar_id:
            if on or not self._guides(avatar_id):
                raise NotYourPlace(what="answer a call for help", role=self._role(avatar_id))
            self._here(whose)
            return self._end_help(whose, helper=avatar_id)
        if not on:
            return self._end_help(avatar_id)
        before = self.helps.get(avatar_id)
        since = before.at if before else int(now * 1000)  # who says more has not begun to wait anew
        call = HelpCall(avatar_id, avatar.name, text.strip(), since)
        if before == call:
            return []
        self.helps[avatar_id] = call
        return [HelpChanged(self.company.next(), avatar_id, avatar.name, True, call.text)]

    def guides(self, without: str = "") -> list[str]:
        """Avatars of the house that are here."""
        return [id for id in self.company.avatars if id != without and self._guides(id)]

    # ---- looks and names ----

    def profile(self, avatar_id: str, wish: SetProfile) -> list[Change]:
        """Raises NameTaken, NameIsGiven, NoName. Whether there is such a figure is asked before."""
        avatar = self.company.present(avatar_id)
        new = replaced(avatar, wish)
        if new == avatar:
            return []
        if new.name != avatar.name:
            self._may_be_called(avatar_id, new.name)
        self._wear(new)
        return [Changed(self.company.next(), new)]

    # ---- hooks ----

    def joined(self, avatar: Avatar) -> list[Change]:
        """Who comes back is who they had become."""
        if self._guides(avatar.id):
            remember(self._house, avatar.id, None)
        worn = self._worn.get(avatar.id)
        if worn is None or worn == avatar:
            return []
        self._wear(worn)  # an avatar comes back to its own seat: the index is the same
        return [Changed(self.company.next(), worn)]

    def left(self, avatar: Avatar) -> list[Change]:
        """Nothing refers to who is gone."""
        self._typing.pop(avatar.id, None)
        alone = [who for who, whom in self.following.items() if avatar.id in (who, whom)]
        return [
            *(self.raise_hand(avatar.id, False) if avatar.id in self.hands else []),
            *(change for who in alone for change in self._follows(who, None)),
            *self._end_help(avatar.id),
        ]

    def audience(self, change: Change) -> Collection[str] | None:
        """Private words are for two, calls for help for the house and who called."""
        if isinstance(change, Said) and change.to is not None:
            return {change.by, change.to}
        if isinstance(change, HelpChanged):
            return {change.by, *self._house}
        return None

    def state(self, viewer: str) -> TogetherState:
        """Members of the welcome."""
        guides = viewer in self.company.avatars and self._guides(viewer)
        helps = [call for call in self.helps.values() if guides or call.by == viewer]
        return TogetherState(list(self.hands), dict(self.following), helps)

    # ---- small ----

    def _role(self, avatar_id: str) -> RoomRole:
        return self.company.roles[avatar_id]

    def _guides(self, avatar_id: str) -> bool:
        return self.company.roles[avatar_id] in GUIDES

    def _here(self, avatar_id: str) -> Avatar:
        avatar = self.company.avatars.get(avatar_id)
        if avatar is None:
            raise NotHere(avatar=avatar_id)
        return avatar

    def _other(self, avatar_id: str, whom: str) -> None:
        if whom == avatar_id:
            raise Yourself
        self._here(whom)

    def _follows(self, who: str, whom: str | None) -> list[Change]:
        if self.following.get(who) == whom:
            return []
        if whom is None:
            del self.following[who]
        else:
            self.following[who] = whom
        return [Followed(self.company.next(), who, whom)]

    def _end_help(self, avatar_id: str, helper: str | None = None) -> list[Change]:
        call = self.helps.pop(avatar_id, None)
        if call is None:
            return []
        return [HelpChanged(self.company.next(), avatar_id, call.name, False, "", helper)]

    def _may_be_called(self, avatar_id: str, name: str) -> None:
        if self._role(avatar_id) is not RoomRole.SHOPPER:
            raise NameIsGiven
        house = {folded(self.company.avatars[guide].name) for guide in self.guides()}
        if folded(name) in house:
            raise NameTaken

    def _wear(self, avatar: Avatar) -> None:
        self.company.avatars[avatar.id] = avatar
        remember(self._worn, avatar.id, avatar)


def replaced(avatar: Avatar, wish: SetProfile) -> Avatar:
    """The avatar as wished. Raises NoName."""
    name = avatar.name if wish.name is None else " ".join(wish.name.split())
    if not name:
        raise NoName
    return msgspec.structs.replace(
        avatar, name=name, color=wish.color or avatar.color, figure=wish.figure or avatar.figure
    )


def remember(memory: dict[str, T], avatar_id: str, value: T) -> None:
    """The latest ones."""
    memory.pop(avatar_id, None)
    memory[avatar_id] = value
    if len(memory) > MAX_REMEMBERED:
        del memory[next(iter(memory))]


def folded(name: str) -> str:
    """Alike for names that look alike to who reads them quickly."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
