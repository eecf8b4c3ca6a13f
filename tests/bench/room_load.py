"""The load of `bench_rooms`: people in rooms who move head and hands all the time.

Speaks Engine.IO and Socket.IO by hand on picows, so that it costs less than the server under it.
"""

import argparse
import asyncio
import json
import math
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psutil
import uvloop
from aiohttp import ClientSession
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from server.auth import SESSION, Person, Role, Tokens
from server.rooms.pose import Hand, Pose, encode
from tests.server.rooms.house import BOUNDS, SECRET

WARM_SECONDS = 1.0
SAMPLE = 16  # the latency of every so many updates is kept
ENTRY = 30  # bytes of one avatar with hands in a frame, its index included
ANNOUNCEMENT = b'451-["pose",{"_placeholder":true,"num":0}]'


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass
class Tally:
    """What was delivered while `on`; an update is one avatar's pose delivered to one client."""

    on: bool = False
    sent: int = 0
    updates: int = 0
    own: int = 0  # of the updates, those about the receiver
    received_bytes: int = 0  # websocket frames, headers included
    latencies: list[int] = field(default_factory=list)  # milliseconds


class Client(WSListener):
    def __init__(self, tally: Tally, auth: dict[str, str]) -> None:
        self.tally = tally
        self.auth = auth
        self.index: int | None = None
        self.welcomed = asyncio.get_running_loop().create_future()
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError("refused"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if self.tally.on:
            self.tally.received_bytes += len(data) + (2 if len(data) < 126 else 4)
        if frame.msg_type == WSMsgType.BINARY:
            self.count(data)
        elif data == b"2":
            transport.send(WSMsgType.TEXT, b"3")
        elif data[:1] == b"0":
            transport.send(WSMsgType.TEXT, b"40" + json.dumps(self.auth).encode())
        elif data.startswith(b'42["welcome"'):
            self.index = json.loads(data[2:])[1]["you"]["index"]
            self.welcomed.set_result(None)

    def count(self, data: bytes) -> None:
        tally = self.tally
        if not tally.on:
            return
        # The relay sends index and pose, a room its time and then as many of these as moved.
        start = 0 if len(data) == ENTRY else 4
        for at in range(start, len(data), ENTRY):
            tally.updates += 1
            tally.own += data[at] == self.index
            if tally.updates % SAMPLE == 0:
                sent = data[at + 2] | data[at + 3] << 8
                tally.latencies.append((now_ms() - sent) & 0xFFFF)

    async def move(self, hz: float, seconds: float) -> None:
        """Walk in a circle, at one's own moment within the period."""
        assert self.transport is not None
        loop = asyncio.get_running_loop()
        start = loop.time() + random.random() / hz
        for step in range(int(seconds * hz)):
            await asyncio.sleep(start + step / hz - loop.time())
            turn = step / 40 + (self.index or 0)
            hand = Hand((0.2, -0.3, -0.3 + 0.1 * math.sin(turn)))
            place = (3 * math.cos(turn), 1.6, 3 * math.sin(turn))
            pose = Pose(now_ms() & 0xFFFF, place, left=hand, right=hand)
            self.transport.send(WSMsgType.TEXT, ANNOUNCEMENT)
            self.transport.send(WSMsgType.BINARY, encode(pose, BOUNDS))
            self.tally.sent += self.tally.on


async def tickets(url: str, count: int) -> list[dict[str, str]]:
    tokens = Tokens(SECRET)
    found = []
    async with ClientSession() as http:
        for number in range(count):
            person = Person(f"p{number}", f"Person {number}", Role.SHOPPER)
            session = tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))
            headers = {"Authorization": f"Bearer {session}"}
            async with http.post(f"{url}/api/showrooms/demo/join", headers=headers) as answer:
                found.append({"ticket": (await answer.json())["ticket"]})
    return found


async def run(options: argparse.Namespace) -> None:
    server = psutil.Process(options.pid)
    empty = server.memory_info().rss
    tally = Tally()
    auths = [{}] * options.clients
    if options.tickets:
        auths = await tickets(options.url, options.clients)
    address = options.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    clients = []
    for auth in auths:
        client = Client(tally, auth)
        await ws_connect(lambda client=client: client, address)
        await client.welcomed
        clients.append(client)
    whole = options.seconds + WARM_SECONDS
    moving = [asyncio.create_task(client.move(options.hz, whole + 0.5)) for client in clients]
    await asyncio.sleep(WARM_SECONDS)
    before, began = server.cpu_times(), time.perf_counter()
    tally.on = True
    await asyncio.sleep(options.seconds)
    tally.on = False
    after, took = server.cpu_times(), time.perf_counter() - began
    await asyncio.gather(*moving)
    full = server.memory_info().rss
    for client in clients:
        assert client.transport is not None
        client.transport.send_close()
        client.transport.disconnect()
    print(
        json.dumps(
            {
                "cpu_ms": ((after.user - before.user) + (after.system - before.system)) * 1000,
                "seconds": took,
                "sent": tally.sent,
                "updates": tally.updates,
                "own": tally.own,
                "bytes": tally.received_bytes,
                "latencies": sorted(tally.latencies),
                "rss_per_client": (full - empty) / options.clients,
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("pid", type=int)
    parser.add_argument("--tickets", action="store_true")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--hz", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=6)
    uvloop.run(run(parser.parse_args()))
