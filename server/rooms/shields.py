"""Whom people keep away: what they chose, by person."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from server.errors import Conflict

MAX_SHIELDS: Final = 200  # of one person


class TooManyShields(Conflict):
    type = "too-many-shields"
    title = "You keep very many people away"
    detail = "{limit} at most. Let somebody in again, or ask the house for help."


class Kind(StrEnum):
    MUTE = "mute"
    HIDE = "hide"
    BLOCK = "block"


class Shields:
    """What persons have chosen, by person; rooms of one house share it."""

    def __init__(self) -> None:
        self.version = 0  # grows with every change
        self._of: dict[str, dict[tuple[Kind, str], float]] = {}  # until, seconds since 1970

    def __bool__(self) -> bool:
        return bool(self._of)

    def raised(self, kind: Kind, owner: str, other: str) -> bool:
        """Whether `owner` has chosen so."""
        return (kind, other) in self._of.get(owner, ())

    def of(self, owner: str) -> Mapping[tuple[Kind, str], float]:
        """What `owner` has chosen, and until when."""
        return self._of.get(owner, {})

    def concerned(self) -> set[str]:
        """Who keeps somebody away, and who is kept."""
        return {*self._of, *(other for own in self._of.values() for _, other in own)}

    def put(self, kind: Kind, owner: str, other: str, until: float) -> None:
        """Raise one, or keep it longer. Raises TooManyShields."""
        own = self._of.setdefault(owner, {})
        if (kind, other) not in own and len(own) >= MAX_SHIELDS:
            raise TooManyShields(limit=MAX_SHIELDS)
        own[kind, other] = max(until, own.get((kind, other), 0.0))
        self.version += 1

    def drop(self, kind: Kind, owner: str, other: str) -> None:
        """Let somebody in again; one that is not raised is no error."""
        own = self._of.get(owner, {})
        if own.pop((kind, other), None) is not None:
            self.version += 1
        if not own:
            self._of.pop(owner, None)

    def expire(self, now: float) -> None:
        """Those of visits that are long over."""
        for owner, kind, other, until in list(self):
            if until <= now:
                self.drop(kind, owner, other)

    def __iter__(self) -> Iterator[tuple[str, Kind, str, float]]:
        """Owner, kind, other, until."""
        for owner, own in self._of.items():
            for (kind, other), until in own.items():
                yield owner, kind, other, until

    def apart(self, one: str, other: str) -> bool:
        """Whether either has blocked the other."""
        return self.raised(Kind.BLOCK, one, other) or self.raised(Kind.BLOCK, other, one)

    def deaf(self, listener: str, speaker: str) -> bool:
        """Whether nothing of `speaker` is heard by `listener`."""
        return self.raised(Kind.MUTE, listener, speaker) or self.apart(listener, speaker)

    def blind(self, viewer: str, other: str) -> bool:
        """Whether nothing of `other` is seen by `viewer`."""
        return self.raised(Kind.HIDE, viewer, other) or self.apart(viewer, other)
