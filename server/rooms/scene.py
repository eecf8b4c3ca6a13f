"""What a room needs to know of a scene: its box, where one enters, what is on display."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server.errors import Unprocessable
from server.rooms.pose import IDENTITY, Bounds, Pose, Quaternion, Vector, encode

EYES = 1.6  # metres above a spawn point, until the first pose of its avatar arrives


class BadScene(Unprocessable):
    type = "bad-scene"
    title = "This scene cannot become a room"


class Place(msgspec.Struct, frozen=True):
    """A point on the floor and the way one looks there."""

    position: Vector
    rotation: Quaternion = IDENTITY


class Display(msgspec.Struct, frozen=True):
    """A product on show; `grab` says whether a visitor may take it."""

    id: str
    sku: str
    position: Vector
    rotation: Quaternion = IDENTITY
    variant: str | None = None
    grab: bool = True


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
    """A display together with the variants that its product comes in."""

    id: str
    sku: str
    position: Vector
    rotation: Quaternion
    variant: str
    variants: frozenset[str]
    grab: bool


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
    return scene


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
    return Thing(
        display.id,
        display.sku,
        display.position,
        display.rotation,
        display.variant if display.variant in variants else first,
        frozenset(variants),
        display.grab,
    )
