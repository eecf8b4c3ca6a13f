"""What all messages share: their three kinds, the sizes of their values, and their errors.

Down there are three classes of messages. A *change* carries the room's next `rev`, goes to
everybody in that order, and none is left out. A *whisper* goes to one avatar or person, a
*perishable* to everybody, and neither has a `rev`: of a perishable only the latest counts.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from server.errors import BadRequest, NotFound, TooMany

MAX_BYTES = 65_536  # of one websocket message
MAX_TEXT = 500  # characters that one says at once

Id = Annotated[str, Meta(min_length=1, max_length=64)]
# Not a number and the infinities fail these comparisons, so they never get in.
Metres = Annotated[float, Meta(ge=-10_000, le=10_000)]
Component = Annotated[float, Meta(ge=-1.001, le=1.001)]
Position = tuple[Metres, Metres, Metres]
Rotation = tuple[Component, Component, Component, Component]  # x y z w


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


class Up(Struct, frozen=True, tag_field="event"):
    """From a client; acknowledged. The tag is the name under which it travels."""


class Down(Struct, frozen=True, tag_field="event"):
    """To clients, without an acknowledgement. The tag is the name under which it travels."""


class Change(Down, frozen=True):
    """What everybody must know to see the same room; `rev` numbers them without a gap."""

    rev: int


class Passed(Change, frozen=True, tag="passed"):
    """A change that is not for this client's eyes took this number."""


class Problem(Down, frozen=True, tag="problem"):
    """What went wrong with a message that has no acknowledgement to carry it."""

    error: dict[str, Any]


class Done(Struct, frozen=True):
    """An acknowledgement; acts that answer more derive their own."""

    rev: int
    ok: Literal[True] = True


def event_of(message: Down) -> str:
    """The name under which a message travels."""
    return str(message.__struct_config__.tag)


def body_of(message: Down) -> dict[str, Any]:
    """The message without its name, as JSON values."""
    body: dict[str, Any] = msgspec.to_builtins(message)
    del body["event"]
    return body
