"""Who gets a room's frames, and the sending of one to many."""

from collections.abc import Collection
from typing import Final, Protocol

from server.rooms.compiled import native
from server.rooms.poses import stamped
from server.rooms.wire import ANNOUNCEMENT, Wire, poses_packet

NOBODY: Final[frozenset[int]] = frozenset()


class Listener(Protocol):
    """Somebody who gets the room's frames."""

    eio_sid: str
    wire: Wire
    behind_since: float  # loop time; 0: not behind
    owed: Collection[int] | None  # indices it was not told of; None: everybody

    @property
    def avatar_id(self) -> str: ...

    @property
    def index(self) -> int | None:
        """None: watches from the entrance."""
        ...

    def send_plain(self, frame: bytes) -> None:
        """By way of Socket.IO's own queue."""
        ...

    def send_text(self, text: str) -> None: ...

    def drop(self, reason: str) -> None: ...


def packet(server_ms: int, entries: Collection[bytes]) -> bytes:
    """A room's frame of these, as it is sent. native.pyx has the same, compiled."""
    if native:
        made: bytes = native.packet(ANNOUNCEMENT, server_ms & 0xFFFFFFFF, entries)
        return made
    return poses_packet(stamped(server_ms, entries))


def ready(
    listeners: list[Listener], own: Collection[object]
) -> tuple[list[Listener], list[Listener]]:
    """Whom nothing holds up, and the others: who is owed something, or waits for something, or is
    one of `own`."""
    free, others = [], []
    for listener in listeners:
        wire = listener.wire
        if (
            listener.owed is not NOBODY
            or wire.queued
            or wire.clogged
            or (own and listener.avatar_id in own)
        ):
            others.append(listener)
        else:
            free.append(listener)
    return free, others


def put_all(listeners: list[Listener], own: Collection[object], frame: bytes) -> list[Listener]:
    """The frame, unless it is empty, to all whom nothing holds up; answers the others. native.pyx
    has the same, compiled."""
    if native:
        left: list[Listener] = native.put_all(listeners, own, frame, NOBODY)
        return left
    free, others = ready(listeners, own)
    if frame:
        for listener in free:
            listener.wire.put(frame)
    return others
