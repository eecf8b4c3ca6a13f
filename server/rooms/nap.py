"""Fewer wake-ups: while poses stream in, the event loop looks at its sockets only now and then.

Each pose wakes the process for a few microseconds of work; at 2,000 a second half of the processor
time goes into waking up (perf: scheduling, cold caches). Network cards know the remedy, interrupt
moderation: wait a moment, then take in all that came. So a callback sleeps, without the interpreter
lock, to the next point of a grid, lets the loop turn until what came is done with, and so on.

Price: whatever comes meanwhile waits, by half a step of the grid on average. A loop with more to do
than the grid leaves time for never sleeps, and a house where little moves does not nap at all.
"""

import asyncio
import time
from typing import Final

NAP_SECONDS: Final = 0.016  # half of the time from one frame to the next
TURNS: Final = 12  # of the loop between two naps: so many steps of one request do not wait
AWAKE_BELOW: Final = 400  # poses a second
ASLEEP_ABOVE: Final = 600
WINDOW_SECONDS: Final = 0.25


class Nap:
    """Of one loop. `moved` tells of poses that arrived; without any for two windows it is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, nap_seconds: float = NAP_SECONDS) -> None:
        self.napping = False
        self._loop = loop
        self._seconds = nap_seconds
        self._until = 0.0
        self._turn = 0
        self._began = loop.time()
        self._poses = 0

    def moved(self, poses: int, now: float) -> None:
        """So many arrived since it was last told (`now` is the loop's time)."""
        self._poses += poses
        if now - self._began < WINDOW_SECONDS:
            return
        rate = self._poses / (now - self._began)
        self._began, self._poses = now, 0
        if not self.napping and rate > ASLEEP_ABOVE and self._seconds:
            self.napping = True
            self._loop.call_soon(self._turned)
        elif rate < AWAKE_BELOW:
            self.napping = False

    def close(self) -> None:
        """No more of it."""
        self.napping = False

    def _turned(self) -> None:
        """Once in each turn of the loop."""
        if not self.napping:
            return
        self._turn += 1
        if self._turn >= TURNS:
            self._turn = 0
            self._sleep()
        self._loop.call_soon(self._turned)

    def _sleep(self) -> None:
        if self._loop.time() - self._began > 2 * WINDOW_SECONDS:
            self.napping = False  # nobody moves any more
            return
        now = time.monotonic()
        self._until += self._seconds
        if self._until <= now:
            self._until = now  # there was more to do than time for it
        else:
            time.sleep(self._until - now)
