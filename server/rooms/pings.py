"""Pings for all connections from one task.

engineio keeps a sleeping task for each connection, which is 1.1 KB; here a connection is a place in
a line of those that are due, which all wait for the same time.
"""

import asyncio
import time
from collections import deque
from typing import Any, Final

from engineio import packet
from engineio.async_socket import AsyncSocket

PING_SECONDS: Final = 5
GRAIN_SECONDS: Final = 0.25


class Pings:
    """The line. `run` pings until it is cancelled."""

    def __init__(self) -> None:
        self._line: deque[tuple[float, PingedSocket]] = deque()

    def adopt(self, socket: Any) -> None:
        """After its first ping, which engineio has begun, those of an engineio socket come from
        here."""
        socket.__class__ = PingedSocket
        socket.pings = self

    def expect(self, socket: "PingedSocket") -> None:
        """The connection answered: ping it again in PING_SECONDS."""
        self._line.append((asyncio.get_running_loop().time() + PING_SECONDS, socket))

    async def run(self) -> None:
        """For as long as the server runs."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(GRAIN_SECONDS)
            while self._line and self._line[0][0] <= loop.time():
                self._ping(self._line.popleft()[1])

    def _ping(self, socket: "PingedSocket") -> None:
        if not socket.closing and not socket.closed:
            socket.last_ping = time.time()
            socket.queue.put_nowait(packet.Packet(packet.PING))


class PingedSocket(AsyncSocket):  # type: ignore[misc]
    """engineio makes its sockets itself and leaves no way to give it a class of one's own."""

    pings: Pings
    last_ping: float | None  # seconds since 1970, while it is not answered

    def schedule_ping(self) -> None:
        """engineio calls it for each pong; one that nobody asked for means nothing."""
        if self.last_ping:
            self.last_ping = None
            self.pings.expect(self)
