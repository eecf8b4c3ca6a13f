"""What those present say and show to each other: words, signs, raised hands, calls for help."""

from collections.abc import Collection
from typing import Final

from server.rooms.company import Company
from server.rooms.looks import Looks
from server.rooms.messages import Avatar, Change, Said
from server.rooms.messages.together import (
    Emoted,
    HelpCall,
    HelpChanged,
    Raised,
    TogetherState,
)
from server.rooms.part import Part
from server.rooms.remembering import remember
from server.rooms.walking import Walking

TYPING_SECONDS: Final = 1.0  # between two that are told of the same person


class Together(Part):
    """Nothing here outlives the visitors, and no words are kept at all."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.hands: list[str] = []  # in the order in which they went up
        self.walking = Walking(company)
        self.looks = Looks(company)
        self.helps: dict[str, HelpCall] = {}
        self._typing: dict[str, float] = {}  # when it was last told that they do
        self._house: dict[str, None] = {}  # guides who were here, for who is back soon

    # ---- words and signs ----

    def say(self, avatar_id: str, text: str, now: float, to: str | None = None) -> list[Change]:
        """Everybody hears it, or one other alone. Raises NotHere, Yourself."""
        avatar = self.company.present(avatar_id)
        if to is not None:
            self.company.other(avatar_id, to)
        self._typing.pop(avatar_id, None)
        rev = self.company.next()
        return [Said(rev, avatar_id, avatar.name, text.strip(), to, int(now * 1000))]

    def types(self, avatar_id: str, on: bool, now: float, to: str | None = None) -> bool:
        """Whether it shall be told: not more than once a second (`now` is of the steady clock).

        Raises NotHere, Yourself.
        """
        self.company.present(avatar_id)
        if to is not None:
            self.company.other(avatar_id, to)
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
        if other and (raised or not self.company.guides(avatar_id)):
            raise self.company.not_yours(avatar_id, "lower another's hand")
        by = whose if whose is not None and other else avatar_id
        self.company.here(by)
        if raised == (by in self.hands):
            return []
        self.hands = [*self.hands, by] if raised else [one for one in self.hands if one != by]
        return [Raised(self.company.next(), by, raised, list(self.hands))]

    def place(self, avatar_id: str) -> int:
        """In the line of raised hands: 1 is next, 0 is not in it."""
        return self.hands.index(avatar_id) + 1 if avatar_id in self.hands else 0

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
            if on or not self.company.guides(avatar_id):
                raise self.company.not_yours(avatar_id, "answer a call for help")
            self.company.here(whose)
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
        return [id for id in self.company.avatars if id != without and self.company.guides(id)]

    # ---- hooks ----

    def joined(self, avatar: Avatar) -> list[Change]:
        if self.company.guides(avatar.id):
            remember(self._house, avatar.id, None)
        return self.looks.joined(avatar)

    def left(self, avatar: Avatar) -> list[Change]:
        """Nothing refers to who is gone."""
        self._typing.pop(avatar.id, None)
        return [
            *(self.raise_hand(avatar.id, False) if avatar.id in self.hands else []),
            *self.walking.left(avatar.id),
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
        guides = viewer in self.company.avatars and self.company.guides(viewer)
        helps = [call for call in self.helps.values() if guides or call.by == viewer]
        return TogetherState(list(self.hands), dict(self.walking.following), helps)

    # ---- small ----

    def _end_help(self, avatar_id: str, helper: str | None = None) -> list[Change]:
        call = self.helps.pop(avatar_id, None)
        if call is None:
            return []
        return [HelpChanged(self.company.next(), avatar_id, call.name, False, "", helper)]
