"""Pings for all connections from one task, which also ends those that do not answer.

engineio keeps a sleeping task for each connection, which is 1.1 KB, wakes another one for each
connection and ping to see whether an answer came, and hands ping and answer through its queues: at
1,000 connections that was a tenth of all that the server did. Here a connection is a place in a
line of those that are due, which all wait for the same time; on the fast lane a ping is written
past the queues, and its answer taken before them (intake.py).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError

from server.rooms.wire import PING, Wire

PING_SECONDS: Final = 5
ANSWER_SECONDS: Final = 5  # from a ping to its answer, or it is gone
GRAIN_SECONDS: Final = 0.25
NEVER_SECONDS: Final = 366 * 86400.0


class Pings:
    """The lines. `run` pings until it is cancelled; `on_silence` is told the engineio id of a
    connection that did not answer."""

    def __init__(self, on_silence: Callable[[str], None]) -> None:
        self._due: deque[tuple[float, PingedSocket]] = deque()
        self._asked: deque[tuple[float, PingedSocket]] = deque()  # and when
        self._on_silence = on_silence

    def adopt(self, socket: Any, wire: Wire | None) -> None:
        """The pings of an engineio socket come from here. With a `wire`, by way of it."""
        socket.__class__ = PingedSocket
        socket.server = Patient(socket.server)
        socket.pings, socket.wire = self, wire

    def expect(self, socket: "PingedSocket") -> None:
        """It has just come, or answered: ping it in PING_SECONDS."""
        self._due.append((asyncio.get_running_loop().time() + PING_SECONDS, socket))

    async def run(self) -> None:
        """For as long as the server runs."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(GRAIN_SECONDS)
            now = loop.time()
            while self._due and self._due[0][0] <= now:
                self._ping(self._due.popleft()[1], now)
            while self._asked and self._asked[0][0] <= now - ANSWER_SECONDS:
                asked, socket = self._asked.popleft()
                if socket.last_ping == asked and not socket.closed:
                    self._on_silence(socket.sid)

    def _ping(self, socket: "PingedSocket", now: float) -> None:
        if socket.closing or socket.closed:
            return
        socket.last_ping = now
        self._asked.append((now, socket))
        if socket.wire is None or socket.wire.queued:
            socket.queue.put_nowait(packet.Packet(packet.PING))
        else:
            socket.wire.on_pong = socket.schedule_ping
            socket.wire.write(PING)


class PingedSocket(AsyncSocket):  # type: ignore[misc]
    """engineio makes its sockets itself and leaves no way to give it a class of one's own."""

    pings: Pings
    wire: Wire | None
    last_ping: float | None  # of the loop's clock, once one was sent; None: it was answered

    async def check_ping_timeout(self) -> bool:
        """engineio asks before it sends. Who did not answer is judged in `run` alone."""
        if self.closed:
            raise SocketIsClosedError
        return True

    def schedule_ping(self) -> None:
        """Called for each pong, and once at first; one that nobody asked for means nothing."""
        if self.last_ping:
            self.last_ping = None
            if self.wire is not None:
                self.wire.on_pong = None
            self.pings.expect(self)


class Patient:
    """engineio's server, as a connection sees it: neither its reader nor its writer ends because
    there was nothing to do, now that pings may pass them by."""

    ping_interval = NEVER_SECONDS

    def __init__(self, server: Any) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)
