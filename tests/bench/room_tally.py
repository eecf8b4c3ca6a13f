"""What was delivered to the people of the bench."""

import time
from dataclasses import dataclass, field

MASK = 0xFFFF  # a pose's clock has 16 bits
SAMPLE = 8  # of so many frames one pose's way is timed


def now_ms() -> int:
    """The clock of poses."""
    return time.monotonic_ns() // 1_000_000


@dataclass
class Tally:
    """Counts while `on`. An update is one avatar's pose delivered to one client."""

    on: bool = False
    sent: int = 0  # poses
    frames: int = 0  # with poses in them
    updates: int = 0
    own: int = 0  # of the updates, those about the receiver
    received_bytes: int = 0  # websocket frames, headers included
    unread: int = 0  # frames that the bench does not understand: must stay 0
    latencies: list[int] = field(default_factory=list)  # milliseconds, of a sample

    def frame(self, payload_size: int) -> None:
        """A websocket frame came."""
        self.received_bytes += payload_size + (2 if payload_size < 126 else 4)

    def poses(self, data: bytes, clocks: range, own: int) -> None:
        """A frame with poses, whose clocks are at these places."""
        count = len(clocks)
        self.frames += 1
        self.updates += count
        self.own += own
        if self.frames % SAMPLE == 0 and count:
            at = clocks[self.frames // SAMPLE % count]
            self.latencies.append((now_ms() - (data[at] | data[at + 1] << 8)) & MASK)


@dataclass
class Gaps:
    """How long a client saw nothing of somebody who moved all the time."""

    of: frozenset[int]  # indices of whom it is about
    seen: dict[tuple[int, int], float] = field(default_factory=dict)  # by watcher and index
    largest: float = 0.0  # seconds

    def saw(self, watcher: int, index: int) -> None:
        """A pose of theirs came."""
        if index not in self.of:
            return
        now = time.monotonic()
        before = self.seen.get((watcher, index))
        if before is not None and now - before > self.largest:
            self.largest = now - before
        self.seen[watcher, index] = now


def percentile(ordered: list[float] | list[int], share: float) -> float:
    """Of an ordered list; nothing measured is 0."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else 0
