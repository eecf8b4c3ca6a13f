"""How often something may happen: a bucket that fills by the second."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """`rate` a second on average, `burst` at once. Times are seconds of any one clock."""

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
