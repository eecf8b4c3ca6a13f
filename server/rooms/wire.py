"""The websocket beneath Socket.IO: compression off, bad frames stopped, poses past the queues.

Out: engineio has an unbounded queue and a writer task per client, so poses, and whatever finds that
queue empty, are written to the transport at once. In: it spends a task and a timeout per websocket
message, and a pose is two; intake.py takes nearly all of them before aiohttp sees them, and
`PoseQueue` those that came in other pieces where aiohttp's parser hands them over. CPU per 1,000
delivered updates, 10 rooms of 10: a stock relay 21 to 33 ms, one frame per room and tick on the
plain path 20 to 26, this lane 3.2 to 3.9 as written and 2.4 to 2.7 compiled
(tests/bench/bench_rooms.py --plain, 2 cores).

What is private here: engineio's `_async` table (pinned exactly) and aiohttp's
`WebSocketResponse._post_start`, `WebSocketDataQueue.feed_data` and `set_parser`, which `works()`
tries out at start. Where it says no, poses take the plain path through Socket.IO's own calls.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import engineio
import structlog
from aiohttp import WSMessage, WSMsgType, web
from aiohttp.http_websocket import WebSocketReader
from engineio.async_drivers import aiohttp as driver

from server.rooms.frames import POSE as ANNOUNCEMENT_OF_A_POSE
from server.rooms.intake import Intake, protocol
from server.rooms.limits import Bucket
from server.rooms.messages import MAX_BYTES

try:
    from aiohttp._websocket.reader import WebSocketDataQueue
except ImportError:  # aiohttp moved it: the plain path needs it not
    WebSocketDataQueue = None  # type: ignore[assignment,misc]

log = structlog.get_logger()

POSE: Final = ANNOUNCEMENT_OF_A_POSE.decode()
POSES: Final = '451-["poses",{"_placeholder":true,"num":0}]'
SEND_BUFFER_BYTES: Final = 16 * 1024
SLOW_BYTES: Final = 4 * 1024  # in the transport: above, a client gets every second frame
GONE_MS: Final = 6000  # what was sent and not acknowledged for so long ends the connection
USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it
MESSAGE: Final = "4"  # what an Engine.IO text begins with when it carries a Socket.IO packet
WIRE: Final = "vitrine.wire"  # its key in engineio's environ
# One client sends at most 120 poses of two messages, and 60 others: beyond, it is not one of ours.
FRAMES_PER_SECOND: Final = 400


def nowhere(_: bytes) -> None:
    """What is written to a connection that is gone, or does not stand yet."""


@dataclass(slots=True, eq=False)
class Wire:
    """One websocket, seen from both ends of Socket.IO."""

    transport: asyncio.Transport | None = None  # as soon as the websocket stands
    on_pose: Callable[[bytes], None] | None = None  # as long as its avatar is in a room
    on_pong: Callable[[], None] | None = None  # while a ping waits for its answer
    on_end: Callable[[], None] = lambda: None  # may be called more than once
    queued: int = 0  # messages on their way through engineio: nothing may overtake them
    queued_bytes: int = 0
    ending: bool = False  # it was told to go: nothing more to it
    clogged: bool = False  # more than SLOW_BYTES wait in the transport
    put: Callable[[bytes], None] = nowhere  # the transport's `write`, on the fast lane
    reader: "PoseQueue | None" = None  # what aiohttp's parser fills, on the fast lane

    def queue(self, size: int) -> None:
        """A message of so many characters takes the way through engineio."""
        self.queued += 1
        self.queued_bytes += size

    def unqueue(self, size: int) -> None:
        """It has been handed to the transport."""
        self.queued = max(0, self.queued - 1)
        self.queued_bytes = max(0, self.queued_bytes - size)

    @property
    def waiting_bytes(self) -> int:
        """What the client has not taken yet."""
        return self.transport.get_write_buffer_size() if self.transport else 0

    @property
    def closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    @property
    def announced(self) -> bool:
        """Whether a pose was announced that is still to come."""
        return self.reader is not None and self.reader.announced is not None

    def write(self, frames: bytes) -> None:
        """Whole websocket frames, at once, so that nothing lands between them."""
        if self.transport and not self.transport.is_closing():
            self.transport.write(frames)

    def lost(self) -> None:
        """The connection is gone."""
        self.put = nowhere

    def cut(self) -> None:
        """End it without a word, for a client that does not listen."""
        if self.transport:
            self.transport.abort()


def websocket_frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, final frame (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


ANNOUNCEMENT: Final = websocket_frame(WSMsgType.TEXT, POSES.encode())
PING: Final = websocket_frame(WSMsgType.TEXT, b"2")  # Engine.IO's


def text_frame(text: str) -> bytes:
    """A Socket.IO packet as Engine.IO's message in a websocket frame."""
    return websocket_frame(WSMsgType.TEXT, (MESSAGE + text).encode())


def poses_packet(frame: bytes) -> bytes:
    """A room's frame as the two websocket frames of a binary Socket.IO event."""
    return ANNOUNCEMENT + websocket_frame(WSMsgType.BINARY, frame)


if WebSocketDataQueue is not None:

    class PoseQueue(WebSocketDataQueue):
        """aiohttp's queue of incoming messages, except that poses go straight to the room."""

        __slots__ = ("announced", "wire")

        def __init__(self, protocol: Any, wire: Wire, loop: Any) -> None:
            super().__init__(protocol, 2**16, loop=loop)
            self.wire = wire
            self.announced: tuple[Any, int] | None = None

        def feed_data(self, data: Any, size: int) -> None:
            """Must not raise: aiohttp would end the connection."""
            on_pose = self.wire.on_pose
            if on_pose is not None:
                kind, payload, _ = data
                if self.announced is None:
                    if payload == POSE:
                        self.announced = (data, size)
                        return
                elif kind is WSMsgType.BINARY:
                    self.announced = None
                    on_pose(payload)
                    return
                elif kind is WSMsgType.TEXT:  # not what was announced: Socket.IO shall judge
                    (first, first_size), self.announced = self.announced, None
                    super().feed_data(first, first_size)
            super().feed_data(data, size)

    class PoseWebSocket(web.WebSocketResponse):
        """A websocket that reads through a PoseQueue."""

        def __init__(self, wire: Wire) -> None:
            super().__init__(max_msg_size=MAX_BYTES, compress=False)
            self._wire = wire

        def _post_start(self, request: Any, protocol: Any, writer: Any) -> None:
            # As aiohttp's own, but for the queue: its parser can be set only once.
            self._ws_protocol = protocol
            self._writer = writer
            self._reader = PoseQueue(request.protocol, self._wire, self._loop)
            self._parser = WebSocketReader(
                self._reader, self._max_msg_size, compress=False, decode_text=True
            )
            self._wire.reader = self._reader
            request.protocol.set_parser(self._parser, data_received_cb=None)
            request.protocol.keep_alive(False)


def driver_for(fast: bool) -> type:
    """engineio's websocket for aiohttp, with what it leaves open closed."""
    intake = Intake()

    class Driver(driver.WebSocket):  # type: ignore[misc]
        """Compression off: it costs 140 to 250 KB a client (measured)."""

        async def __call__(self, environ: dict[str, Any]) -> Any:
            request: web.Request = environ["aiohttp.request"]
            self.wire: Wire = environ[WIRE]
            self.limit = Bucket(FRAMES_PER_SECOND, 2 * FRAMES_PER_SECOND)
            if fast:
                self._sock: Any = PoseWebSocket(self.wire)
            else:
                self._sock = web.WebSocketResponse(max_msg_size=MAX_BYTES, compress=False)
            await self._sock.prepare(request)
            self.wire.transport = request.transport
            tune(request)
            if fast and self.wire.transport is not None:
                shorten(request.protocol, self.wire, self.wire.transport, intake)
            try:
                await self.handler(self)
            finally:
                # engineio forgets its own end when aiohttp cancels the request meanwhile.
                self.wire.on_end()
            return self._sock

        async def send(self, message: str | bytes) -> None:
            """What engineio's writer took from its queue: counted off when it is written."""
            try:
                await super().send(message)
            finally:
                if isinstance(message, bytes):
                    self.wire.unqueue(len(message))
                elif message[:1] == MESSAGE:  # and no ping, which comes in between
                    self.wire.unqueue(len(message) - 1)

        async def wait(self) -> Any:
            """The next message. What engineio would stumble over outside any handler ends it."""
            data = await super().wait()
            now = asyncio.get_running_loop().time()
            if not self.limit.take(now) or not acceptable(data):
                log.info("socket.bad_frame", size=len(data))
                self.wire.on_end()
                raise OSError
            return data

    return Driver


def shorten(beneath: asyncio.Protocol, wire: Wire, way: asyncio.Transport, intake: Intake) -> None:
    """Poses past aiohttp's parsers, frames past its writer."""
    way.set_write_buffer_limits(high=SLOW_BYTES)
    way.set_protocol(protocol(beneath, wire, intake))
    wire.put = way.write


def tune(request: web.Request) -> None:
    """The kernel would hide up to megabytes of poses that a slow reader gets late, and wait up to
    a quarter of an hour for a peer that went without a word."""
    transport = request.transport
    kernel = transport.get_extra_info("socket") if transport else None
    if kernel is None:
        return
    kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if USER_TIMEOUT is not None:
        kernel.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, GONE_MS)


def acceptable(data: str | bytes) -> bool:
    """Whether engineio can take it: bytes, a Socket.IO packet, or a bare close, ping or pong.

    Its own parser reads anything else as JSON or as a number, and fails where nobody catches.
    """
    if isinstance(data, str):
        return data in ("1", "2", "3") or (data[:1] == "4" and data[1:2] in tuple("0123456"))
    return True


def attach_driver(eio: engineio.AsyncServer, fast: bool) -> None:
    """Give this one server our websocket; the table is shared by all servers, so copy it."""
    eio._async = {**eio._async, "websocket": driver_for(fast)}
    eio.create_queue = ShortQueue


class Short(list[Any]):
    """For a handful of items: a deque takes a block of 64 at once, and each client has four."""

    __slots__ = ()

    def popleft(self) -> Any:
        return self.pop(0)


class ShortQueue(asyncio.Queue[Any]):
    """engineio's queue for one client, 2 KB lighter; MAX_WAITING bounds what is in it."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self._getters, self._putters = Short(), Short()
        self._finished._waiters = Short()  # type: ignore[attr-defined]

    def _init(self, maxsize: int) -> None:
        self._queue = Short()


def works() -> bool:
    """Try the private parts: a real parser must hand a pose to us and the rest to the queue."""
    got: list[bytes] = []
    try:
        for name in ("_post_start", "_handshake", "prepare"):
            getattr(web.WebSocketResponse, name)
        for name in ("send", "wait", "close"):
            getattr(driver.WebSocket, name)
        queue = PoseQueue(Deaf(), Wire(on_pose=got.append), loop=None)
        reader = WebSocketReader(queue, MAX_BYTES, compress=False, decode_text=True)
        reader.feed_data(
            websocket_frame(WSMsgType.TEXT, POSE.encode())
            + websocket_frame(WSMsgType.PING, b"between")
            + websocket_frame(WSMsgType.BINARY, b"pose")
            + text_frame("2[]")
        )
        passed = [queue._buffer.popleft()[0] for _ in range(len(queue._buffer))]
    except Exception:
        log.warning("rooms.fast_lane_off", exc_info=True)
        return False
    return got == [b"pose"] and passed == [
        WSMessage(WSMsgType.PING, b"between", ""),
        WSMessage(WSMsgType.TEXT, "42[]", ""),
    ]


class Deaf:
    """A protocol for works(): never paused, never resumed."""

    _reading_paused = False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        self._reading_paused = False
