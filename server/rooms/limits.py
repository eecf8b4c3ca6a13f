"""How often something may happen."""

from dataclasses import dataclass
from typing import Final

from server.rooms.messages import TooManyMessages

MESSAGES_PER_SECOND: Final = 60  # JSON
POSES_PER_SECOND: Final = 120


@dataclass(slots=True)
class Bucket:
    """Fills by the second: `rate` a second on average, `burst` at once.

    Times are seconds of any one clock.
    """

    rate: float
    burst: float
    left: float = -1.0  # below zero: not used yet, so full
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Use one; False when there is none left."""
        filled = self.burst if self.left < 0 else self.left + (now - self.at) * self.rate
        self.left = min(filled, self.burst)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Budget:
    """What one connection may send, poses apart."""

    def __init__(self) -> None:
        self._messages = Bucket(MESSAGES_PER_SECOND, MESSAGES_PER_SECOND)

    def take(self, event: object, now: float) -> None:
        """One message of this name, whether or not there is such a one. Raises TooManyMessages."""
        if not self._messages.take(now):
            raise TooManyMessages(limit=MESSAGES_PER_SECOND)


class Budgets:
    """A budget for each connection of a person."""

    def of(self, person_id: str) -> Budget:
        """A new connection's."""
        return Budget()
