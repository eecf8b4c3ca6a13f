"""Messages that no honest client sends: of every event, with every member wrong in every way."""

import json
import math
import random
import re
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from server.rooms.messages import MAX_BYTES, UP

Frames = list[str | bytes]
POSE = '51-["pose",{"_placeholder":true,"num":0}]'

DEEP, DEEPER = "levels: {}", re.compile(r'"levels: (\d+)"')  # until it is written
HUGE = "x" * 60_000
WRONG: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, -(2**63), 2**64, 1e308, -0.0, math.nan, math.inf, "", " ",
    "\0", "\u202e", "x", "x" * 65, "x" * 501, "\ud800", "é" * 300, "../../etc", "' OR 1=1--",
    "{{7*7}}", "<script>", HUGE, [], [[]], [None], [0] * 3, [1, 2, 3, 4], ["x"] * 51,
    [0.1] * 10_000, {}, {"": ""}, {"__proto__": {}}, {"$ne": 1}, {"_placeholder": True, "num": 0},
]  # fmt: skip
EVENTS: list[Any] = [
    *UP, "pose", "poses", "welcome", "resumed", "joined", "left", "passed", "connect",
    "disconnect", "connect_error", "error", "message", "", " ", "GRAB", "__init__", "\ud800",
    "x" * 500, None, 7, [], {}, True,
]  # fmt: skip
PACKETS: Frames = [
    "", "0", "1x", "2probe", "3", "4", "40", "41", "42", "43", "44", "45", "46", "47", "4x", "5",
    "6", "42{}", "42[]", "42[", "42null", '42"say"', "42[1]", "42[[]]", "421", '421["say"',
    "43[]", "431[]", '43999[{"ok":true}]', "44{}", "40{}", '40{"ticket":"x"}',
    '40/admin,{"ticket":"x"}', "41/admin,", "42" + "[" * 30_000,
    "42" + "9" * 300 + '["say",{"text":"hi"}]', "450-[]", '452-["pose",{}]', '45999999-["pose"]',
    '461-1[{"_placeholder":true,"num":0}]', "4" + POSE, b"", b"\0", b"\xff" * 64, b"4",
    bytes(MAX_BYTES - 1),
]  # fmt: skip


def shapes() -> dict[str, dict[str, Any]]:
    """An honest payload of each event, by the types that check it."""
    return {name: honest(inspect.type_info(kind)) for name, kind in UP.items()}


def honest(kind: inspect.Type) -> Any:
    """The least value that a type takes."""
    match kind:
        case inspect.StructType():
            return {field.encode_name: honest(field.type) for field in kind.fields}
        case inspect.UnionType():
            return honest(kind.types[0])
        case inspect.ListType() | inspect.SetType() | inspect.CollectionType():
            return [honest(kind.item_type)]
        case inspect.TupleType():
            return [honest(item) for item in kind.item_types]
        case inspect.DictType():
            return {}
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.IntType():
            return kind.ge or 0
        case inspect.FloatType():
            return max(kind.ge or 0.0, 0.0)
        case inspect.BoolType():
            return True
        case inspect.StrType():
            return "lamp"
        case _:
            return None


def damaged(dice: random.Random, payload: Any, known: list[str]) -> Any:
    """Wrong in one way or in several, or right, but about others' things."""
    how = dice.randrange(8)
    if not isinstance(payload, dict) or not payload or how == 0:
        return dice.choice(WRONG)
    member = dice.choice([*payload])
    if how == 1:
        return {name: value for name, value in payload.items() if name != member}
    if how == 2:
        return {**payload, member: dice.choice(WRONG), "extra": dice.choice(WRONG)}
    if how == 3:
        return {name: dice.choice(WRONG) for name in payload}
    if how == 4:
        return {**payload, member: DEEP.format(dice.choice([10, 100, 500, 5_000]))}
    if how == 5:
        return {
            **payload,
            **{name: dice.choice(known) for name, v in payload.items() if v == "lamp"},
        }
    return {**payload, member: dice.choice(WRONG)}


def written(event: Any, payload: Any, id: int | None) -> str | None:
    """As a Socket.IO packet; None when Python itself cannot write that."""
    number = "" if id is None else str(id)
    try:
        text = dumps([event, payload])
    except ValueError:
        return None
    return f"42{number}{DEEPER.sub(deep, text)}"


def deep(levels: re.Match[str]) -> str:
    """A list in a list in a list, deeper than Python itself would write one."""
    return "[" * int(levels[1]) + "]" * int(levels[1])


def dumps(value: Any) -> str:
    """JSON with what JSON forbids: NaN, lone surrogates."""
    return json.dumps(value)


def frames(dice: random.Random, known: list[str]) -> Iterator[tuple[Frames, int | None]]:
    """Without end: what is sent, and the number under which an answer is due."""
    payloads = shapes()
    number = 0
    while True:
        number += 1
        kind = dice.random()
        if kind < 0.92:
            event = dice.choice(EVENTS)
            payload = payloads.get(event, {"object": "lamp"}) if isinstance(event, str) else {}
            id = number if dice.random() < 0.8 else None
            packet = written(event, damaged(dice, payload, known), id)
            if packet is not None and len(packet) < 2 * MAX_BYTES:
                yield [packet], id
        elif kind < 0.985:
            size = dice.choice([0, 1, 12, 13, 14, 21, 28, 29, 30, 64, 1_000, 60_000])
            yield ["4" + POSE, dice.randbytes(size)], None
        else:
            yield [dice.choice(PACKETS)], None
