"""When the rooms of a process make their frames: at a pace that all keep and, where poses stream
in, at the moments when the event loop wakes from a nap."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from server.rooms.nap import Nap
from server.rooms.pace import Pace


class Waiter(Protocol):
    """What waits for a step of naps."""

    def stepped(self, step: int, late: float) -> bool:
        """A step, so many seconds late; False when it was not one's turn."""
        ...

    def again(self) -> None:
        """There are no steps any more."""
        ...


class Beat:
    """`on_change` is called when there are more or fewer frames a second from now on."""

    def __init__(self, tick_hz: float, on_change: Callable[[], None]) -> None:
        self.pace = Pace(tick_hz)
        self.waiting: list[Waiter] = []
        self._on_change = on_change
        self._nap: Nap | None = None  # from the first frame on

    def ticked(self, late_seconds: float, poses: int, now: float) -> None:
        """A room made a frame of so many poses, that long after its moment."""
        self.pace.tick(late_seconds)
        if self._nap is None:
            self._nap = Nap(asyncio.get_running_loop(), self._stepped, self._awake)
        self._nap.moved(poses, now)
        changed = self._nap.napping and not self.pace.streaming
        self.pace.streaming = self._nap.napping
        if self.pace.due(now):
            changed |= self.pace.observe(now, time.thread_time())
        if changed:
            self._on_change()

    def close(self) -> None:
        """No more naps."""
        if self._nap is not None:
            self._nap.close()

    def _stepped(self, step: int, late: float) -> None:
        """The event loop woke from a nap, and has read what came meanwhile."""
        waiting, self.waiting = self.waiting, []
        early = [one for one in waiting if not one.stepped(step, late)]
        if self.pace.streaming:
            self.waiting += early
        else:
            for one in early:  # the naps ended just now
                one.again()

    def _awake(self) -> None:
        """There are no naps any more."""
        self.pace.streaming = False
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.again()
        self._on_change()
