"""The people of the bench: one class for each language that the servers speak.

Written by hand on picows, so that they cost less than the server under them. Frames are masked
beforehand and a pose's clock is patched into them; what comes is counted by its length where that
is enough.
"""

import json
import os
import socket
from asyncio import Future, Transport, get_running_loop
from typing import ClassVar

from aiohttp import ClientSession
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.bench.room_tally import Gaps, Tally, now_ms

CLOCK = 1  # where `t` is in a pose
FULL = 30  # bytes of one avatar with hands in a frame, its index included
HEAD = 14  # and without
TIME = 4  # bytes before the first
BLOCK = 39  # of Colyseus: 255, reference, then nine fields with a byte before each
BLOCK_CLOCK = 3  # where `t` is in one
JOIN_ROOM, ROOM_STATE_PATCH, ROOM_DATA_BYTES = 10, 15, 17
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
ANNOUNCEMENT = b'451-["pose",{"_placeholder":true,"num":0}]'


def masked(opcode: int, payload: bytes, key: bytes) -> bytes:
    """A final frame from a client, below 126 bytes (RFC 6455 section 5.2)."""
    body = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + key + body


class Client(WSListener):
    """Somebody in a room. `enter` makes one; `index` is their own in frames."""

    before: ClassVar[bytes] = ANNOUNCEMENT  # a frame that goes before a pose; empty: none
    prefix: ClassVar[bytes] = b""  # of a pose's own frame

    def __init__(self, tally: Tally, number: int, place: dict[str, str]) -> None:
        self.tally = tally
        self.number = number
        self.place = place
        self.index = -1
        self.inside: Future[None] = get_running_loop().create_future()
        self.lost = False
        self.gaps: Gaps | None = None
        self.heard: list[bytes] | None = None  # text, when somebody wants to know
        self.transport: WSTransport
        self._wire: Transport
        self._packets: list[bytearray] = []
        self._clock = 0
        self._key = os.urandom(4)

    # ---- life ----

    async def enter(self, url: str, receive_buffer: int = 0) -> None:
        """Connect, and wait until one is in the room; the receive buffer 0 is the system's."""
        address = url.replace("http", "ws", 1) + self.path()
        own = None
        if receive_buffer:
            host, port = url.removeprefix("http://").split(":")
            own = socket.socket()
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            own.setblocking(False)
            await get_running_loop().sock_connect(own, (host, int(port)))
        options = {"socket_factory": lambda _: own} if own else {}
        await ws_connect(lambda: self, address, websocket_handshake_timeout=30, **options)
        await self.inside

    def path(self) -> str:
        """Where its websocket is."""
        return SOCKET_IO

    def leave(self) -> None:
        self.transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._wire = transport.underlying_transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.lost = True
        if not self.inside.done():
            self.inside.set_exception(ConnectionError("The server closed the connection."))

    # ---- out ----

    def prepare(self, poses: list[bytes]) -> None:
        """What it will send, over and over."""
        head = masked(WSMsgType.TEXT.value, self.before, self._key) if self.before else b""
        self._packets = [
            bytearray(head + masked(WSMsgType.BINARY.value, self.prefix + pose, self._key))
            for pose in poses
        ]
        inside = len(self.prefix) + CLOCK
        self._clock = len(head) + 6 + inside
        self._keys = self._key[inside % 4], self._key[(inside + 1) % 4]

    def move(self, step: int) -> None:
        """Send a pose. As with uvloop's and Node's own sockets, two frames share one write."""
        packet = self._packets[step % len(self._packets)]
        now = now_ms()
        packet[self._clock] = now & 0xFF ^ self._keys[0]
        packet[self._clock + 1] = now >> 8 & 0xFF ^ self._keys[1]
        self._wire.write(packet)
        self.tally.sent += self.tally.on

    def say(self, text: str) -> None:
        """To the whole room."""
        message = json.dumps(["say", {"text": text}])
        self.transport.send(WSMsgType.TEXT, b"42" + message.encode())

    def stop_reading(self) -> None:
        self._wire.pause_reading()

    # ---- in ----

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.tally.on:
            self.tally.frame(frame.payload_size)
        if frame.msg_type == WSMsgType.BINARY:
            if self.tally.on or self.gaps is not None:
                self.poses(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.TEXT:
            self.text(frame.get_payload_as_bytes())

    def text(self, data: bytes) -> None:
        if data[:3] == b"451":
            return
        if data == b"2":
            self.transport.send(WSMsgType.TEXT, b"3")
        elif data[:1] == b"0":
            self.transport.send(WSMsgType.TEXT, b"40" + json.dumps(self.place).encode())
        elif data.startswith(b'42["welcome"'):
            self.index = json.loads(data[2:])[1]["you"]["index"]
            self.inside.set_result(None)
        if self.heard is not None:
            self.heard.append(data)

    def poses(self, data: bytes) -> None:
        """A room's frame: its time, then index and pose of each that moved."""
        count, torn = divmod(len(data) - TIME, FULL)
        if self.gaps is not None or torn or data[TIME + 1 :: FULL].count(3) != count:
            self._walk(data)
            return
        clocks = range(TIME + 1 + CLOCK, len(data), FULL)
        self.tally.poses(data, clocks, data[TIME::FULL].count(self.index))

    def _walk(self, data: bytes) -> None:
        """A frame in which not everybody has hands, or that somebody looks at closely."""
        at, indices, clocks = TIME, [], []
        while at < len(data):
            indices.append(data[at])
            clocks.append(at + 1 + CLOCK)
            at += FULL if data[at + 1] else HEAD
        if self.gaps is not None:
            for index in indices:
                self.gaps.saw(self.number, index)
        if self.tally.on:
            self.tally.unread += at != len(data)
            self.tally.poses(data, clocks, indices.count(self.index))


class FloorClient(Client):
    """The floor speaks the rooms' bytes without Socket.IO around them."""

    def path(self) -> str:
        return "/"


class RelayClient(Client):
    """The relay sends each pose by itself, with an index before it, and never one's own."""

    def poses(self, data: bytes) -> None:
        self.tally.poses(data, range(1 + CLOCK, 2 + CLOCK), 0)
        self.tally.unread += len(data) != FULL


class ColyseusClient(Client):
    """Patches of a state. In a room where all fields of all who moved have changed they are blocks
    of one size; one's own comes too, but by a reference that says not whose it is."""

    before = b""
    prefix = bytes((ROOM_DATA_BYTES, 0))

    def path(self) -> str:
        return "/{processId}/{roomId}?sessionId={sessionId}".format(**self.place)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.tally.on:
            self.tally.frame(frame.payload_size)
        if frame.msg_type != WSMsgType.BINARY:
            return
        data = frame.get_payload_as_bytes()
        if data[0] == JOIN_ROOM:
            transport.send(WSMsgType.BINARY, bytes((JOIN_ROOM,)))
            self.inside.set_result(None)
        elif data[0] == ROOM_STATE_PATCH and self.tally.on:
            self.poses(data)

    def poses(self, data: bytes) -> None:
        count, torn = divmod(len(data) - 1, BLOCK)
        if torn or data[1::BLOCK].count(255) != count:
            self.tally.unread += 1
            return
        self.tally.poses(data, range(1 + BLOCK_CLOCK, len(data), BLOCK), 0)


CLIENTS: dict[str, type[Client]] = {
    "rooms": Client,
    "whole": Client,
    "plain": Client,
    "written": Client,
    "floor": FloorClient,
    "relay": RelayClient,
    "colyseus": ColyseusClient,
}


async def colyseus_place(http: ClientSession, url: str) -> dict[str, str]:
    """A seat, as its own client asks for one."""
    async with http.post(f"{url}/matchmake/joinOrCreate/showroom", json={}) as answer:
        found: dict[str, str] = await answer.json()
        return found
