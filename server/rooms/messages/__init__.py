"""Every message of a room, up and down, as the struct that checks and documents it.

A module per subject; each ends with the structs that go up and those that come down. `pose` (up)
and `poses` (down) are binary and live in pose.py; all others are JSON. What goes up is
acknowledged with `{"ok": true, "rev": …}` or `{"ok": false, "error": problem}`.
"""

from collections.abc import Iterable
from types import ModuleType
from typing import Final, TypeVar

import msgspec

from server.rooms.messages import (
    base,
    cart,
    doors,
    entry,
    nodes,
    objects,
    occasions,
    pace,
    safety,
    together,
    voice,
)
from server.rooms.messages.base import (
    MAX_BYTES,
    MAX_TEXT,
    Change,
    Done,
    Down,
    MalformedMessage,
    Passed,
    Problem,
    TooManyMessages,
    UnknownMessage,
    Up,
    body_of,
    event_of,
)
from server.rooms.messages.cart import CartSet, Filled, OrderChanged, SetCart
from server.rooms.messages.entry import Auth, Box, Joined, Left, Welcome, You
from server.rooms.messages.objects import (
    Grab,
    Held,
    Leased,
    Move,
    Moved,
    ObjectState,
    Release,
    SetVariant,
    VariantSet,
)
from server.rooms.messages.together import Avatar, Said, Say

__all__ = [
    "DOWN",
    "MAX_BYTES",
    "MAX_TEXT",
    "UP",
    "Auth",
    "Avatar",
    "Box",
    "CartSet",
    "Change",
    "Done",
    "Down",
    "Filled",
    "Grab",
    "Held",
    "Joined",
    "Leased",
    "Left",
    "MalformedMessage",
    "Move",
    "Moved",
    "ObjectState",
    "OrderChanged",
    "Passed",
    "Problem",
    "Release",
    "Said",
    "Say",
    "SetCart",
    "SetVariant",
    "TooManyMessages",
    "UnknownMessage",
    "Up",
    "VariantSet",
    "Welcome",
    "You",
    "body_of",
    "event_of",
    "read_message",
]

Kind = TypeVar("Kind", type[Up], type[Down])
MODULES: Final[tuple[ModuleType, ...]] = (
    entry,
    nodes,
    objects,
    together,
    safety,
    pace,
    doors,
    voice,
    occasions,
    cart,
)


def by_name(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Raises ValueError when two would travel under one name."""
    named: dict[str, Kind] = {}
    for kind in kinds:
        name = str(kind.__struct_config__.tag)
        if name in named:
            raise ValueError(f"{kind} and {named[name]} are both called `{name}`.")
        named[name] = kind
    return named


UP: Final[dict[str, type[Up]]] = by_name(kind for module in MODULES for kind in module.UP)
DOWN: Final[dict[str, type[Down]]] = by_name(
    [*(kind for module in MODULES for kind in module.DOWN), base.Passed, base.Problem]
)


def read_message(event: object, payload: object) -> Up:
    """Raises UnknownMessage or MalformedMessage."""
    kind = UP.get(event) if isinstance(event, str) else None
    if kind is None:
        name = str(event)[:40].encode(errors="replace").decode()
        raise UnknownMessage(event=name, known=", ".join(sorted([*UP, "pose"])))
    if not isinstance(payload, dict):
        raise MalformedMessage(reason=f"`{event}` takes one object.")
    try:
        msgspec.json.encode(payload)
        return msgspec.convert({**payload, "event": event}, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedMessage(reason=f"In `{event}`: {error}.") from error
    except UnicodeEncodeError as error:
        # JSON may spell half a surrogate pair; nobody could be sent such a text.
        raise MalformedMessage(reason=f"A text in `{event}` is not Unicode.") from error
