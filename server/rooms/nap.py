"""Fewer wake-ups: while poses stream in, the event loop looks at its sockets only now and then.

Each pose wakes the process for a few microseconds of work; at 2,000 a second half of the processor
time goes into waking up (perf: scheduling, cold caches). Network cards know the remedy, interrupt
moderation: wait a moment, then take in all that came. So a callback sleeps, without the interpreter
lock, to the next point of a grid, lets the loop turn until what came is done with, and so on.

The rooms' frames are made on the steps of the grid, half of them on every other step, once the
poses that came are read. So a pose waits no longer than without naps: for its room's next frame.

Price: whatever else comes meanwhile waits, by half a step of the grid on average. A loop with more
to do than the grid leaves time for never sleeps, and a house where little moves does not nap at
all.
"""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

from server.rooms.pace import STREAM_HZ

STEPS: Final = 2  # of the grid from one frame of a room to its next: rooms take turns on it
NAP_SECONDS: Final = 1 / (STREAM_HZ * STEPS)
READ: Final = 2  # turns of the loop after a nap, by which the poses that came have been taken in
TURNS: Final = 8  # of the loop between two naps: so many steps of one request do not wait
AWAKE_BELOW: Final = 400  # poses a second
ASLEEP_ABOVE: Final = 600
WINDOW_SECONDS: Final = 0.25


class Nap:
    """Of one loop. `moved` tells of poses that arrived; without any for two windows it is over.

    `on_step(step, late_seconds)` is called on each step, `on_end` when there will be none.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_step: Callable[[int, float], None] = lambda *_: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.napping = False
        self.step = 0  # of the grid
        self._loop = loop
        self._on_step = on_step
        self._on_end = on_end
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
        if not self.napping and rate > ASLEEP_ABOVE:
            self.napping = True
            self._loop.call_soon(self._turned)
        elif self.napping and rate < AWAKE_BELOW:
            self.close()

    def close(self) -> None:
        """No more of it."""
        if self.napping:
            self.napping = False
            self._on_end()

    def _turned(self) -> None:
        """Once in each turn of the loop."""
        if not self.napping:
            return
        self._turn += 1
        if self._turn == READ:
            self._on_step(self.step, max(0.0, time.monotonic() - self.step * NAP_SECONDS))
        elif self._turn >= TURNS:
            self._turn = 0
            self._sleep()
        self._loop.call_soon(self._turned)

    def _sleep(self) -> None:
        if self._loop.time() - self._began > 2 * WINDOW_SECONDS:
            self.close()  # nobody moves any more
            return
        now = time.monotonic()
        step = math.floor(now / NAP_SECONDS)
        if step <= self.step:  # what there was to do is done within the step
            step = self.step + 1
            time.sleep(max(0.0, step * NAP_SECONDS - now))
        self.step = step
