"""The pose lane of one room: one frame, encoded once, to everybody, at most `tick_hz` a second."""

import asyncio
import math
from collections.abc import Iterator
from typing import Final, Protocol

from server.rooms.open_rooms import Live
from server.rooms.pose import encode_frame
from server.rooms.service import RoomHub
from server.rooms.wire import Wire, poses_packet

BEHIND_BYTES: Final = 16 * 1024  # above, a client is left out until it caught up
DROP_SECONDS: Final = 10.0  # and let go after that long
GOLDEN: Final = 0.618034  # its multiples spread best: the phases of rooms
NOBODY: Final[frozenset[int]] = frozenset()


class Listener(Protocol):
    """Somebody who gets the room's frames."""

    eio_sid: str
    wire: Wire
    behind_since: float  # loop time; 0: not behind

    @property
    def avatar_id(self) -> str: ...

    def send_plain(self, frame: bytes) -> None:
        """By way of Socket.IO's own queue."""
        ...

    def drop(self, reason: str) -> None: ...


class Lane:
    """Ticks only while somebody moves or lags. Rooms tick at different moments, so that their work
    does not fall on the same millisecond."""

    def __init__(self, live: Live, hub: RoomHub, fast: bool) -> None:
        self.listeners: list[Listener] = []
        # What it has done, for whoever watches over the server.
        self.ticks = 0
        self.tick_seconds = 0.0
        self.late_seconds = 0.0  # behind the moments that were asked for
        self.frames = 0  # sent, once for each listener
        self.frame_bytes = 0
        self.skipped = 0  # frames that listeners did not get because they were behind
        self.dropped = 0  # listeners that stayed behind
        self._room = live.room
        self._hub = hub
        self._period = 1 / hub.tick_hz
        self._offset = live.number * GOLDEN % 1 * self._period
        self._fast = fast
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._slot = 0

    def add(self, listener: Listener) -> None:
        """It gets every frame from now on, the first of which shows everybody."""
        self.listeners.append(listener)
        self.wake()

    def remove(self, listener: Listener) -> None:
        """No more frames."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def wake(self) -> None:
        """There is something to tell: tick at the next moment that is this room's."""
        if self._timer is None:
            slot = math.floor((self._loop.time() - self._offset) / self._period) + 1
            # uvloop counts whole milliseconds and may ring early: never the same slot twice.
            self._slot = max(slot, self._slot + 1)
            self._timer = self._loop.call_at(self._due(), self._tick)

    def close(self) -> None:
        """No more ticks."""
        if self._timer is not None:
            self._timer.cancel()

    def _due(self) -> float:
        return self._slot * self._period + self._offset

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        self.ticks += 1
        self.late_seconds += max(0.0, now - self._due())
        poses, unseen, moved = self._room.poses, self._room.safety.unseen, self._room.poses.moved
        frame = poses.frame(self._milliseconds())
        packet = poses_packet(frame) if frame else b""
        lagging = False
        for listener in list(self.listeners):
            hidden = unseen.get(listener.avatar_id, NOBODY) if unseen else NOBODY
            if listener.wire.waiting_bytes > BEHIND_BYTES:
                lagging |= self._skip(listener, now)
            elif listener.behind_since:
                # It may have missed the last step of somebody who stands still since.
                listener.behind_since = 0.0
                self._send(listener, poses.keyframe(self._milliseconds(), hidden))
            elif hidden and frame:
                seen = [(index, data) for index, data in moved.items() if index not in hidden]
                if seen:
                    self._send(listener, encode_frame(self._milliseconds(), seen))
            elif frame and self._fast:
                self.frames += 1
                self.frame_bytes += len(packet)
                listener.wire.write(packet)
            elif frame:
                self._send(listener, frame)
        if lagging:
            self.wake()
        self.tick_seconds += self._loop.time() - now

    def _skip(self, listener: Listener, now: float) -> bool:
        """Leave it out of this frame; False when it was let go."""
        self.skipped += 1
        listener.behind_since = listener.behind_since or now
        if now - listener.behind_since < DROP_SECONDS:
            return True
        self.dropped += 1
        listener.drop("slow-reader")
        return False

    def _send(self, listener: Listener, frame: bytes) -> None:
        packet = poses_packet(frame)
        self.frames += 1
        self.frame_bytes += len(packet)
        if self._fast:
            listener.wire.write(packet)
        else:
            listener.send_plain(frame)

    def _milliseconds(self) -> int:
        return int(self._hub.now() * 1000)


class Lanes:
    """The lanes of the rooms that somebody is in, by room."""

    def __init__(self, hub: RoomHub, fast: bool) -> None:
        self._hub = hub
        self._fast = fast
        self._lanes: dict[str, Lane] = {}

    def __iter__(self) -> Iterator[tuple[str, Lane]]:
        return iter(self._lanes.items())

    def find(self, room_id: str) -> Lane | None:
        """The room's, while somebody is in it."""
        return self._lanes.get(room_id)

    def of(self, live: Live) -> Lane:
        """The room's, made when the first one comes."""
        if live.room.id not in self._lanes:
            self._lanes[live.room.id] = Lane(live, self._hub, self._fast)
        return self._lanes[live.room.id]

    def remove(self, live: Live, listener: Listener) -> None:
        """The listener goes, and with the last one the lane."""
        lane = self._lanes.get(live.room.id)
        if lane is None:
            return
        lane.remove(listener)
        if not lane.listeners:
            lane.close()
            del self._lanes[live.room.id]

    def close(self) -> None:
        """No more ticks anywhere."""
        for lane in self._lanes.values():
            lane.close()
