"""The floor of `bench_rooms`: the least that Python can do with the same bytes.

picows on uvloop. Each pose comes in as the two websocket frames of a binary Socket.IO event, and
30 times a second those who moved go out to everybody of their room as one write of two such
frames, rooms at different moments: byte for byte what our lane sends. Left out is all that makes
it a server: Engine.IO and Socket.IO, HTTP, tickets, checks, limits, revisions, slow readers.

    python -m tests.bench.room_floor AVATARS
"""

import asyncio
import json
import sys
import time

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from server.rooms.pose import FRAME
from server.rooms.wire import poses_packet

PERIOD = 1 / 30
GOLDEN = 0.618034


class Room:
    """Who is in it, and who moved since the last frame."""

    def __init__(self, number: int) -> None:
        self.writers: list[asyncio.Transport] = []
        self.moved: dict[bytes, bytes] = {}
        self._loop = asyncio.get_running_loop()
        self._at = self._loop.time() + number * GOLDEN % 1 * PERIOD
        self._tick()

    def _tick(self) -> None:
        if self.moved:
            parts = [FRAME.pack(time.time_ns() // 1_000_000 & 0xFFFFFFFF)]
            for item in self.moved.items():
                parts += item
            self.moved = {}
            packet = poses_packet(b"".join(parts))
            for writer in self.writers:
                writer.write(packet)
        self._at += PERIOD
        self._loop.call_at(self._at, self._tick)


class Visitor(WSListener):
    """One connection."""

    def __init__(self, room: Room, index: int) -> None:
        self.room = room
        self.index = bytes((index,))

    def on_ws_connected(self, transport: WSTransport) -> None:
        welcome = ["welcome", {"you": {"index": self.index[0]}}]
        transport.send(WSMsgType.TEXT, b"42" + json.dumps(welcome, separators=(",", ":")).encode())
        self.room.writers.append(transport.underlying_transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.room.writers.remove(transport.underlying_transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            self.room.moved[self.index] = frame.get_payload_as_bytes()


class Floor:
    """Fills rooms in the order of arrival."""

    def __init__(self, avatars: int) -> None:
        self.avatars = avatars
        self.rooms: list[Room] = []
        self.arrived = 0

    async def listen(self) -> str:
        """Serve; the URL."""
        server = await ws_create_server(self._arrive, "127.0.0.1", 0)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def _arrive(self, _: WSUpgradeRequest) -> Visitor:
        number, index = divmod(self.arrived, self.avatars)
        self.arrived += 1
        if index == 0:
            self.rooms.append(Room(number))
        return Visitor(self.rooms[number], index)


async def main(avatars: int) -> None:
    print(json.dumps({"url": await Floor(avatars).listen()}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
