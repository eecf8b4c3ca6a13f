"""The AsyncAPI document: the messages of a room, made from the structs that check them."""

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from server import __version__
from server.openapi import PROBLEM
from server.rooms import pose
from server.rooms.acts import Act
from server.rooms.limits import OTHERS, POSES_PER_SECOND, RATES
from server.rooms.messages import DOWN, MAX_BYTES, UP, Auth, Change, Done, Down, Problem, Up
from server.routing import Call, Route, origin

REFERENCE: Final = "#/components/schemas/{name}"
BINARY: Final = "application/octet-stream"
ABOUT: Final = """\
Any Socket.IO client (protocol 5, default parser, websocket transport) can take part.

1. `POST /api/showrooms/{id}/join` gives a `url` and a `ticket`.
2. Connect to that address with `auth: {ticket}`. `welcome` is the room as it is at `rev`.
3. Each message with a `rev` is a change: they come in order and without a gap. `passed` stands for
   one that is not for you. What has no `rev` is for you alone, or only its latest counts.
4. What you send is acknowledged: `{"ok": true, "rev": …}`, or `{"ok": false, "error": problem}`.
5. Poses are binary: `pose` up, one `poses` down for the whole room.
6. After a lost line connect with `auth: {resume, rev, epoch}`: the same avatar, for 30 s.

Ignore messages and members that you do not know: there will be more.
"""
DONE: Final = "An acknowledgement: it is done."
REFUSED: Final = {
    "type": "object",
    "description": "An acknowledgement: it is not done, and nothing has changed.",
    "required": ["ok", "error"],
    "properties": {"ok": {"const": False}, "error": {"$ref": REFERENCE.format(name="Problem")}},
}
TOLD: Final = {
    "type": "object",
    "description": "What went wrong with a message that has no acknowledgement to carry it, or why "
    "the connection ends.",
    "required": ["error"],
    "properties": {"error": {"$ref": REFERENCE.format(name="Problem")}},
}
NAMES: Final[dict[type, str]] = {Problem: "Told"}  # `Problem` is the problem itself


def routes(acts: Mapping[type[Up], Act], public_url: str) -> list[Route]:
    """Where it is served; `public_url` empty: the address that the call came to."""

    @cache
    def built() -> dict[str, Any]:
        """Once, when it is first asked for: nothing in it changes but the address."""
        return document(acts, __version__, "")

    async def show(call: Call) -> dict[str, Any]:
        return {**built(), "servers": _servers(public_url or origin(call.request))}

    summary = "The messages of a room as AsyncAPI 3.0"
    return [Route("GET", "/asyncapi.json", show, summary, returns=dict[str, Any])]


def document(acts: Mapping[type[Up], Act], version: str, server_url: str) -> dict[str, Any]:
    """Every message of a room as one JSON document. The server's view: it *receives* what clients
    send.

    Source: AsyncAPI 3.0.0; the schemas are JSON Schema 2020-12 by msgspec.
    """
    kinds: list[type[Done]] = [Done, *(act.answers for act in acts.values())]
    answers: list[type[Done]] = list(dict.fromkeys(kinds))
    schemas = _schemas([*UP.values(), *DOWN.values(), *answers, Auth])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vitrine's rooms",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(server_url),
        "channels": {
            "room": {
                "address": "/socket.io/?EIO=4&transport=websocket",
                "description": f"One websocket message has at most {MAX_BYTES} bytes.",
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in _names(answers)
                },
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{f"on_{name}": _received(name, acts[kind]) for name, kind in UP.items()},
            "on_pose": {"action": "receive", **_with(["up.pose"])},
            **{
                f"tell_{name}": {"action": "send", **_with([f"down.{name}"])}
                for name in [*DOWN, "poses"]
            },
        },
        "components": {
            "messages": {**_messages(acts), **_answers(answers), **_binary()},
            "schemas": {**schemas, "Problem": PROBLEM, "Refused": REFUSED, "Told": TOLD},
        },
    }


def _servers(url: str) -> dict[str, Any]:
    address = urlsplit(url)
    return {
        "house": {
            "host": address.netloc,
            "protocol": "wss" if address.scheme == "https" else "ws",
            "description": "`join` names the address of the room itself.",
        }
    }


def _schemas(kinds: Sequence[type]) -> dict[str, Any]:
    """Of messages without their name: that travels as the event's."""
    _, schemas = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    for kind in kinds:
        schema = schemas[kind.__name__]
        if issubclass(kind, Up | Down):
            schema["properties"].pop("event")
            schema["required"] = [name for name in schema["required"] if name != "event"]
    return schemas


def _names(answers: Sequence[type[Done]]) -> list[str]:
    """Keys: some events go up and down under one name."""
    up, down = (
        [f"up.{name}" for name in [*UP, "pose"]],
        [f"down.{name}" for name in [*DOWN, "poses"]],
    )
    return [*up, *down, *(kind.__name__ for kind in answers), "Refused"]


def _messages(acts: Mapping[type[Up], Act]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in UP.items():
        roles = sorted(str(role) for role in acts[kind].roles)
        found[f"up.{name}"] = _message(name, kind) | {
            "x-roles": roles,
            "x-way": "up",
            "x-rate": _rate(*RATES.get(name, OTHERS), shared=name not in RATES),
        }
    for name, told in DOWN.items():
        found[f"down.{name}"] = _message(name, told) | {
            "x-way": "down",
            "x-class": "change" if issubclass(told, Change) else "not a change",
        }
    return found


def _rate(per_second: float, at_once: float, *, shared: bool = False) -> dict[str, Any]:
    """How often one connection may send it; `shared` with all others that have no rate of their
    own."""
    return {"per_second": per_second, "at_once": at_once, "shared": shared}


def _message(name: str, kind: type[Up | Down]) -> dict[str, Any]:
    said = inspect.getdoc(kind) if kind.__doc__ else None
    return {
        "name": name,
        "payload": {"$ref": REFERENCE.format(name=NAMES.get(kind, kind.__name__))},
        **({"summary": " ".join(said.split())} if said else {}),
    }


def _answers(answers: Sequence[type[Done]]) -> dict[str, Any]:
    kinds = {
        kind.__name__: {
            "name": kind.__name__,
            "summary": DONE,
            "payload": {"$ref": REFERENCE.format(name=kind.__name__)},
        }
        for kind in answers
    }
    refused = {
        "name": "Refused",
        "summary": REFUSED["description"],
        "payload": {"$ref": REFERENCE.format(name="Refused")},
    }
    return {**kinds, "Refused": refused}


def _binary() -> dict[str, Any]:
    layout = inspect.getdoc(pose) or ""
    lengths = {"minLength": pose.HEAD_BYTES, "maxLength": pose.FULL_BYTES}
    return {
        "up.pose": {
            "name": "pose",
            "summary": "Where one's head and hands are. Not acknowledged; the latest counts.",
            "description": layout,
            "contentType": BINARY,
            "payload": {"type": "string", "format": "binary", **lengths},
            "x-way": "up",
            "x-rate": _rate(POSES_PER_SECOND, POSES_PER_SECOND),
        },
        "down.poses": {
            "name": "poses",
            "summary": "Everybody who moved: `server_ms u32`, then `index u8` and a pose for each.",
            "description": "The layout is that of `pose`.",
            "contentType": BINARY,
            "payload": {"type": "string", "format": "binary"},
            "x-way": "down",
            "x-class": "not a change",
        },
    }


def _with(names: Sequence[str]) -> dict[str, Any]:
    return {
        "channel": {"$ref": "#/channels/room"},
        "messages": [{"$ref": f"#/channels/room/messages/{name}"} for name in names],
    }


def _received(name: str, act: Act) -> dict[str, Any]:
    roles = ", ".join(sorted(str(role) for role in act.roles))
    return {
        "action": "receive",
        "summary": f"For: {roles}.",
        **_with([f"up.{name}"]),
        "reply": _with([act.answers.__name__, "Refused"]),
    }
