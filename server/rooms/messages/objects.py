"""Taking, moving, showing and letting go of what is on display."""

import math
from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.rooms.messages.base import Change, Done, Down, Id, Position, Rotation, Up

Vector = tuple[float, float, float]  # metres
Quaternion = tuple[float, float, float, float]  # x y z w
HandName = Literal["left", "right", "pointer"]
Scale = Annotated[float, Meta(gt=0, le=1000)]  # what a display allows is less
Speed = Annotated[float, Meta(ge=-math.pi, le=math.pi)]  # radians a second

# ---- up ----


class Grab(Up, frozen=True, tag="grab"):
    """Take an object; nobody else can until it is released or the lease runs out.

    Again with the other hand: both hold it, until both have let go.
    """

    object: Id
    hand: HandName = "pointer"


class Move(Up, frozen=True, tag="move"):
    """Move, turn or scale what one holds; renews the lease. What is absent stays as it is."""

    object: Id
    position: Position
    rotation: Rotation | None = None
    scale: Scale | None = None


class Release(Up, frozen=True, tag="release"):
    """Let go, perhaps at a last place; `home`: at the place where it belongs.

    With `hand` only that hand lets go. Without, both.
    """

    object: Id
    position: Position | None = None
    rotation: Rotation | None = None
    scale: Scale | None = None
    hand: HandName | None = None
    home: bool = False


class Bring(Up, frozen=True, tag="bring"):
    """Take, move and let go in one: put an object somewhere, as before oneself."""

    object: Id
    position: Position
    rotation: Rotation | None = None


class Spin(Up, frozen=True, tag="spin"):
    """Have an object turn about the vertical, radians a second; 0 stops it."""

    object: Id
    speed: Speed


class Pin(Up, frozen=True, tag="pin"):
    """Have an object stay where it is; guides can still move it."""

    object: Id
    pinned: bool


class SetVariant(Up, frozen=True, tag="variant"):
    """Show an object in another of its product's variants."""

    object: Id
    variant: Annotated[str, Meta(max_length=64)]


class ShowHotspot(Up, frozen=True, tag="hotspot"):
    """Open one of an object's hotspots for everybody; null closes it."""

    object: Id
    hotspot: Id | None


class Spotlight(Up, frozen=True, tag="spotlight"):
    """Put one object into the light, or with null none."""

    object: Id | None


class Target(Struct, frozen=True):
    """What is pointed at: one of the two."""

    object: Id | None = None
    position: Position | None = None


class Point(Up, frozen=True, tag="point"):
    """Point at something; null stops. The ray starts at the hand's pose, or at the head."""

    at: Target | None
    hand: HandName = "pointer"


# ---- acknowledgements ----


class Leased(Done, frozen=True, kw_only=True):
    """Answers grab: `hands` hold it now."""

    lease_ms: int
    hands: tuple[str, ...]


class Placed(Done, frozen=True, kw_only=True):
    """Answers release and bring: where the object is now, within what its display allows."""

    position: Vector
    rotation: Quaternion
    scale: float


class Carried(Placed, frozen=True, kw_only=True):
    """Answers move."""

    lease_ms: int


# ---- down ----


class ObjectState(Struct, frozen=True):
    """A product on show, as it stands now.

    With `spin` (radians a second) it was as `rotation` says at `at`, milliseconds since 1970, and
    has turned about the vertical since.
    """

    id: str
    sku: str
    position: Vector
    rotation: Quaternion
    variant: str
    held_by: str | None = None
    scale: float = 1.0
    pinned: bool = False
    spin: float = 0.0
    at: float = 0.0
    hotspot: str | None = None  # that is open


class Pointing(Struct, frozen=True):
    """Who points at what: an object or a place."""

    by: str
    hand: str
    object: str | None = None
    position: Vector | None = None


class DisplayState(Struct, frozen=True):
    """What a newcomer must know of the display beyond its objects."""

    spotlight: str | None = None  # object
    pointing: tuple[Pointing, ...] = ()


class Held(Change, frozen=True, tag="held", omit_defaults=True):
    """Taken by `by`, or let go when it is null. Absent: scale 1, no hand."""

    object: str
    by: str | None
    position: Vector
    rotation: Quaternion
    scale: float = 1.0
    hand: str | None = None


class Moved(Change, frozen=True, tag="moved", omit_defaults=True):
    """Where an object is. Absent: scale 1, no spin; it is nobody's when somebody brought or spun
    it, and as it was otherwise."""

    object: str
    position: Vector
    rotation: Quaternion
    by: str
    scale: float = 1.0
    spin: float = 0.0
    at: float = 0.0  # milliseconds since 1970; rotation is that of this moment


class VariantSet(Change, frozen=True, tag="variant"):
    object: str
    variant: str
    by: str


class PinSet(Change, frozen=True, tag="pinned"):
    object: str
    pinned: bool
    by: str


class Shown(Change, frozen=True, tag="shown"):
    """This hotspot of the object is open, or with null none."""

    object: str
    hotspot: str | None
    by: str


class Lit(Change, frozen=True, tag="lit"):
    """This object is in the light, or with null none."""

    object: str | None
    by: str


class Pointed(Change, frozen=True, tag="pointed", omit_defaults=True):
    """Somebody points at an object or a place; with neither, no more."""

    by: str
    hand: str
    object: str | None = None
    position: Vector | None = None


class Wanted(Down, frozen=True, tag="wanted"):
    """To the holder alone: somebody else would like to have what they hold."""

    object: str
    by: str
    name: str


UP: tuple[type[Up], ...] = (
    *(Grab, Move, Release, Bring, Spin, Pin, SetVariant),
    *(ShowHotspot, Spotlight, Point),
)
DOWN: tuple[type[Down], ...] = (
    *(Held, Moved, VariantSet, PinSet, Shown, Lit, Pointed),
    Wanted,
)
