"""A guest at the far end of a real websocket, who can be cut off in any way."""

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from server.auth import Person
from tests.chaos.lines import Guest
from tests.server.rooms.house import House

LONG = 60.0  # seconds
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: a reset instead of a goodbye


async def settled(seen: Callable[[], Any]) -> None:
    """Waits for it, on a machine that may be busy; TimeoutError after LONG."""
    async with asyncio.timeout(LONG):
        while not seen():  # noqa: ASYNC110 - the server has no event for a test to await
            await asyncio.sleep(0.01)


class RealGuest:
    """Raw frames below, and above somebody who believes what they are told."""

    def __init__(self, house: House, http: ClientSession, person: Person) -> None:
        self.house, self.http = house, http
        self.guest = Guest(person)
        self.websocket: ClientWebSocketResponse | None = None
        self.answers: list[Any] = []
        self.acks: set[int] = set()  # numbers of the messages that were answered
        self.refused: str = ""
        self.fault: Exception | None = None  # what was heard and cannot be
        self.lines: list[ClientWebSocketResponse] = []  # all that were ever dialled
        self._reading: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self.websocket is not None and not self.websocket.closed

    async def enter(self) -> None:
        ticket = await self.house.hub.ways.join("demo", self.guest.person, self.house.url)
        await self.dial({"ticket": ticket.ticket})

    async def dial(self, auth: dict[str, Any]) -> None:
        """Until the room has told where one is, refused (`refused` says why), or hung up."""
        url = f"{self.house.url}/socket.io/?EIO=4&transport=websocket"
        self.websocket = await self.http.ws_connect(url)
        self.lines.append(self.websocket)
        self.refused = ""
        told = self.guest.snapshots + self.guest.replays
        self._reading = asyncio.create_task(self._read(self.websocket))
        await self.send("40" + msgspec.json.encode(auth).decode())
        await settled(
            lambda: (
                not self.connected
                or self.refused
                or self.guest.snapshots + self.guest.replays > told
            )
        )

    async def send(self, *frames: str | bytes) -> None:
        assert self.websocket is not None
        with suppress(ConnectionError):
            for frame in frames:
                if isinstance(frame, str):
                    await self.websocket.send_str(frame)
                else:
                    await self.websocket.send_bytes(frame)

    async def cut(self, how: str) -> None:
        """`reset`, `close`, `goodbye` (of the namespace), or `silence`: the line stays open."""
        assert self.websocket is not None
        if self._reading is not None:
            self._reading.cancel()
        if how == "reset":
            kernel = self.websocket.get_extra_info("socket")
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            self.websocket._response.close()
        elif how == "close":
            await asyncio.wait_for(self.websocket.close(), LONG)
        elif how == "goodbye":
            await self.send("41")
            await asyncio.wait_for(self.websocket.close(), LONG)
        self.websocket = None

    def close(self) -> None:
        """All lines, without a word."""
        for line in self.lines:
            line._response.close()

    async def _read(self, websocket: ClientWebSocketResponse) -> None:
        try:
            await self._hear(websocket)
        except Exception as error:
            self.fault = error
            raise

    async def _hear(self, websocket: ClientWebSocketResponse) -> None:
        async for frame in websocket:
            if frame.type is not WSMsgType.TEXT:
                continue
            text = frame.data
            if text == "2":
                await self.send("3")
            elif text.startswith("44"):
                named = re.search(r'"type":"([a-z-]+)"', text)
                self.refused = named[1] if named else text
            elif text.startswith("43"):
                answer = text[2:].lstrip("0123456789")
                self.acks.add(int(text[2 : len(text) - len(answer)] or -1))
                self.answers.append(msgspec.json.decode(answer))
            elif text.startswith("42"):
                self.guest.hear(*msgspec.json.decode(text[2:]))
