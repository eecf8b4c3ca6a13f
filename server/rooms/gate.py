"""python-socketio's server, with every packet checked before it acts.

Overrides private methods of exactly pinned versions, for what the public ones leave open: a client
may emit `connect` and `disconnect` as events, announce attachments without end, send packets whose
parsing raises, or never join the namespace; and nothing may be sent before CONNECT is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import engineio.packet
import socketio
import structlog
from aiohttp import web
from socketio import packet as packets

from server.errors import VitrineError
from server.rooms.messages import MAX_BYTES, Down, MalformedMessage, Problem, body_of, event_of
from server.rooms.pings import ANSWER_SECONDS, PING_SECONDS, Pings
from server.rooms.wire import WIRE, Wire, attach_driver, text_frame

log = structlog.get_logger()

CONNECT_SECONDS: Final = 5.0  # to join the namespace after the websocket stands
CLOSE_SECONDS: Final = 2.0  # for a close to be heard before the connection is cut
CLOSE_POLLS: Final = 40
# What a client has not taken: beyond, it is let go. Poses are left out long before.
MAX_WAITING: Final = 512  # messages in engineio's queue
MAX_WAITING_BYTES: Final = 256 * 1024

UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class Gate(socketio.AsyncServer):  # type: ignore[misc]
    """`on_event(eio_sid, name, payloads)` answers every event; `on_connected(eio_sid)` follows
    an accepted CONNECT; both run in the order of the client's packets. `allow(request)` may refuse
    a websocket by raising a VitrineError."""

    def __init__(
        self,
        on_event: Callable[[str, Any, list[Any]], Awaitable[dict[str, Any] | None]],
        on_connected: Callable[[str], None],
        *,
        fast: bool,
        origins: str | list[str] | None,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,
            transports=["websocket"],
            ping_interval=PING_SECONDS,
            ping_timeout=ANSWER_SECONDS,
            monitor_clients=False,  # pings.py does
            max_http_buffer_size=MAX_BYTES,
            cors_allowed_origins=origins,
        )
        attach_driver(self.eio, fast)
        self.pings = Pings(lambda eio_sid: self.drop(eio_sid, "silent"))
        self._fast = fast
        self._on_event = on_event
        self._on_connected = on_connected
        self._connect_seconds = connect_seconds
        self.allow: Callable[[web.Request], None] = lambda _: None
        self._outbox: asyncio.Queue[tuple[list[str], list[engineio.packet.Packet]]] = (
            asyncio.Queue()
        )
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- out ----

    def post(self, eio_sids: list[str], message: Down) -> None:
        """Send an event, encoded once, in the order of the calls."""
        self.post_text(eio_sids, encode(message))

    def post_text(self, eio_sids: list[str], text: str) -> None:
        """Send what `encode` made, in the order of the calls.

        At once, unless something for the same client is still on its way through engineio.
        """
        frame = text_frame(text) if self._fast else b""
        waiting = []
        for eio_sid in eio_sids:
            wire = self._wire(eio_sid)
            if wire is None or self._slow(eio_sid, wire, len(text)):
                continue
            if frame and not wire.queued:
                wire.write(frame)
            else:
                wire.queue(len(text))
                waiting.append(eio_sid)
        if waiting:
            self._outbox.put_nowait((waiting, [message_packet(text)]))

    def post_binary(self, eio_sid: str, event: str, data: bytes) -> None:
        """Send a binary event through the plain path."""
        wire = self._wire(eio_sid)
        if wire is None or self._slow(eio_sid, wire, len(data)):
            return
        parts = self.packet_class(packets.EVENT, data=[event, data]).encode()
        for part in parts:
            wire.queue(len(part))
        self._outbox.put_nowait(([eio_sid], [message_packet(part) for part in parts]))

    def _wire(self, eio_sid: str) -> Wire | None:
        """Of a connection that is not about to end."""
        wire: Wire | None = self.environ.get(eio_sid, {}).get(WIRE)
        return None if wire is None or wire.ending or not self.alive(eio_sid) else wire

    def _slow(self, eio_sid: str, wire: Wire, size: int) -> bool:
        """Whether it has too much before it already; then it is let go."""
        size += wire.queued_bytes + wire.waiting_bytes
        if size <= MAX_WAITING_BYTES and wire.queued <= MAX_WAITING:
            return False
        self.drop(eio_sid, "slow-reader")
        return True

    def refuse(self, eio_sid: str, error: VitrineError) -> None:
        """Say why, then end the connection."""
        self.post([eio_sid], Problem(error.problem()))
        self.drop(eio_sid, error.type)

    def drop(self, eio_sid: str, reason: str) -> None:
        """End a connection: politely, and after a moment in any case."""
        wire = self.environ.get(eio_sid, {}).get(WIRE)
        if wire is not None:
            if wire.ending:
                return
            wire.ending = True
        log.info("socket.dropped", eio_sid=eio_sid, reason=reason)
        task = asyncio.get_running_loop().create_task(self._drop(eio_sid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def alive(self, eio_sid: str) -> bool:
        """Whether engineio still has it, and not about to close."""
        socket = self.eio.sockets.get(eio_sid)
        return socket is not None and not socket.closing and not socket.closed

    def forget_ended(self) -> None:
        """Sockets that ended while nobody looked, as engineio's own watch over them would do."""
        for eio_sid in [id for id, socket in self.eio.sockets.items() if socket.closed]:
            del self.eio.sockets[eio_sid]

    async def pump(self) -> None:
        """Hand what was posted to engineio, for as long as the server runs."""
        while True:
            eio_sids, parts = await self._outbox.get()
            for eio_sid in eio_sids:
                try:
                    await self._hand_over(eio_sid, parts)
                except Exception as error:  # one that ends just now must not silence the others
                    if (wire := self._wire(eio_sid)) is not None:
                        for part in parts:
                            wire.unqueue(len(part.data))
                    log.info("socket.not_told", eio_sid=eio_sid, error=repr(error))
            self._outbox.task_done()

    async def _hand_over(self, eio_sid: str, parts: list[engineio.packet.Packet]) -> None:
        if not self.alive(eio_sid):
            return
        for part in parts:
            await self.eio.send_packet(eio_sid, part)

    async def close(self) -> None:
        """Say what is left to say, then end every connection."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.join(), CLOSE_SECONDS)
        wires = [environ[WIRE] for environ in self.environ.values()]
        await asyncio.gather(*(self._drop(eio_sid) for eio_sid in list(self.eio.sockets)))
        await asyncio.gather(*self._tasks)
        await self.shutdown()
        for _ in range(CLOSE_POLLS):
            if all(wire.closed for wire in wires):
                return
            await asyncio.sleep(CLOSE_SECONDS / CLOSE_POLLS)
        for wire in wires:
            wire.cut()

    async def _drop(self, eio_sid: str) -> None:
        wire: Wire = self.environ.get(eio_sid, {}).get(WIRE) or Wire()
        wire.on_pose = None
        await asyncio.sleep(0)  # let the pump send the reason first
        if self.alive(eio_sid):
            await self.eio.sockets[eio_sid].close(
                wait=False, reason=self.eio.reason.SERVER_DISCONNECT
            )

    # ---- in: overrides ----

    def expect_connect(self, eio_sid: str) -> None:
        """A websocket without the namespace is of no use: end it unless it connects soon."""
        loop = asyncio.get_running_loop()
        loop.call_later(self._connect_seconds, self._expect_connected, eio_sid)

    def expect_gone(self, eio_sid: str) -> None:
        """Its client has nothing more to say: end it unless it goes by itself, which it does with
        less ado."""
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS, self._expect_gone, eio_sid)

    def _expect_gone(self, eio_sid: str) -> None:
        if self.alive(eio_sid):
            self.drop(eio_sid, "left")

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> str | None:
        try:
            self.allow(environ["aiohttp.request"])
        except VitrineError as error:
            return error.message  # engineio answers 401 with it
        environ[WIRE] = Wire(on_end=lambda: self._ended(eio_sid))
        await super()._handle_eio_connect(eio_sid, environ)
        self.pings.adopt(self.eio.sockets[eio_sid], environ[WIRE] if self._fast else None)
        self.expect_connect(eio_sid)
        return None

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        """Whatever ended it, who stays on the line after that is cut off: nothing they say has a
        meaning now, and engineio's reader would wait for them."""
        wire: Wire | None = self.environ.get(eio_sid, {}).get(WIRE)
        if wire is not None:
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, wire.cut)
        await super()._handle_eio_disconnect(eio_sid, reason)

    def _ended(self, eio_sid: str) -> None:
        if self.alive(eio_sid):
            self.drop(eio_sid, "ended")

    def _expect_connected(self, eio_sid: str) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if self.alive(eio_sid) and not self.manager.is_connected(sid, "/"):
            self.drop(eio_sid, "never-connected")

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            if eio_sid in self._binary_packet and not isinstance(data, bytes):
                raise ValueError("text where an attachment was announced")
            await super()._handle_eio_message(eio_sid, data)
            waiting = self._binary_packet.get(eio_sid)
            if waiting is not None and waiting.attachment_count != 1:
                raise ValueError("one attachment at most")
        except UNREADABLE as error:
            self._binary_packet.pop(eio_sid, None)
            reason = f"This is no Socket.IO packet that is used here ({type(error).__name__})."
            self.refuse(eio_sid, MalformedMessage(reason=reason))

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if self.alive(eio_sid) and self.manager.is_connected(sid, "/"):
            self._lighten(eio_sid)
            self._on_connected(eio_sid)

    def _lighten(self, eio_sid: str) -> None:
        """Forget the headers of the handshake, which engineio keeps for as long as it lasts."""
        environ = self.environ[eio_sid]
        kept = {key: environ[key] for key in (WIRE, "aiohttp.request")}
        environ.clear()
        environ.update(kept)

    async def _send_packet(self, eio_sid: str, pkt: Any) -> None:
        """CONNECT, and refusals of it: through engineio, so that its own greeting is first."""
        text = pkt.encode()
        wire = self.environ.get(eio_sid, {}).get(WIRE)
        if wire is not None:
            wire.queue(len(text))
        await self.eio.send(eio_sid, text)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: Any, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if not self.manager.is_connected(sid, namespace or "/"):
            return
        if not isinstance(data, list) or not data:
            raise ValueError("an event is a list with its name first")
        answer = await self._on_event(eio_sid, data[0], data[1:])
        if answer is None:
            return
        if id is not None:
            ack = self.packet_class(packets.ACK, namespace=namespace, id=id, data=[answer])
            self.post_text([eio_sid], str(ack.encode()))
        elif not answer["ok"]:
            self.post([eio_sid], Problem(answer["error"]))


def encode(message: Down) -> str:
    """The event as the text of a Socket.IO packet."""
    data = [event_of(message), body_of(message)]
    return str(packets.Packet(packets.EVENT, data=data).encode())


def message_packet(part: str | bytes) -> engineio.packet.Packet:
    """A Socket.IO packet's part as an Engine.IO packet, to be shared between recipients."""
    return engineio.packet.Packet(engineio.packet.MESSAGE, part)
