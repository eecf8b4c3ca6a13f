"""What was brought to somebody hangs where they stood, until they have gone on."""

from collections.abc import Callable, Collection
from typing import Final

ALONE_SECONDS: Final = 30.0  # what was brought goes home when nobody is near it for that long


class Brought:
    """Objects, by id. Times are seconds of the steady clock."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._alone: dict[str, float] = {}  # of those: since when nobody is near

    def __contains__(self, object: str) -> bool:
        return object in self._ids

    def add(self, object: str) -> None:
        """Somebody has it with them from now on."""
        self._ids.add(object)
        self._alone.pop(object, None)

    def discard(self, object: str) -> None:
        """Somebody has put it where it is."""
        self._ids.discard(object)

    def left_behind(
        self, held: Collection[str], near: Callable[[str], bool], now: float
    ) -> list[str]:
        """What has been alone for too long, and is not brought any more. `near` says whether
        anybody is near an object."""
        over = []
        for id in sorted(self._ids - set(held)):
            if near(id):
                self._alone.pop(id, None)
            elif now - self._alone.setdefault(id, now) >= ALONE_SECONDS:
                self._ids.discard(id)
                del self._alone[id]
                over.append(id)
        return over
