"""How often something may happen."""

from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from server.rooms.messages import TooManyMessages

MESSAGES_PER_SECOND: Final = 60  # JSON, of all kinds
POSES_PER_SECOND: Final = 120
PERSON_FACTOR: Final = 2  # what a person may do through all connections together

# By event: how many a second on average, and how many at once. What is heard or seen by everybody
# is dearer than what concerns oneself, and what somebody of the house has to read is dearest.
RATES: Final[dict[str, tuple[float, float]]] = {
    "say": (2, 8),
    "typing": (2, 6),
    "emote": (3, 6),
    "profile": (1, 6),
    "hand": (2, 4),
    "follow": (3, 6),
    "gather": (1, 2),
    "help": (0.5, 4),
    "report": (0.1, 3),
    "sync": (1, 4),
    "signal": (30, 60),
    "move": (40, 60),
}
OTHERS: Final = (20.0, 40.0)  # all other events share this one, also those that do not exist


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

    @property
    def wait_seconds(self) -> float:
        """Until there is one again, from the last `take` on."""
        return max(0.0, 1 - self.left) / self.rate


class Budget:
    """What may be sent, poses apart, by one connection. Buckets are made when they are needed: most
    connections never use most of them."""

    __slots__ = ("__weakref__", "_buckets", "_factor", "_shared")

    def __init__(self, shared: "Budget | None" = None, factor: float = 1) -> None:
        """`shared`: what all connections of a person have together."""
        self._shared = shared
        self._factor = factor
        self._buckets: dict[str, Bucket] = {}

    def take(self, event: object, now: float) -> None:
        """One message of this name, whether or not there is such a one. Raises TooManyMessages."""
        self._use("", (MESSAGES_PER_SECOND, MESSAGES_PER_SECOND), now)
        known = isinstance(event, str) and event in RATES
        name = str(event) if known else "*"
        self._use(name, RATES.get(name, OTHERS), now)
        if self._shared is not None:  # last: what was refused here takes nothing from the others
            self._shared.take(event, now)

    def _use(self, name: str, limit: tuple[float, float], now: float) -> None:
        bucket = self._buckets.get(name)
        if bucket is None:
            rate, burst = limit
            bucket = self._buckets[name] = Bucket(rate * self._factor, burst * self._factor)
        if not bucket.take(now):
            raise TooManyMessages(limit=bucket.rate, retry_after=int(bucket.wait_seconds) + 1)


class Unlimited(Budget):
    """For whoever measures how much the rest takes."""

    __slots__ = ()

    def take(self, event: object, now: float) -> None:
        return None


class Budgets:
    """A budget for each connection of a person, within one of the person's own."""

    def __init__(self, *, limited: bool = True) -> None:
        self._limited = limited
        # As long as one of their connections is held.
        self._persons: WeakValueDictionary[str, Budget] = WeakValueDictionary()

    def of(self, person_id: str) -> Budget:
        """A new connection's."""
        if not self._limited:
            return Unlimited()
        shared = self._persons.get(person_id)
        if shared is None:
            shared = self._persons[person_id] = Budget(factor=PERSON_FACTOR)
        return Budget(shared)
