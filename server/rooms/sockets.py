"""Rooms over Socket.IO: connections, their messages, and the timers that drive a room."""

import asyncio
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from server.errors import InternalError, Unavailable, VitrineError
from server.rooms import wire as wires
from server.rooms.acts import act
from server.rooms.connection import MESSAGES_PER_SECOND, Connection
from server.rooms.gate import CONNECT_SECONDS, Gate
from server.rooms.lane import Lane
from server.rooms.messages import (
    Auth,
    Box,
    CartSet,
    Change,
    Done,
    Filled,
    MalformedMessage,
    OrderChanged,
    SetCart,
    TooManyMessages,
    Welcome,
    You,
    read_message,
)
from server.rooms.open_rooms import Live
from server.rooms.service import Carts, RoomHub
from server.rooms.wire import WIRE

log = structlog.get_logger()

SWEEP_SECONDS: Final = 0.5  # between looks at leases and seats
KEEP_SECONDS: Final = 1.0  # what a crash may lose of the objects' places
GOLDEN: Final = 0.618034  # its multiples spread best: the phases of rooms


class Retry(Unavailable):
    detail = "The server is closing or lost this connection; connect again."


class Sockets:
    """The only part of rooms that awaits a client."""

    def __init__(
        self,
        hub: RoomHub,
        carts: Carts,
        *,
        fast: bool = True,
        origins: str | list[str] | None = None,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.hub = hub
        self.carts = carts
        self.fast = fast and wires.works()
        self.gate = Gate(
            self._on_event,
            self._on_connected,
            fast=self.fast,
            origins=origins,
            connect_seconds=connect_seconds,
        )
        self.gate.on("connect", self._on_connect)
        self.gate.on("disconnect", self._on_disconnect)
        self.loop: asyncio.AbstractEventLoop
        self._connections: dict[str, Connection] = {}  # by engineio's id
        self._owners: dict[str, Connection] = {}  # by avatar: the latest connection has it
        self._lanes: dict[str, Lane] = {}  # by room, while somebody is in it
        self._timers: list[asyncio.Task[None]] = []
        hub.listen(self._tell_person)

    # ---- life ----

    async def start(self) -> None:
        """On the server's loop, before the first client."""
        self.loop = asyncio.get_running_loop()
        timers = (self.gate.pump(), self._sweep(), self._keep())
        self._timers = [self.loop.create_task(timer) for timer in timers]

    async def close(self) -> None:
        """End all connections and store what has changed. Call it on the app's shutdown."""
        await self.gate.close()
        for lane in self._lanes.values():
            lane.close()
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        await self.hub.keeper.keep()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            # engineio tells no disconnect of a socket that ended while it was being connected.
            for connection in list(self._connections.values()):
                if not self.gate.alive(connection.eio_sid):
                    self._gone(connection)
            for live, changes in self.hub.sweep():
                self._tell(live, changes)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self.hub.keeper.keep()
            except Exception:  # storage is away: what is unsaved stays so until it is back
                log.exception("rooms.not_kept")

    # ---- coming and going ----

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        connection: Connection | None = None
        try:
            admission = await self.hub.admissions.admit(msgspec.convert(auth or {}, Auth))
            eio_sid = self.gate.manager.eio_sid_from_sid(sid, "/")
            connection = Connection(self.gate, eio_sid, environ[WIRE], admission, self.loop.time)
            self._own(connection)
            connection.cart = await self.carts.get(admission.seat.person)
        except msgspec.ValidationError as error:
            raise refused(MalformedMessage(reason=f"In `auth`: {error}.")) from error
        except VitrineError as error:
            self._gone(connection)
            raise refused(error) from error
        except Exception as error:
            log.exception("socket.connect_failed")
            self._gone(connection)
            raise refused(InternalError()) from error

    def _own(self, connection: Connection) -> None:
        """The avatar is this connection's from now on; a former one, half dead, lets go."""
        former = self._owners.get(connection.avatar_id)
        self._owners[connection.avatar_id] = connection
        self._connections[connection.eio_sid] = connection
        if former is not None:
            self._detach(former)
            former.drop("taken-over")

    def _on_connected(self, eio_sid: str) -> None:
        connection = self._connections.get(eio_sid)
        if connection is None or connection.lane is not None:
            return
        live = connection.admission.live
        changes = self.hub.admissions.enter(connection.admission)
        lane = connection.lane = self._lane(live)
        self.gate.post([eio_sid], self._welcome(connection))
        self._tell(live, changes)
        lane.listeners.append(connection)
        connection.wire.on_pose = connection.on_pose
        lane.wake()

    def _welcome(self, connection: Connection) -> Welcome:
        admission = connection.admission
        room, you = admission.live.room, admission.avatar
        return Welcome(
            room=room.id,
            rev=room.rev,
            you=You(you.id, you.index, you.name, you.role, you.color),
            bounds=Box(room.company.bounds.min, room.company.bounds.max),
            tick_hz=self.hub.tick_hz,
            server_time=self.hub.now() * 1000,
            resume=self.hub.admissions.resume_token(admission),
            avatars=[avatar for avatar in room.company.avatars.values() if avatar.id != you.id],
            objects=room.objects.views(),
            cart=connection.cart,
        )

    def _on_disconnect(self, sid: str, reason: str) -> None:
        eio_sid = self.gate.manager.eio_sid_from_sid(sid, "/")
        self._gone(self._connections.get(eio_sid))
        self.gate.expect_connect(eio_sid)

    def _gone(self, connection: Connection | None) -> None:
        if connection is None:
            return
        self._detach(connection)
        if self._owners.get(connection.avatar_id) is connection:
            del self._owners[connection.avatar_id]
            self._tell(connection.admission.live, self.hub.admissions.leave(connection.admission))

    def _detach(self, connection: Connection) -> None:
        """Nothing more from it, nothing more to it."""
        connection.wire.on_pose = None
        self._connections.pop(connection.eio_sid, None)
        room = connection.admission.live.room.id
        lane = self._lanes.get(room)
        if lane is not None and connection in lane.listeners:
            lane.listeners.remove(connection)
            if not lane.listeners:
                lane.close()
                del self._lanes[room]

    # ---- messages ----

    async def _on_event(
        self, eio_sid: str, name: Any, payloads: list[Any]
    ) -> dict[str, Any] | None:
        connection = self._connections.get(eio_sid)
        payload = payloads[0] if len(payloads) == 1 else None
        try:
            if connection is None or connection.lane is None:
                raise Retry(retry_after=1)
            if name == "pose" and isinstance(payload, bytes):
                connection.on_pose(payload)
                return None
            done = await self._act(connection, name, payload)
        except VitrineError as error:
            return {"ok": False, "error": error.problem()}
        except Exception:
            log.exception("message.failed", message=str(name)[:40])
            return {"ok": False, "error": InternalError().problem()}
        answer: dict[str, Any] = msgspec.to_builtins(done)
        return answer

    async def _act(self, connection: Connection, name: Any, payload: Any) -> Done:
        if not connection.messages.take(self.loop.time()):
            raise TooManyMessages(limit=MESSAGES_PER_SECOND)
        live = connection.admission.live
        message = read_message(name, payload)
        if isinstance(message, SetCart):
            lines = msgspec.to_builtins(message.lines)
            cart = await self.carts.replace(connection.admission.seat.person, lines)
            return Filled(live.room.rev, cart=cart)
        changes, done = act(live.room, connection.avatar_id, message, self.hub.now())
        self._tell(live, changes)
        return done

    # ---- telling ----

    def _lane(self, live: Live) -> Lane:
        lane = self._lanes.get(live.room.id)
        if lane is None:
            phase = live.number * GOLDEN % 1
            lane = Lane(live.room, self.hub.tick_hz, phase, self._milliseconds, self.fast)
            self._lanes[live.room.id] = lane
        return lane

    def _tell(self, live: Live, changes: list[Change]) -> None:
        lane = self._lanes.get(live.room.id)
        if lane is not None:
            eio_sids = [listener.eio_sid for listener in lane.listeners]
            for change in changes:
                self.gate.post(eio_sids, change)

    def _tell_person(self, person_id: str, event: str, body: dict[str, Any]) -> None:
        own = [c.eio_sid for c in self._connections.values() if c.person_id == person_id]
        if own:
            self.gate.post(own, msgspec.convert(body, PERSONAL[event]))

    def _milliseconds(self) -> int:
        return int(self.hub.now() * 1000)


PERSONAL: Final[dict[str, type[CartSet | OrderChanged]]] = {"cart": CartSet, "order": OrderChanged}


def refused(error: VitrineError) -> Refused:
    """As the client's `connect_error`: message and data."""
    return Refused(error.title, error.problem())


def attach(app: web.Application, hub: RoomHub, carts: Carts, **options: Any) -> Sockets:
    """Serve rooms at /socket.io/; the caller calls `start()` and `close()` (on shutdown).

    Options: `fast` (False: poses take the plain path), `origins` (of pages on other hosts; None:
    the same origin only), `connect_seconds`.
    """
    sockets = Sockets(hub, carts, **options)
    sockets.gate.attach(app)
    return sockets
