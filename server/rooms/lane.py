"""The pose lane of one room: one frame, encoded once, to everybody, at most `tick_hz` a second.

In a crowded room each listener gets a frame of its own, from entries that are made once. Who is
behind gets every second frame, then none; who missed something is told of it later.
"""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from server.rooms.beat import Beat
from server.rooms.gate import encode
from server.rooms.listener import NOBODY, Listener, packet, put_all, ready
from server.rooms.messages.pace import PaceSet, PaceState
from server.rooms.nap import NAP_SECONDS, STEPS
from server.rooms.open_rooms import Live
from server.rooms.pace import frames_for
from server.rooms.poses import Crowd, stamped
from server.rooms.service import RoomHub
from server.rooms.wire import SLOW_BYTES, poses_packet

BEHIND_BYTES: Final = 16 * 1024  # above, a client is left out until it caught up
DROP_SECONDS: Final = 10.0  # and let go after that long
CROWD_HZ: Final = 20.0  # of a crowded room; what interest.py counts in
FEWER: Final = 4  # below the border of a crowd, so that a room does not waver
GOLDEN: Final = 0.618034  # its multiples spread best: the phases of rooms


class Lane:
    """Ticks only while somebody moves or lags. Rooms tick at different moments, so that their work
    does not fall on the same millisecond."""

    def __init__(self, live: Live, hub: RoomHub, fast: bool, beat: Beat) -> None:
        self.listeners: list[Listener] = []
        # What it has done, for whoever watches over the server.
        self.ticks = 0
        self.tick_seconds = 0.0
        self.late_seconds = 0.0  # behind the moments that were asked for
        self.frames = 0  # sent, once for each listener
        self.frame_bytes = 0
        self.skipped = 0  # frames that listeners did not get because they were behind
        self.dropped = 0  # listeners that stayed behind
        self.poses = live.room.poses
        self._room = live.room
        self._hub = hub
        self._fast = fast
        self._beat = beat
        self._number = live.number
        self._phase = live.number * GOLDEN % 1
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._armed = False  # a timer runs, or it waits for a step
        self._due = 0.0
        self._next_step = 0
        self._crowd: Crowd | None = None

    @property
    def hz(self) -> float:
        """Frames a second while somebody moves."""
        hz = self._beat.pace.hz
        return min(CROWD_HZ, hz) if self._crowd else hz

    @property
    def pace(self) -> PaceState:
        """For the welcome. A crowded room may have fewer frames than that."""
        return PaceState(self._beat.pace.hz, self._beat.pace.send_hz)

    def add(self, listener: Listener) -> None:
        """It gets every frame from now on, the first of which shows everybody."""
        listener.owed = None
        self.listeners.append(listener)
        self.wake()

    def remove(self, listener: Listener) -> None:
        """No more frames."""
        if listener in self.listeners:
            self.listeners.remove(listener)
            self.poses.wishes.pop(listener.avatar_id, None)

    def wake(self) -> None:
        """There is something to tell: tick at the next moment that is this room's."""
        if self._armed:
            return
        self._armed = True
        if self._beat.pace.streaming:
            self._beat.waiting.append(self)
            return
        period = 1 / self.hz
        offset = self._phase * period
        due = (math.floor((self._loop.time() - offset) / period) + 1) * period + offset
        # uvloop counts whole milliseconds and may ring early: never the same moment twice.
        self._due = due if due > self._due + period / 2 else due + period
        self._timer = self._loop.call_at(self._due, self._ring)

    def again(self) -> None:
        """Find the moment anew: it was counted in steps of naps, and there are none any more."""
        self._armed = False
        if self.listeners:
            self.wake()

    def close(self) -> None:
        """No more ticks."""
        if self._timer is not None:
            self._timer.cancel()
        self.listeners = []

    def tell_pace(self) -> None:
        """All are told how often there are frames from now on."""
        text = encode(PaceSet(self._beat.pace.hz, self._beat.pace.send_hz))
        for listener in list(self.listeners):
            listener.send_text(text)

    def _ring(self) -> None:
        self.tick(max(0.0, self._loop.time() - self._due))

    def stepped(self, step: int, late: float) -> bool:
        """A step of naps; False when it is not this room's turn."""
        self._next_step = self._next_step or step + self._number % STEPS
        if step < self._next_step:
            return False
        self._next_step = step + max(STEPS, round(1 / (self.hz * NAP_SECONDS)))
        self.tick(late)
        return True

    def tick(self, late: float) -> None:
        """Make a frame, so many seconds after its moment."""
        self._armed = False
        self._timer = None
        if not self.listeners:
            return
        now, began = self._loop.time(), time.perf_counter()  # uvloop's own stands still meanwhile
        self.ticks += 1
        self.late_seconds += late
        self._count_heads()
        moved = self.poses.drain()
        again = False
        if self._crowd:
            again = self._crowd.turn(self.poses.latest, moved, self._stars(), now)
        if self._tell_all(moved, int(self._hub.now() * 1000), now) or again:
            self.wake()
        self.tick_seconds += time.perf_counter() - began
        self._beat.ticked(late, len(moved), now)

    def _tell_all(self, moved: Mapping[int, bytes], server_ms: int, now: float) -> bool:
        """Whom nothing holds up at once, then the others; whether somebody is owed."""
        crowd, owing = self._crowd, False
        others = self._put(moved, server_ms) if self._fast else list(self.listeners)
        for listener in others:
            due = crowd.due(listener.index) if crowd else moved
            owing |= self._tell(listener, due, server_ms, now)
        return owing

    def _put(self, moved: Mapping[int, bytes], server_ms: int) -> list[Listener]:
        """The hot path: the same packet to all, in a crowd one for each. Answers who is left over:
        whoever is owed something, waits for something, or does not see everybody."""
        unseen, wishes, crowd = self._room.safety.unseen, self.poses.wishes, self._crowd
        own = unseen.keys() | wishes.keys() if unseen or wishes else NOBODY
        if crowd:
            free, others = ready(self.listeners, own)
            self._put_each(crowd, free, server_ms)
            return others
        frame = packet(server_ms, moved.values()) if moved else b""
        others = put_all(self.listeners, own, frame)
        if frame:
            sent = len(self.listeners) - len(others)
            self.frames += sent
            self.frame_bytes += sent * len(frame)
        return others

    def _put_each(self, crowd: Crowd, listeners: Iterable[Listener], server_ms: int) -> None:
        for listener in listeners:
            entries = crowd.entries(listener.index)
            if entries:
                frame = packet(server_ms, entries)
                listener.wire.put(frame)
                self.frames += 1
                self.frame_bytes += len(frame)

    def _tell(
        self, listener: Listener, due: Mapping[int, bytes], server_ms: int, now: float
    ) -> bool:
        """Tell one listener of these, and of what it is owed; whether it is owed something now."""
        latest = self.poses.latest
        if listener.wire.waiting_bytes > BEHIND_BYTES:
            listener.owed = None
            return self._skip(listener, now)
        listener.behind_since = 0.0
        if not self._has_turn(listener):
            if listener.owed is not None and due:
                listener.owed = {*listener.owed, *due}
            return listener.owed is not NOBODY
        if listener.owed is None:
            due = latest
        elif listener.owed:
            due = {**self._owed(listener, latest), **due}
        listener.owed = NOBODY
        hidden = self._room.safety.unseen.get(listener.avatar_id, NOBODY)
        entries = [entry for index, entry in due.items() if index not in hidden]
        if entries:
            self._send(listener, stamped(server_ms, entries))
        return False

    def _has_turn(self, listener: Listener) -> bool:
        wire = listener.wire
        if self._fast and wire.queued:
            return False  # the welcome, or a `joined`: they come before any pose
        every = frames_for(self.poses.wishes.get(listener.avatar_id), self.hz)
        if wire.waiting_bytes > SLOW_BYTES:
            every = max(every, 2)
        return self.ticks % every == 0

    def _owed(self, listener: Listener, latest: Mapping[int, bytes]) -> dict[int, bytes]:
        present = [index for index in listener.owed or () if index in latest]
        if self._crowd is None:
            return {index: latest[index] for index in present}
        return {index: self._crowd.entry(listener.index, index) for index in present}

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

    def _count_heads(self) -> None:
        """Begin or end to tell by interest."""
        present = len(self.poses.latest)
        if self._crowd is None and present > self._hub.crowd:
            self._crowd = Crowd(self.poses.interest())
        elif self._crowd is not None and present <= max(1, self._hub.crowd - FEWER):
            self._crowd = None
            for listener in self.listeners:
                listener.owed = None  # the far ones were told late

    def _stars(self) -> Collection[int]:
        stars: Collection[int] = getattr(self._room.voice, "stars", NOBODY)
        return stars
