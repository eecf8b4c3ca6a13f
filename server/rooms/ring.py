"""The latest changes of a room, as they were sent, for who missed some."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from server.rooms.part import AllBut

MAX_ITEMS: Final = 1024
MAX_CHARACTERS: Final = 256 * 1024  # more than a whole welcome is not worth replaying
NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """A change in its encoded form; avatars in `hidden` got `passed` instead."""

    rev: int
    text: str
    hidden: frozenset[str] | AllBut


class Ring:
    """As many as fit, without a gap."""

    def __init__(
        self, max_items: int = MAX_ITEMS, max_characters: int = MAX_CHARACTERS, rev: int = 0
    ) -> None:
        """`rev`: of the latest change that was told before; it is not kept."""
        self._max_items = max_items
        self._max_characters = max_characters
        self._sent: deque[Sent] = deque()
        self._rev = rev
        self._characters = 0

    def add(self, rev: int, text: str, hidden: Collection[str] | AllBut = ()) -> None:
        """One more was sent."""
        if rev != self._rev + 1:  # nobody can be led over a gap
            self._sent.clear()
            self._characters = 0
        unseen = hidden if isinstance(hidden, AllBut) else frozenset(hidden) or NOBODY
        self._sent.append(Sent(rev, text, unseen))
        self._rev = rev
        self._characters += len(text)
        while len(self._sent) > self._max_items or self._characters > self._max_characters:
            self._characters -= len(self._sent.popleft().text)

    def since(self, rev: int) -> list[Sent] | None:
        """What came after `rev`; None when that is not known any more, or not yet."""
        missing = self._rev - rev
        if not 0 <= missing <= len(self._sent):
            return None
        return list(self._sent)[len(self._sent) - missing :]


def passed(rev: int) -> str:
    """What who may not see a change is sent in its place: `passed`, encoded."""
    return f'2["passed",{{"rev":{rev}}}]'
