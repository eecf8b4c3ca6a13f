"""The pose lane of one room: one frame, encoded once, to everybody, at most `tick_hz` a second."""

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol

from server.rooms.room import Room
from server.rooms.wire import Wire, poses_packet

BEHIND_BYTES: Final = 16 * 1024  # above, a client is left out until it caught up
DROP_SECONDS: Final = 10.0  # and let go after that long


class Listener(Protocol):
    """Somebody who gets the room's frames."""

    eio_sid: str
    wire: Wire
    behind_since: float  # loop time; 0: not behind

    def send_plain(self, frame: bytes) -> None:
        """By way of Socket.IO's own queue."""
        ...

    def drop(self, reason: str) -> None: ...


class Lane:
    """Ticks only while somebody moves or lags. Rooms tick at different moments (`phase`, 0 to 1),
    so that their work does not fall on the same millisecond."""

    def __init__(
        self, room: Room, tick_hz: float, phase: float, clock_ms: Callable[[], int], fast: bool
    ) -> None:
        self.listeners: list[Listener] = []
        self._room = room
        self._period = 1 / tick_hz
        self._offset = phase * self._period
        self._clock_ms = clock_ms
        self._fast = fast
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._slot = 0

    def wake(self) -> None:
        """There is something to tell: tick at the next moment that is this room's."""
        if self._timer is None:
            slot = math.floor((self._loop.time() - self._offset) / self._period) + 1
            # uvloop counts whole milliseconds and may ring early: never the same slot twice.
            self._slot = max(slot, self._slot + 1)
            self._timer = self._loop.call_at(self._slot * self._period + self._offset, self._tick)

    def close(self) -> None:
        """No more ticks."""
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        frame = self._room.poses.frame(self._clock_ms())
        packet = poses_packet(frame) if frame else b""
        lagging = False
        for listener in list(self.listeners):
            if listener.wire.waiting_bytes > BEHIND_BYTES:
                lagging |= self._skip(listener, now)
            elif listener.behind_since:
                # It may have missed the last step of somebody who stands still since.
                listener.behind_since = 0.0
                self._send(listener, self._room.poses.keyframe(self._clock_ms()))
            elif frame and self._fast:
                listener.wire.write(packet)
            elif frame:
                listener.send_plain(frame)
        if lagging:
            self.wake()

    def _skip(self, listener: Listener, now: float) -> bool:
        """Leave it out of this frame; False when it was let go."""
        listener.behind_since = listener.behind_since or now
        if now - listener.behind_since < DROP_SECONDS:
            return True
        listener.drop("slow-reader")
        return False

    def _send(self, listener: Listener, frame: bytes) -> None:
        if self._fast:
            listener.wire.write(poses_packet(frame))
        else:
            listener.send_plain(frame)
