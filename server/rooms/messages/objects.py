"""Taking, moving and letting go of what is on display."""

from typing import Annotated

from msgspec import Meta, Struct

from server.rooms.messages.base import Change, Done, Down, Id, Position, Rotation, Up
from server.rooms.pose import IDENTITY

# ---- up ----


class Grab(Up, frozen=True, tag="grab"):
    """Take an object; nobody else can until it is released or the lease runs out."""

    object: Id


class Move(Up, frozen=True, tag="move"):
    """Move what one holds; renews the lease."""

    object: Id
    position: Position
    rotation: Rotation = IDENTITY


class Release(Up, frozen=True, tag="release"):
    """Let go, perhaps at a last place."""

    object: Id
    position: Position | None = None
    rotation: Rotation | None = None


class SetVariant(Up, frozen=True, tag="variant"):
    """Show an object in another of its product's variants."""

    object: Id
    variant: Annotated[str, Meta(max_length=64)]


class Leased(Done, frozen=True, kw_only=True):
    """Answers grab and move."""

    lease_ms: int


# ---- down ----


class ObjectState(Struct, frozen=True):
    """A product on show, as it stands now."""

    id: str
    sku: str
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]
    variant: str
    held_by: str | None = None


class DisplayState(Struct, frozen=True):
    """What a newcomer must know of the display beyond its objects."""


class Held(Change, frozen=True, tag="held"):
    """Taken by `by`, or let go when it is null."""

    object: str
    by: str | None
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]


class Moved(Change, frozen=True, tag="moved"):
    object: str
    position: tuple[float, float, float]
    rotation: tuple[float, float, float, float]
    by: str


class VariantSet(Change, frozen=True, tag="variant"):
    object: str
    variant: str
    by: str


UP: tuple[type[Up], ...] = (Grab, Move, Release, SetVariant)
DOWN: tuple[type[Down], ...] = (Held, Moved, VariantSet)
