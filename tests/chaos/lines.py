"""Sockets without a network: the real connections, rooms and seats, on lines that can be cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from server.auth import Person
from server.errors import VitrineError
from server.rooms import sockets as module
from server.rooms.gate import encode
from server.rooms.messages import Down, Problem
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.rooms.wire import WIRE, Wire


@dataclass(eq=False)
class Line:
    """One connection as the client at its far end sees it; `cut` lines hear nothing."""

    eio_sid: str
    hear: Callable[[str, Any], None]
    cut: bool = False
    ended: bool = False  # by the server


class Switchboard:
    """What sockets need of a gate, over lines in memory: told at once, and in order."""

    def __init__(self, on_event: Any, on_connected: Any, **_: Any) -> None:
        self.on_event, self.on_connected = on_event, on_connected
        self.allow: Callable[[web.Request], None] = lambda _: None
        self.handlers: dict[str, Any] = {}
        self.lines: dict[str, Line] = {}
        self.manager = self
        self.eio = self

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str:
        return sid

    def on(self, name: str, handler: Any) -> None:
        self.handlers[name] = handler

    def alive(self, eio_sid: str) -> bool:
        line = self.lines.get(eio_sid)
        return line is not None and not line.ended

    def post(self, eio_sids: list[str], message: Down) -> None:
        self.post_text(eio_sids, encode(message))

    def post_text(self, eio_sids: list[str], text: str) -> None:
        name, body = msgspec.json.decode(text[1:])
        for line in [self.lines.get(eio_sid) for eio_sid in eio_sids]:
            if line is not None and not line.cut and not line.ended:
                line.hear(name, body)

    def refuse(self, eio_sid: str, error: VitrineError) -> None:
        self.post([eio_sid], Problem(error.problem()))
        self.drop(eio_sid, error.type)

    def drop(self, eio_sid: str, reason: str) -> None:
        if eio_sid in self.lines:
            self.lines[eio_sid].ended = True

    def expect_connect(self, eio_sid: str) -> None:
        """Lines connect at once."""

    def expect_gone(self, eio_sid: str) -> None:
        """And end at once."""
        self.drop(eio_sid, "left")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"sockets use `gate.{name}`, and this one lacks it")


class Exchange:
    """A running server whose clients dial by a call."""

    def __init__(self, hub: RoomHub, carts: Any, loop: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "Gate", Switchboard)
            self.sockets = Sockets(hub, carts)
        self.gate: Switchboard = self.sockets.gate  # type: ignore[assignment]
        self.hub = hub
        self.sockets.loop = loop
        self.dialled = 0

    async def dial(self, auth: dict[str, Any], hear: Callable[[str, Any], None]) -> Line:
        """Raises Refused."""
        self.dialled += 1
        line = Line(f"line-{self.dialled}", hear)
        self.gate.lines[line.eio_sid] = line
        try:
            await self.gate.handlers["connect"](line.eio_sid, {WIRE: Wire()}, auth)
        except Refused:
            line.ended = True
            raise
        self.gate.on_connected(line.eio_sid)
        return line

    async def say(self, line: Line, event: str, payload: Any) -> Any:
        """The acknowledgement."""
        return await self.gate.on_event(line.eio_sid, event, [payload])

    def notice(self, line: Line) -> None:
        """The server learns that this line has ended."""
        line.cut = line.ended = True
        self.gate.handlers["disconnect"](line.eio_sid, "gone")
        self.gate.lines.pop(line.eio_sid, None)

    def sweep(self) -> None:
        for live, outcome in self.hub.sweep():
            self.sockets.carry_out(live, outcome)

    def close(self) -> None:
        self.sockets.lanes.close()


@dataclass(eq=False)
class Guest:
    """A client that believes what it is told, and says so when it comes back."""

    person: Person
    rev: int = 0
    epoch: str = ""
    room: str = ""
    resume: str = ""
    me: str = ""
    index: int | None = None
    avatars: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    line: Line | None = None
    snapshots: int = 0
    replays: int = 0
    problems: list[Any] = field(default_factory=list)
    whispers: set[str] = field(default_factory=set)  # what else was heard, without a number

    @property
    def auth(self) -> dict[str, Any]:
        return {"resume": self.resume, "rev": self.rev, "epoch": self.epoch}

    def hear(self, name: str, body: Any) -> None:
        if name == "welcome":
            self._welcomed(body)
        elif name == "resumed":
            assert (body["epoch"], body["from_rev"]) == (self.epoch, self.rev)
            assert (body["you"]["avatar_id"], body["you"]["index"]) == (self.me, self.index)
            self.resume = body["resume"]
            self.replays += 1
        elif "rev" in body:
            assert body["rev"] == self.rev + 1, f"{name} {body['rev']} came after {self.rev}"
            self.rev = body["rev"]
            self._changed(name, body)
        if "rev" not in body:
            self.whispers.add(name)
        if name == "problem":
            self.problems.append(body["error"])

    def _welcomed(self, welcome: Any) -> None:
        you = welcome["you"]
        self.snapshots += 1
        self.rev, self.epoch, self.room = welcome["rev"], welcome["epoch"], welcome["room"]
        self.me, self.index, self.resume = you["avatar_id"], you["index"], welcome["resume"]
        self.avatars = {avatar["id"] for avatar in welcome["avatars"]}
        self.held = {o["id"]: o["held_by"] for o in welcome["objects"] if o["held_by"]}

    def _changed(self, name: str, body: Any) -> None:
        if name == "joined":
            assert body["avatar"]["id"] not in self.avatars | {self.me}
            self.avatars.add(body["avatar"]["id"])
        elif name == "left":
            self.avatars.remove(body["avatar_id"])
        elif name == "held" and body["by"] is None:
            self.held.pop(body["object"], None)
        elif name == "held":
            self.held[body["object"]] = body["by"]
