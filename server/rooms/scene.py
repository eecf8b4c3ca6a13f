"""What a room needs to know of a scene: its box, where one enters, what is on display."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from server.errors import Unprocessable
from server.rooms.placement import Limits, Placement, rounded_turn, spun
from server.rooms.pose import IDENTITY, Bounds, Pose, Quaternion, Vector, encode

EYES = 1.6  # metres above a spawn point, until the first pose of its avatar arrives


class BadScene(Unprocessable):
    type = "bad-scene"
    title = "This scene cannot become a room"


class Place(msgspec.Struct, frozen=True):
    """A point on the floor and the way one looks there."""

    position: Vector
    rotation: Quaternion = IDENTITY


class Hotspot(msgspec.Struct, frozen=True):
    """A spot of a product with something to say; `position` is from the middle of its base."""

    id: str
    position: Vector
    text: dict[str, str]  # by language


class Display(msgspec.Struct, frozen=True):
    """A product on show.

    `grab` says whether a visitor may take it, `limits` what else they may do with it (absent: as
    `Limits` says, but what cannot be taken cannot be turned either). What `snap`s goes back to its
    place whenever somebody lets go of it.
    """

    id: str
    sku: str
    position: Vector
    rotation: Quaternion = IDENTITY
    variant: str | None = None
    grab: bool = True
    limits: Limits | None = None
    snap: bool = False
    hotspots: tuple[Hotspot, ...] = ()


class Scene(msgspec.Struct, frozen=True):
    """The part of scene.json that rooms read; everything else in it is the client's."""

    bounds: Bounds
    spawn_points: tuple[Place, ...] = (Place((0.0, 0.0, 0.0)),)
    displays: tuple[Display, ...] = ()

    def entrance(self, index: int) -> bytes:
        """The first pose of the avatar with this index, as bytes."""
        place = self.spawn_points[index % len(self.spawn_points)]
        x, y, z = place.position
        return encode(Pose(0, (x, y + EYES, z), place.rotation), self.bounds)


@dataclass(frozen=True, slots=True)
class Thing:
    """A display with the variants that its product comes in, as it stands now.

    `spin` (radians a second, about the vertical) has turned it further than `place` says since
    `spun_at` (seconds since 1970).
    """

    id: str
    sku: str
    place: Placement
    home: Placement
    variant: str
    variants: frozenset[str]
    grab: bool
    snap: bool
    limits: Limits
    hotspots: frozenset[str]
    pinned: bool = False
    spin: float = 0.0
    spun_at: float = 0.0

    def still(self, now: float) -> "Thing":
        """The same without its spin, turned as far as it has come."""
        if not self.spin:
            return self
        rotation = spun(self.place.rotation, self.spin * (now - self.spun_at))
        return replace(self, place=replace(self.place, rotation=rounded_turn(rotation)), spin=0.0)


def read_scene(document: Mapping[str, Any]) -> Scene:
    """Raises BadScene saying which member is wrong."""
    try:
        scene = msgspec.convert(document, Scene)
    except msgspec.ValidationError as error:
        raise BadScene(reason=f"{error}.") from error
    box = scene.bounds
    if not all(low < high for low, high in zip(box.min, box.max, strict=True)):
        raise BadScene(reason="`bounds.min` must lie below `bounds.max` on every axis.")
    if not scene.spawn_points:
        raise BadScene(reason="`spawn_points` is empty: nobody could enter.")
    if len({display.id for display in scene.displays}) < len(scene.displays):
        raise BadScene(reason="Two `displays` share an id.")
    for display in scene.displays:
        check_display(display)
    return scene


def check_display(display: Display) -> None:
    """Raises BadScene naming it."""
    limits = display.limits or Limits()
    if not 0 < limits.scale[0] <= 1 <= limits.scale[1] <= 10:
        raise BadScene(reason=f"`scale` of `{display.id}` must lie within 0 to 10, around 1.")
    if limits.reach is not None and not limits.reach > 0:
        raise BadScene(reason=f"`reach` of `{display.id}` must be above 0.")
    if len({hotspot.id for hotspot in display.hotspots}) < len(display.hotspots):
        raise BadScene(reason=f"Two `hotspots` of `{display.id}` share an id.")


def things(scene: Scene, products: Iterable[Mapping[str, Any]]) -> list[Thing]:
    """The displays whose product exists, each with its variants; the first one is the default."""
    known = {product["sku"]: product for product in products}
    return [
        thing(display, [variant["id"] for variant in known[display.sku].get("variants", ())])
        for display in scene.displays
        if display.sku in known
    ]


def thing(display: Display, variants: list[str]) -> Thing:
    """The display's own choice of variant where the product has it."""
    first = variants[0] if variants else ""
    home = Placement(display.position, display.rotation)
    return Thing(
        id=display.id,
        sku=display.sku,
        place=home,
        home=home,
        variant=display.variant if display.variant in variants else first,
        variants=frozenset(variants),
        grab=display.grab,
        snap=display.snap,
        limits=display.limits or Limits(turn="free" if display.grab else "none"),
        hotspots=frozenset(hotspot.id for hotspot in display.hotspots),
    )
