"""How many frames a second the rooms get: fewer while the server cannot keep up with more, and
while so many poses stream in that it saves wake-ups (nap.py): clients send 20 a second, so frames
beyond that bring them 8 ms sooner and nothing else.

fast --two strained windows in a row--> one level slower
slow --ease for RELIEF_SECONDS--> one level faster
"""

from typing import Final

LEVELS: Final = (30.0, 20.0, 15.0, 10.0)  # frames a second
SEND_HZ: Final = 20.0  # poses a second that a client need not exceed
STREAM_HZ: Final = 20.0  # frames a second while the event loop naps
WINDOW_SECONDS: Final = 0.5
LATE_SECONDS: Final = 0.020  # mean lateness of ticks in a window: strained above
BUSY: Final = 0.85  # of one core
CALM_LATE_SECONDS: Final = 0.005
CALM_BUSY: Final = 0.60
RELIEF_SECONDS: Final = 5.0


class Pace:
    """One for the whole process: its rooms share one event loop.

    Times are seconds of any one clock; `worked` is the CPU time that the loop's thread has used.
    """

    def __init__(self, tick_hz: float) -> None:
        self.streaming = False  # the event loop naps
        self._levels = (tick_hz, *(level for level in LEVELS if level < tick_hz))
        self._level = 0
        self._began: tuple[float, float] | None = None  # time, worked
        self._late = 0.0
        self._ticks = 0
        self._strained = False
        self._calm_since: float | None = None

    @property
    def hz(self) -> float:
        """Frames a second."""
        hz = self._levels[self._level]
        return min(hz, STREAM_HZ) if self.streaming else hz

    @property
    def send_hz(self) -> float:
        """Poses a second that clients should send: more than frames would be for nothing."""
        return min(SEND_HZ, self.hz)

    def due(self, now: float) -> bool:
        """Whether a window is full, and `observe` should be told of it."""
        return self._began is None or now - self._began[0] >= WINDOW_SECONDS

    def tick(self, late_seconds: float) -> None:
        """A frame was made so long after its moment."""
        self._late += late_seconds
        self._ticks += 1

    def observe(self, now: float, worked: float) -> bool:
        """Close a window; True when `hz` has changed."""
        before = self.hz
        if self._began is not None and now > self._began[0]:
            seconds = now - self._began[0]
            late = self._late / self._ticks if self._ticks else 0.0
            # After a silence nobody knows when the work was done.
            if seconds < 4 * WINDOW_SECONDS:
                self._judge(now, late, (worked - self._began[1]) / seconds)
        self._began, self._late, self._ticks = (now, worked), 0.0, 0
        return self.hz != before

    def _judge(self, now: float, late: float, busy: float) -> None:
        strained = late > LATE_SECONDS or busy > BUSY
        if strained and self._strained and self._level < len(self._levels) - 1:
            self._level += 1
            self._strained = False  # the slower level gets two windows of its own
        else:
            self._strained = strained
        if late >= CALM_LATE_SECONDS or busy >= CALM_BUSY or self._level == 0:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now - WINDOW_SECONDS
        if self._calm_since is not None and now - self._calm_since >= RELIEF_SECONDS:
            self._level -= 1
            self._calm_since = None


def frames_for(wish: float | None, hz: float) -> int:
    """Every how-many-th frame somebody gets who wants `wish` a second, None: all."""
    return 1 if wish is None or wish >= hz else max(1, round(hz / wish))
