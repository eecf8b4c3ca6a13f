"""Where the camera stands: pure geometry of pictures, in metres, +Y up."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
Numbers = NDArray[np.float64]
FIELD_OF_VIEW = 22.0  # degrees, both ways: a portrait lens, which does not bend products
FILL = 0.86  # of the picture's width that the product may take


class Background(StrEnum):
    STUDIO = "studio"
    TRANSPARENT = "transparent"
    PLAIN = "plain"  # even grey: the cheapest, to compare with


@dataclass(frozen=True)
class View:
    """`direction` points from the product towards the camera; its length does not count."""

    name: str
    direction: Vector


@dataclass(frozen=True)
class Frame:
    """The box in world space that the camera is aimed at: the same for before and after."""

    low: Vector
    high: Vector

    @property
    def corners(self) -> Numbers:
        return np.array(list(product(*zip(self.low, self.high, strict=True))), np.float64)

    @property
    def diagonal(self) -> float:
        return float(np.linalg.norm(np.subtract(self.high, self.low)))


@dataclass(frozen=True)
class Shot:
    """One picture to take: `size` pixels both ways. `close` fills it with the silhouette, not the
    box, which leaves round things small; pictures to be compared keep to the box."""

    view: View
    size: int = 640
    variant: str | None = None
    background: Background = Background.STUDIO
    close: bool = False


# All sides are seen once, two from above, one nearly level, one from the back.
VIEWS = (
    View("front-right", (0.8, 0.5, 1.0)),
    View("front-left", (-1.0, 0.15, 0.75)),
    View("back-left", (-0.7, 0.35, -1.0)),
    View("above", (0.35, 1.6, 0.6)),
)
POSTER = View("poster", (0.52, 0.30, 1.0))


@dataclass(frozen=True, eq=False)
class Station:
    """A camera that stands somewhere: its place and three axes, unit vectors in world space."""

    position: Numbers
    right: Numbers
    up: Numbers
    ahead: Numbers
    distance: float  # to the plane through the middle of what it looks at

    @property
    def azimuth(self) -> float:
        """From +Z, where lights take the camera to be, towards +X, degrees."""
        return float(np.degrees(np.arctan2(-self.ahead[0], -self.ahead[2])))

    def rays(self, size: int) -> Numbers:
        """Direction of each pixel, (size, size, 3), 1 long along `ahead`; first row on top."""
        reach = np.tan(np.radians(FIELD_OF_VIEW / 2))
        across = ((np.arange(size) + 0.5) * 2 / size - 1) * reach
        flat = self.ahead + across[:, None] * self.right
        rays: Numbers = flat[None] - across[:, None, None] * self.up
        return rays

    def closer(self, covered: NDArray[np.bool_]) -> "Station":
        """Moved until what is `covered` of its (size, size) picture fills one, in the middle."""
        rows, columns = np.nonzero(covered)
        if not len(rows):
            return self
        reach = np.tan(np.radians(FIELD_OF_VIEW / 2)) * self.distance
        low, high = (
            (np.array([end(columns) + more, end(rows) + more]) * 2 / len(covered) - 1) * reach
            for end, more in ((np.min, 0), (np.max, 1))
        )
        x, y = (low + high) / 2
        distance = float(max(high - low) / 2 / (reach / self.distance * FILL))
        position = self.position + x * self.right - y * self.up
        position = position + (self.distance - distance) * self.ahead
        return Station(position, self.right, self.up, self.ahead, distance)


def station(view: View, frame: Frame) -> Station:
    """As near as it can be with the whole box in the picture, and that in its middle."""
    ahead = -np.array(view.direction, np.float64)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, (0, 1, 0) if abs(ahead[1]) < 0.999 else (0, 0, -1))
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    middle = np.mean([frame.low, frame.high], axis=0)
    reach = np.tan(np.radians(FIELD_OF_VIEW / 2)) * FILL
    corners = frame.corners - middle
    x, x_distance = _nearest(corners @ right, corners @ ahead, reach)
    y, y_distance = _nearest(corners @ up, corners @ ahead, reach)
    distance = max(x_distance, y_distance, frame.diagonal, 1e-6)
    position = middle + x * right + y * up - distance * ahead
    return Station(position, right, up, ahead, distance)


def _nearest(across: Numbers, depth: Numbers, reach: float) -> tuple[float, float]:
    """Shift and distance with |across - shift| <= reach * (depth + distance) for all points."""
    one, other = np.max(across - reach * depth), np.max(-across - reach * depth)
    return float(one - other) / 2, float(one + other) / 2 / reach
