"""Rooms over Socket.IO: connections, their messages, and the timers that drive a room."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from server.errors import Forbidden, InternalError, Unavailable, VitrineError
from server.middleware import AWAY, away
from server.rooms import compiled
from server.rooms import wire as wires
from server.rooms.acts import ACTS, GUARDS, Act, Ending, Moment, Outcome, merged
from server.rooms.connection import Connection
from server.rooms.directory import RoomMoving
from server.rooms.gate import CONNECT_SECONDS, Gate, encode
from server.rooms.greeting import greet
from server.rooms.lanes import Lanes
from server.rooms.limits import Budgets
from server.rooms.listener import Listener
from server.rooms.messages import (
    UP,
    Auth,
    CartSet,
    Change,
    Done,
    Filled,
    MalformedMessage,
    OrderChanged,
    Passed,
    SetCart,
    UnknownMessage,
    Up,
    read_message,
)
from server.rooms.messages.nodes import Relocated
from server.rooms.open_rooms import Live
from server.rooms.role import ALL
from server.rooms.seats import MovedAway
from server.rooms.service import Carts, RoomHub
from server.rooms.wire import WIRE

log = structlog.get_logger()

SWEEP_SECONDS: Final = 0.5  # between looks at leases and seats
KEEP_SECONDS: Final = 1.0  # what a crash may lose of the objects' places


class Retry(Unavailable):
    detail = "The server is closing or lost this connection; connect again."


class Sockets:
    """The only part of rooms that awaits a client."""

    def __init__(
        self,
        hub: RoomHub,
        carts: Carts,
        *,
        later: Mapping[type[Up], Act] | None = None,
        budgets: Budgets | None = None,
        fast: bool = True,
        origins: str | list[str] | None = None,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.hub = hub
        self.carts = carts
        own: dict[type[Up], Act] = {SetCart: Act(self._fill_cart, ALL, Filled)}
        self.acts = merged((ACTS, own, hub.admissions.acts(), later or {}))
        self.budgets = budgets or Budgets()
        self.fast = fast and wires.works()
        self.gate = Gate(
            self._on_event,
            self._on_connected,
            fast=self.fast,
            origins=origins,
            connect_seconds=connect_seconds,
        )
        self.lanes = Lanes(hub, self.fast)
        self.gate.on("connect", self._on_connect)
        self.gate.on("disconnect", self._on_disconnect)
        self.loop: asyncio.AbstractEventLoop
        self._connections: dict[str, Connection] = {}  # by engineio's id
        self._owners: dict[str, Connection] = {}  # by avatar: the latest connection has it
        self._timers: list[asyncio.Task[None]] = []
        hub.listen(self._tell_person)

    # ---- life ----

    async def start(self) -> None:
        """On the server's loop, before the first client."""
        self.loop = asyncio.get_running_loop()
        if compiled.native is None:
            log.info("rooms.lane_not_compiled", why=compiled.why_not)
        timers = (self.gate.pump(), self.gate.pings.run(), self._sweep(), self._keep())
        self._timers = [self.loop.create_task(timer) for timer in timers]

    async def close(self) -> None:
        """End all connections and store what has changed. Call it on the app's shutdown."""
        await self.gate.close()
        self.lanes.close()
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
            self.gate.forget_ended()
            for live, outcome in self.hub.sweep():
                self.carry_out(live, outcome)

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
            connection = Connection(
                self.gate,
                eio_sid,
                environ[WIRE],
                admission,
                self.loop.time,
                self.budgets.of(admission.seat.person.id),
            )
            self._own(connection)
            connection.cart = await self.carts.get(admission.seat.person)
        except msgspec.ValidationError as error:
            raise refused(MalformedMessage(reason=f"In `auth`: {error}.")) from error
        except VitrineError as error:
            self._gone(connection)
            raise refused(error) from error
        except AWAY as error:
            self._gone(connection)
            raise refused(away(error, message="connect")) from error
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
            self.gate.refuse(former.eio_sid, MovedAway())

    def _on_connected(self, eio_sid: str) -> None:
        connection = self._connections.get(eio_sid)
        if connection is None or connection.lane is not None:
            return
        live = connection.admission.live
        changes = self.hub.admissions.enter(connection.admission)
        lane = self.lanes.of(live)
        connection.enter(lane)
        self.carry_out(live, Outcome(changes))
        for text in greet(connection, self.hub):
            self.gate.post_text([eio_sid], text)
        connection.admission = replace(connection.admission, auth=Auth())  # it is half a kilobyte
        lane.add(connection)

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
            changes = self.hub.admissions.leave(connection.admission)
            self.carry_out(connection.admission.live, Outcome(changes))

    def _detach(self, connection: Connection) -> None:
        """Nothing more from it, nothing more to it."""
        connection.wire.on_pose = connection.inlet = None
        self._connections.pop(connection.eio_sid, None)
        self.lanes.remove(connection.admission.live, connection)

    # ---- messages ----

    async def _on_event(
        self, eio_sid: str, name: Any, payloads: list[Any]
    ) -> dict[str, Any] | None:
        connection = self._connections.get(eio_sid)
        payload = payloads[0] if len(payloads) == 1 else None
        try:
            if connection is None or connection.inlet is None:
                raise Retry(retry_after=1)
            if name == "pose" and isinstance(payload, bytes):
                connection.inlet(payload)
                return None
            done = await self._act(connection, name, payload)
        except VitrineError as error:
            return {"ok": False, "error": error.problem()}
        except AWAY as error:
            return {"ok": False, "error": away(error, message=str(name)[:40]).problem()}
        except Exception:
            log.exception("message.failed", message=str(name)[:40])
            return {"ok": False, "error": InternalError().problem()}
        answer: dict[str, Any] = msgspec.to_builtins(done)
        return answer

    async def _act(self, connection: Connection, name: Any, payload: Any) -> Done:
        connection.budget.take(name, self.loop.time())
        live, seat = connection.admission.live, connection.admission.seat
        if live.moving:
            raise RoomMoving(retry_after=1)
        message = read_message(name, payload)
        act = self.acts.get(type(message))
        if act is None:
            raise UnknownMessage(event=name, known=", ".join(sorted(UP)))
        now = self.hub.instant()
        moment = Moment(live.room, seat.avatar_id, seat.person, connection.role, now)
        if moment.role not in act.roles:
            raise Forbidden(role=str(moment.role))
        for guard in GUARDS:
            guard(moment, message)
        outcome = act.run(moment, message)
        if not isinstance(outcome, Outcome):
            outcome = await outcome
            if connection.lane is None or self.hub.open_rooms.find(live.room.id) is not live:
                raise Retry(retry_after=1)  # it moved meanwhile
        for text in outcome.texts:
            self.gate.post_text([connection.eio_sid], text)
        self.carry_out(live, outcome)
        if outcome.refused is not None:
            raise outcome.refused
        return outcome.done or Done(live.room.rev)

    async def _fill_cart(self, moment: Moment, message: SetCart) -> Outcome:
        lines = msgspec.to_builtins(message.lines)
        cart = await self.carts.replace(moment.person, lines)
        return Outcome(done=Filled(moment.room.rev, cart=cart))

    # ---- telling ----

    def carry_out(self, live: Live, outcome: Outcome) -> None:
        """Tell whom it concerns, in the order of the calls. Of any feature, on the event loop."""
        for change in outcome.changes:
            self._tell(live, change)
        for whisper in outcome.whispers:
            connection = self._owners.get(whisper.to)
            if connection is not None and connection.lane is not None:  # CONNECT comes first
                self.gate.post([connection.eio_sid], whisper.message)
        for message in outcome.loose:
            text, hidden = encode(message), live.room.safety.hidden_from(message)
            listeners = self._listeners(live)
            heard = [one.eio_sid for one in listeners if one.avatar_id not in hidden]
            self.gate.post_text(heard, text)
            for tap in live.taps:
                tap(message, text)
        if live.room.poses.moved and (lane := self.lanes.find(live.room.id)):
            lane.wake()  # somebody is seen again who stands still
        for ending in outcome.endings:
            self._end(live, ending)
        if outcome.again_seconds:
            self.loop.call_later(outcome.again_seconds, self._look_again, live)

    def relocate(self, live: Live, url: str | None) -> None:
        """Everybody in the room goes on elsewhere: say where, and end their connections."""
        for connection in list(self._connections.values()):
            admission = connection.admission
            if admission.live is not live:
                continue
            if connection.lane is not None:  # CONNECT comes first
                token = self.hub.admissions.resume_token(admission)
                self.gate.post([connection.eio_sid], Relocated(url, token))
            self._detach(connection)
            if self._owners.get(connection.avatar_id) is connection:
                del self._owners[connection.avatar_id]
            self.gate.drop(connection.eio_sid, "relocated")

    def _tell(self, live: Live, change: Change) -> None:
        text, hidden = encode(change), live.room.hidden_from(change)
        live.ring.add(change.rev, text, hidden)
        listeners = self._listeners(live)
        self.gate.post_text([one.eio_sid for one in listeners if one.avatar_id not in hidden], text)
        if hidden:
            others = [one.eio_sid for one in listeners if one.avatar_id in hidden]
            self.gate.post(others, Passed(change.rev))
        live.room.heard(change, self.hub.now())
        for tap in live.taps:
            tap(change, text)

    def _end(self, live: Live, ending: Ending) -> None:
        connection = self._owners.get(ending.avatar_id)
        if connection is not None:
            if ending.error is None:
                self.gate.expect_gone(connection.eio_sid)
            else:
                self.gate.refuse(connection.eio_sid, ending.error)
            self._gone(connection)
        live.seats.give_up(ending.avatar_id)

    def _look_again(self, live: Live) -> None:
        self.carry_out(live, Outcome(live.room.expire(self.hub.instant())))

    def _listeners(self, live: Live) -> list[Listener]:
        lane = self.lanes.find(live.room.id)
        return lane.listeners if lane else []

    def _tell_person(self, person_id: str, event: str, body: dict[str, Any]) -> None:
        own = [c.eio_sid for c in self._connections.values() if c.person_id == person_id]
        if own:
            self.gate.post(own, msgspec.convert(body, PERSONAL[event]))


PERSONAL: Final[dict[str, type[CartSet | OrderChanged]]] = {"cart": CartSet, "order": OrderChanged}


def refused(error: VitrineError) -> Refused:
    """As the client's `connect_error`: message and data."""
    return Refused(error.title, error.problem())


def attach(app: web.Application, hub: RoomHub, carts: Carts, **options: Any) -> Sockets:
    """Serve rooms at /socket.io/; the caller calls `start()` and `close()` (on shutdown).

    Options: `later` (acts that ask other features, or storage), `budgets`, `fast` (False: poses
    take the plain path), `origins` (of pages on other hosts; None: the same origin only),
    `connect_seconds`.
    """
    sockets = Sockets(hub, carts, **options)
    sockets.gate.attach(app)
    return sockets
