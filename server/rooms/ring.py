"""The latest changes of a room, as they were sent, for who missed some."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from server.rooms.part import AllBut

MAX_ITEMS: Final = 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A change in its encoded form; avatars in `hidden` got `passed` instead."""

    rev: int
    text: str
    hidden: frozenset[str] | AllBut


class Ring:
    """As many as fit, without a gap."""

    def __init__(self, max_items: int = MAX_ITEMS) -> None:
        self._sent: deque[Sent] = deque(maxlen=max_items)

    def add(self, rev: int, text: str, hidden: Collection[str] | AllBut = ()) -> None:
        """One more was sent."""
        unseen = hidden if isinstance(hidden, AllBut) else frozenset(hidden)
        self._sent.append(Sent(rev, text, unseen))

    def since(self, rev: int) -> list[Sent] | None:
        """What came after `rev`; None when that is not known any more, or not yet."""
        first = self._sent[0].rev if self._sent else 1
        if not first - 1 <= rev < first + len(self._sent):
            return None
        return [sent for sent in self._sent if sent.rev > rev]
