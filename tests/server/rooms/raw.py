"""A websocket without a Socket.IO library, to say what no library would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from server.auth import Person, Role
from tests.server.rooms.house import PATIENCE, House


class RawSocket:
    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        self.websocket = websocket
        self.closed_with: int | None = None

    async def send(self, *frames: str | bytes) -> None:
        for frame in frames:
            if isinstance(frame, str):
                await self.websocket.send_str(frame)
            else:
                await self.websocket.send_bytes(frame)

    async def hears(self, start: str) -> Any:
        """The JSON in the first frame that starts so; answers pings meanwhile."""
        async with asyncio.timeout(PATIENCE):
            async for frame in self.websocket:
                if frame.type is WSMsgType.TEXT:
                    if frame.data == "2":
                        await self.send("3")
                    if frame.data.startswith(start):
                        return msgspec.json.decode(frame.data.lstrip("0123456789") or "null")
        raise ConnectionError(f"closed with {self.websocket.close_code} before {start!r}")

    async def ends(self) -> int | None:
        """Waits until the server closed; answers the websocket's close code."""
        async with asyncio.timeout(2 * PATIENCE):
            async for frame in self.websocket:
                if frame.data == "1":
                    await self.websocket.close()
        return self.websocket.close_code


@asynccontextmanager
async def dialled(house: House) -> AsyncIterator[RawSocket]:
    """Engine.IO stands, the namespace is not joined."""
    async with (
        ClientSession() as http,
        http.ws_connect(f"{house.url}/socket.io/?EIO=4&transport=websocket", autoping=True) as ws,
    ):
        socket = RawSocket(ws)
        await socket.hears("0")
        yield socket


@asynccontextmanager
async def entered(house: House, name: str = "Mallory") -> AsyncIterator[RawSocket]:
    """In a room, welcomed."""
    person = Person(name.lower(), name, Role.SHOPPER)
    ticket = (await house.ticket(person))["ticket"]
    async with dialled(house) as socket:
        await socket.send('40{"ticket":"' + ticket + '"}')
        await socket.hears('42["welcome",')
        yield socket
