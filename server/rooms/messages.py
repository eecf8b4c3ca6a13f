"""Every message of a room, up and down, as the struct that checks and documents it.

`pose` (up) and `poses` (down) are binary and live in pose.py; all others are JSON. What goes up is
acknowledged with `{"ok": true, "rev": …}` or `{"ok": false, "error": problem}`. What comes down
with a `rev` comes in that order without a gap, after the `rev` of the welcome.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from server.errors import BadRequest, NotFound, TooMany
from server.rooms.pose import IDENTITY

MAX_BYTES = 65_536  # of one websocket message
MAX_TEXT = 500  # characters that one says at once
MAX_LINES = 50  # of a cart, as many as one can order

Id = Annotated[str, Meta(min_length=1, max_length=64)]
# Not a number and the infinities fail these comparisons, so they never get in.
Metres = Annotated[float, Meta(ge=-10_000, le=10_000)]
Part = Annotated[float, Meta(ge=-1.001, le=1.001)]
Position = tuple[Metres, Metres, Metres]
Rotation = tuple[Part, Part, Part, Part]  # x y z w


class UnknownMessage(NotFound):
    type = "unknown-message"
    title = "There is no such message"
    detail = "`{event}` is not one of: {known}."


class MalformedMessage(BadRequest):
    type = "malformed-message"
    title = "This message cannot be understood"


class TooManyMessages(TooMany):
    type = "too-many"
    title = "Too many messages"
    detail = "At most {limit} a second; this one was not looked at."


# ---- up ----


class Auth(Struct, frozen=True):
    """The CONNECT packet's payload: one of the two."""

    ticket: str | None = None  # from POST /api/showrooms/{id}/join
    resume: str | None = None  # from the last welcome


class Grab(Struct, frozen=True, tag="grab", tag_field="event"):
    """Take an object; nobody else can until it is released or the lease runs out."""

    object: Id


class Move(Struct, frozen=True, tag="move", tag_field="event"):
    """Move what one holds; renews the lease."""

    object: Id
    position: Position
    rotation: Rotation = IDENTITY


class Release(Struct, frozen=True, tag="release", tag_field="event"):
    """Let go, perhaps at a last place."""

    object: Id
    position: Position | None = None
    rotation: Rotation | None = None


class SetVariant(Struct, frozen=True, tag="variant", tag_field="event"):
    """Show an object in another of its product's variants."""

    object: Id
    variant: Annotated[str, Meta(max_length=64)]


class Say(Struct, frozen=True, tag="say", tag_field="event"):
    """Say something to the whole room."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]


class CartLine(Struct, frozen=True):
    sku: Id
    variant: Id | None = None
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1


class SetCart(Struct, frozen=True, tag="cart", tag_field="event"):
    """Replace one's own cart; the acknowledgement carries it."""

    lines: Annotated[list[CartLine], Meta(max_length=MAX_LINES)]


Up = Grab | Move | Release | SetVariant | Say | SetCart
UP: dict[str, type[Up]] = {
    "grab": Grab,
    "move": Move,
    "release": Release,
    "variant": SetVariant,
    "say": Say,
    "cart": SetCart,
}


# ---- down ----


class Avatar(Struct, frozen=True):
    """Somebody present. `index` names them in pose frames."""

    id: str
    index: int
    name: str
    role: str
    color: str  # #rrggbb


class You(Struct, frozen=True):
    avatar_id: str
    index: int
    name: str
    role: str
    color: str


class Box(Struct, frozen=True):
    min: tuple[float, float, float]
    max: tuple[float, float, float]


class ObjectState(Struct, frozen=True):
    """A product on show, as it stands now."""

    id: str
    sku: str
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]
    variant: str
    held_by: str | None = None


class Welcome(Struct, frozen=True, tag="welcome", tag_field="event"):
    """The room as it is at `rev`; comes right after CONNECT."""

    room: str
    rev: int
    you: You
    bounds: Box
    tick_hz: float
    server_time: float  # milliseconds since 1970
    resume: str  # brings the same avatar back within 30 s
    avatars: list[Avatar]
    objects: list[ObjectState]
    cart: dict[str, Any]


class Joined(Struct, frozen=True, tag="joined", tag_field="event"):
    rev: int
    avatar: Avatar


class Left(Struct, frozen=True, tag="left", tag_field="event"):
    rev: int
    avatar_id: str


class Held(Struct, frozen=True, tag="held", tag_field="event"):
    """Taken by `by`, or let go when it is null."""

    rev: int
    object: str
    by: str | None
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]


class Moved(Struct, frozen=True, tag="moved", tag_field="event"):
    rev: int
    object: str
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]
    by: str


class VariantSet(Struct, frozen=True, tag="variant", tag_field="event"):
    rev: int
    object: str
    variant: str
    by: str


class Said(Struct, frozen=True, tag="said", tag_field="event"):
    rev: int
    by: str
    name: str
    text: str


class CartSet(Struct, frozen=True, tag="cart", tag_field="event"):
    """To the person's own sockets."""

    cart: dict[str, Any]


class OrderChanged(Struct, frozen=True, tag="order", tag_field="event"):
    """To the person's own sockets: the order as the shopper may see it."""

    order: dict[str, Any]


class Problem(Struct, frozen=True, tag="problem", tag_field="event"):
    """What went wrong with a message that has no acknowledgement to carry it."""

    error: dict[str, Any]


Change = Joined | Left | Held | Moved | VariantSet | Said
Down = Welcome | Change | CartSet | OrderChanged | Problem


class Done(Struct, frozen=True):
    """An acknowledgement; `lease_ms` answers grab and move, `cart` answers cart."""

    rev: int
    ok: Literal[True] = True
    lease_ms: int | msgspec.UnsetType = msgspec.UNSET
    cart: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


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


def event_of(message: Down) -> str:
    """The name under which a message travels."""
    return str(message.__struct_config__.tag)


def body_of(message: Down) -> dict[str, Any]:
    """The message without its name, as JSON values."""
    body: dict[str, Any] = msgspec.to_builtins(message)
    del body["event"]
    return body
