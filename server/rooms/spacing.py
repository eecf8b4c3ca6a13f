"""Telling the latest of something, but not more often than others care to hear it."""

from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

EARLY_SECONDS: Final = 0.01  # a timer may be that much ahead of the clock


class Spacing(Generic[Value]):
    """At most one value per key in `seconds`; of those that come between, the last one waits.

    Times are seconds of the steady clock.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._told: dict[str, float] = {}
        self._waiting: dict[str, Value] = {}

    def take(self, key: str, value: Value, now: float) -> bool:
        """True: tell it now. False: it waits until it is ripe, or another takes its place."""
        if self._is_early(key, now):
            self._waiting[key] = value
            return False
        self._waiting.pop(key, None)
        self._told[key] = now
        return True

    def ripe(self, now: float) -> list[tuple[str, Value]]:
        """What has waited long enough, to be told now."""
        due = [key for key in self._waiting if not self._is_early(key, now + EARLY_SECONDS)]
        self._told.update(dict.fromkeys(due, now))
        return [(key, self._waiting.pop(key)) for key in due]

    def drop(self, key: str) -> None:
        """What waits is no longer true."""
        self._waiting.pop(key, None)

    def forget(self, key: str) -> None:
        """There is nobody any more to tell of."""
        self._waiting.pop(key, None)
        self._told.pop(key, None)

    def _is_early(self, key: str, now: float) -> bool:
        told = self._told.get(key)
        return told is not None and now < told + self.seconds
