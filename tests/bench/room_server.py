"""The two servers that `bench_rooms` compares: our rooms, and a stock relay."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import socketio
import uvloop
from aiohttp import web

from server.storage.embedded import EmbeddedStore
from tests.server.rooms.house import opened

AVATARS = 10  # in one room


async def rooms(fast: bool) -> None:
    """The real classes on the real store: seats by ticket, poses by the lane."""
    with tempfile.TemporaryDirectory() as folder:
        store = await EmbeddedStore.open(Path(folder) / "bench.db", ())
        async with opened(store, {"fast": fast}, capacity=AVATARS) as house:
            if house.sockets.fast != fast:
                raise SystemExit("The fast lane does not work on these versions.")
            await serve_until_closed(house.url)
        await store.close()


async def relay() -> None:
    """What one writes first: every pose is emitted to the others in the room."""
    sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
    seats: dict[str, tuple[str, bytes]] = {}
    newcomers = iter(range(10**9))

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        number = next(newcomers)
        room, index = f"room-{number // AVATARS}", number % AVATARS
        seats[sid] = (room, bytes((index,)))
        await sio.enter_room(sid, room)
        sio.start_background_task(sio.emit, "welcome", {"you": {"index": index}}, to=sid)

    async def pose(sid: str, data: bytes) -> None:
        room, index = seats[sid]
        await sio.emit("pose", index + data, room=room, skip_sid=sid)

    sio.on("connect", connect)
    sio.on("pose", pose)
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await serve_until_closed(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await sio.shutdown()
    await runner.cleanup()


async def serve_until_closed(url: str) -> None:
    """Say where, then wait for the end of standard input."""
    print(json.dumps({"url": url}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    kinds = {"rooms": lambda: rooms(True), "plain": lambda: rooms(False), "relay": relay}
    uvloop.run(kinds[sys.argv[1]]())
