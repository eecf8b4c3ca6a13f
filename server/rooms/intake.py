"""Poses on their shortest way in: taken out of what a socket received, a whole batch at a time.

A stock client sends a pose as two small websocket frames, the announcement and the bytes, which
nearly always arrive as one piece of one of two lengths. `PoseProtocol` stands in front of aiohttp's
protocol (by asyncio's own `set_protocol`) and recognises that piece by its length and its frames'
heads; `Intake` checks and unmasks all that came in one turn of the event loop with a few calls of
numpy. Everything else, and every piece that is not exactly what it seemed, goes aiohttp's way, in
the order in which it came.

Warm, a pose costs 1.6 µs by way of aiohttp's parser and PoseQueue, 0.4 µs in a batch of 33 and
0.2 µs in one of 100. In one of ten it is 1.0 µs, hardly less than unmasked as an integer (1.2 µs),
so smaller batches are done that way. Where native.pyx is compiled, its `PoseProtocol` takes each
pose at once, in 0.3 µs until it is in its place, and there are no batches.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from server.rooms.compiled import native
from server.rooms.frames import HEAD, MASK, POSE, Borders, is_pong, unmask
from server.rooms.pose import FULL_BYTES, HEAD_BYTES

SECOND: Final = HEAD + len(POSE)  # where the frame with the pose begins
FIRST: Final = 0x80 | len(POSE)  # masked, of that length: the second byte of a frame
KINDS: Final = np.array((0x81, 0x82), np.uint8)  # a whole text frame and a whole binary one
FEW: Final = 8  # poses, below which arrays cost more than they save
TEXT: Final = np.frombuffer(POSE, np.uint8)


class Batch:
    """Pieces that may each be a pose: the announcement and so many bytes, both frames whole."""

    __slots__ = ("owners", "pieces", "pose_bytes", "second", "size")

    def __init__(self, pose_bytes: int) -> None:
        self.pose_bytes = pose_bytes
        self.size = SECOND + HEAD + pose_bytes
        self.second = 0x80 | pose_bytes  # masked, of that length
        self.pieces: list[bytes] = []
        self.owners: list[PoseProtocol] = []

    def drain(self) -> "tuple[list[bytes], list[PoseProtocol]]":
        """What has come since it was last asked."""
        drained = self.pieces, self.owners
        self.pieces, self.owners = [], []
        return drained

    def open(self, pieces: list[bytes]) -> list[bytes | None]:
        """The poses in them; None where another message was announced."""
        if len(pieces) < FEW:
            return [self._open(piece) for piece in pieces]
        rows = np.frombuffer(b"".join(pieces), np.uint8).reshape(-1, self.size)
        good = (unmasked(rows, 2, len(POSE)) == TEXT).all(axis=1)
        good &= (rows[:, (0, SECOND)] == KINDS).all(axis=1)
        poses, size = unmasked(rows, SECOND + 2, self.pose_bytes).tobytes(), self.pose_bytes
        found: list[bytes | None] = [poses[at : at + size] for at in range(0, len(poses), size)]
        if not good.all():
            for index in np.flatnonzero(~good):
                found[index] = None
        return found

    def _open(self, piece: bytes) -> bytes | None:
        if piece[0] != KINDS[0] or piece[SECOND] != KINDS[1]:
            return None
        if unmask(piece[2:HEAD], piece[HEAD:SECOND]) != POSE:
            return None
        return unmask(piece[SECOND + 2 : SECOND + HEAD], piece[SECOND + HEAD :])


def unmasked(pieces: NDArray[np.uint8], mask_at: int, size: int) -> NDArray[np.uint8]:
    """Payloads of `size` bytes behind a mask, one in each row."""
    payload = mask_at + MASK
    turns = np.arange(size) % MASK + mask_at
    found: NDArray[np.uint8] = pieces[:, payload : payload + size] ^ pieces[:, turns]
    return found


class Receiver(Protocol):
    """The end of a websocket that poses are for."""

    on_pose: Callable[[bytes], None] | None
    on_pong: Callable[[], None] | None
    clogged: bool  # it has not taken what was written

    @property
    def announced(self) -> bool:
        """Whether aiohttp's way holds an announcement whose pose is still to come."""
        ...

    def lost(self) -> None:
        """The connection is gone."""
        ...


class PoseProtocol(asyncio.Protocol):
    """Between a transport and aiohttp's protocol of an upgraded connection."""

    __slots__ = ("_batches", "_beneath", "_borders", "_intake", "_open", "receiver", "waiting")

    def __init__(self, beneath: asyncio.Protocol, receiver: Receiver, intake: "Intake") -> None:
        self.waiting: Batch | None = None  # the one that holds something of it
        self._beneath: Any = beneath
        self.receiver = receiver
        self._intake = intake
        self._batches = intake.batches
        self._borders = Borders()
        self._open = True  # between two messages

    def data_received(self, data: bytes) -> None:
        """Once for each read of the socket."""
        batch = self._batches.get(len(data))
        if (
            batch is not None
            and self._open
            and data[1] == FIRST
            and data[SECOND + 1] == batch.second
            and self.receiver.on_pose is not None
        ):
            if self.waiting is not batch:
                self._intake.expect(self, batch)
            batch.pieces.append(data)
            batch.owners.append(self)
        else:
            if self.waiting is not None:
                self._intake.take()
            on_pong = self.receiver.on_pong
            if on_pong is not None and self._open and is_pong(data):
                on_pong()
            else:
                self.pass_on(data)

    def pass_on(self, data: bytes) -> None:
        """To aiohttp, which is told everything but poses."""
        self._borders.pass_(data)
        self._beneath.data_received(data)
        self._open = self._borders.between and not self.receiver.announced

    def eof_received(self) -> bool | None:
        kept: bool | None = self._beneath.eof_received()
        return kept

    def pause_writing(self) -> None:
        self.receiver.clogged = True
        self._beneath.pause_writing()

    def resume_writing(self) -> None:
        self.receiver.clogged = False
        self._beneath.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.receiver.lost()
        self._beneath.connection_lost(exc)


class Intake:
    """What all sockets of a loop received in one turn of it."""

    def __init__(self) -> None:
        self.batches = {batch.size: batch for batch in (Batch(HEAD_BYTES), Batch(FULL_BYTES))}
        self._armed = False

    def expect(self, owner: PoseProtocol, batch: Batch) -> None:
        """The first piece of somebody comes; taken in when the loop has read all sockets."""
        if owner.waiting is not None:
            self.take()  # one's poses keep their order
        owner.waiting = batch
        if not self._armed:
            self._armed = True
            asyncio.get_running_loop().call_soon(self.take)

    def take(self) -> None:
        """Hand everything on."""
        self._armed = False
        for batch in self.batches.values():
            if not batch.pieces:
                continue
            pieces, owners = batch.drain()
            for owner, piece, pose in zip(owners, pieces, batch.open(pieces), strict=True):
                owner.waiting = None
                on_pose = owner.receiver.on_pose  # it may have left meanwhile
                if pose is None:
                    owner.pass_on(piece)
                elif on_pose is not None:
                    on_pose(pose)


def protocol(beneath: asyncio.Protocol, receiver: Receiver, intake: Intake) -> asyncio.Protocol:
    """To stand before aiohttp's; the compiled one takes each pose in as it comes, and needs no
    intake."""
    if native:
        made: asyncio.Protocol = native.PoseProtocol(beneath, receiver)
        return made
    return PoseProtocol(beneath, receiver, intake)
