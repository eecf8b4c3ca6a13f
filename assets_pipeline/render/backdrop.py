"""What is behind the product: a light cove, and the soft shadow where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from assets_pipeline.render.views import Frame, Station

Greys = NDArray[np.float32]
# The shadow of what is below these parts of the product's height; the lowest are the darkest and
# sharpest, as under a large lamp.
SLICES = (0.02, 0.08, 0.25, 1.0)
DARKNESS = (0.50, 0.38, 0.32, 0.30)
MARGIN = 2.2  # sides of the square of ground that takes shadow, in sides of the product's
TOP, BOTTOM = (0.745, 0.750, 0.760), (0.875, 0.870, 0.863)  # linear light of the cove


@dataclass(frozen=True, eq=False)
class Ground:
    """A square of ground under a product, and how dark its shadow is there, 0 to 1."""

    centre: tuple[float, float, float]
    side: float
    shadow: Greys  # (n, n), rows towards -Z, columns towards +X


def ground_square(frame: Frame) -> tuple[tuple[float, float, float], float]:
    """Centre and side of the ground that a product in this box can throw a shadow on, metres."""
    low, high = np.array(frame.low), np.array(frame.high)
    x, _, z = (low + high) / 2
    return (float(x), float(low[1]), float(z)), float(max(high - low) * MARGIN) or 1.0


def shadow(covered: Sequence[Greys], heights: Sequence[float], side: float) -> Greys:
    """Darkness from the (n, n) coverage of what is below each height in metres, seen from below."""
    light = np.ones_like(covered[0])
    for part, height, dark in zip(covered, heights, DARKNESS, strict=True):
        blur = max(0.35 * height / side * len(part), 0.006 * len(part))
        light *= 1 - dark * gaussian_filter(part, blur, mode="constant")
    inside = np.linspace(-1, 1, len(light), dtype=np.float32)
    fading = np.clip(4 * (1 - np.abs(inside)), 0, 1)  # the square has no edge to be seen
    faded: Greys = (1 - light) * fading * fading[:, None]
    return faded


def backdrop(station: Station, ground: Ground, size: int) -> Greys:
    """The picture without the product, (size, size, 3) linear light."""
    rise = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    top, bottom = np.array(TOP, np.float32), np.array(BOTTOM, np.float32)
    light: Greys = (top + (bottom - top) * rise**1.5) * (1 - _seen(station, ground, size))
    return light


def _seen(station: Station, ground: Ground, size: int) -> Greys:
    """The shadow where each pixel's ray meets the ground, (size, size, 1)."""
    rays = station.rays(size)
    down = -rays[..., 1]
    reach = (station.position[1] - ground.centre[1]) / np.where(down > 1e-6, down, np.inf)
    hit = station.position + rays * np.maximum(reach, 0)[..., None]
    n = len(ground.shadow)
    column = ((hit[..., 0] - ground.centre[0]) / ground.side + 0.5) * n - 0.5
    row = (-(hit[..., 2] - ground.centre[2]) / ground.side + 0.5) * n - 0.5
    found = map_coordinates(ground.shadow, [row, column], order=1, mode="constant")
    return np.where(reach > 0, found, 0).astype(np.float32)[..., None]
