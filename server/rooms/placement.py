"""Where a thing is, how it is turned and how large: within what its display allows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from server.rooms.pose import IDENTITY, Bounds, Quaternion, Vector

DIGITS: Final = 4  # 0.1 mm and 0.01°: what a hand can do; more would only be bytes


class Limits(msgspec.Struct, frozen=True):
    """What people may do with a thing beside taking it.

    `scale`: the smallest and the largest factor. `reach`: metres that it may be away from its
    place; None: anywhere in the room. `turn`: free, upright (about the vertical only) or none.
    """

    scale: tuple[float, float] = (0.5, 2.0)
    reach: float | None = None
    turn: Literal["free", "upright", "none"] = "free"


@dataclass(frozen=True, slots=True)
class Placement:
    """`scale` is a factor of the thing's own size, the same along each axis."""

    position: Vector
    rotation: Quaternion = IDENTITY
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Where somebody wants a thing; what is None stays as it is."""

    position: Vector | None = None
    rotation: Quaternion | None = None
    scale: float | None = None

    def over(self, place: Placement) -> Placement:
        """That placement, changed as wished."""
        return Placement(
            place.position if self.position is None else self.position,
            place.rotation if self.rotation is None else self.rotation,
            place.scale if self.scale is None else self.scale,
        )


def fitted(wanted: Placement, home: Placement, limits: Limits, bounds: Bounds) -> Placement:
    """The nearest placement that is allowed to a thing with this home, with few digits."""
    if wanted == home:
        return home
    return Placement(
        position=bounds.clamp(rounded(within(wanted.position, home.position, limits.reach))),
        rotation=turned(wanted.rotation, home.rotation, limits.turn),
        scale=min(max(round(wanted.scale, DIGITS), limits.scale[0]), limits.scale[1]),
    )


def within(point: Vector, middle: Vector, reach: float | None) -> Vector:
    """The point, or the place on the way to it that is `reach` from the middle."""
    away = math.dist(point, middle)
    if reach is None or away <= reach:
        return point
    x, y, z = (m + (p - m) * reach / away for p, m in zip(point, middle, strict=True))
    return (x, y, z)


def turned(rotation: Quaternion, home: Quaternion, turn: str) -> Quaternion:
    """The rotation, as much of it as is allowed."""
    if turn == "none":
        return home
    if turn == "free":
        return rounded_turn(rotation)
    # What lies between home and there, about the vertical only (swing-twist decomposition).
    _, y, _, w = product(unit(rotation), conjugate(home))
    return rounded_turn(product(unit((0.0, y, 0.0, w)), home))


def spun(rotation: Quaternion, radians: float) -> Quaternion:
    """Turned about the vertical, counter-clockwise as seen from above."""
    return product((0.0, math.sin(radians / 2), 0.0, math.cos(radians / 2)), rotation)


def unit(rotation: Iterable[float]) -> Quaternion:
    """The rotation at length 1; one without length becomes no turn."""
    x, y, z, w = rotation
    length = math.hypot(x, y, z, w)
    return (x / length, y / length, z / length, w / length) if length > 1e-6 else IDENTITY


def rounded_turn(rotation: Quaternion) -> Quaternion:
    """At length 1, to within the digits that are sent."""
    x, y, z, w = (round(value, DIGITS) for value in unit(rotation))
    return (x, y, z, w)


def rounded(point: Vector) -> Vector:
    """To 0.1 mm."""
    x, y, z = (round(value, DIGITS) for value in point)
    return (x, y, z)


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """Hamilton's: first b, then a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def conjugate(rotation: Quaternion) -> Quaternion:
    """The way back, for a rotation of length 1."""
    x, y, z, w = rotation
    return (-x, -y, -z, w)
