"""The soft shadow where a thing meets the floor."""

from __future__ import annotations

from functools import cache

import numpy as np

from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.shapes import panel
from scenes.demo.modelling.textures import Pixels

ABOVE_FLOOR = 0.004  # metres; enough for a 24-bit depth buffer across the room
SPREAD = 1.5


@cache
def _stain(shape: str) -> Pixels:
    at = (np.arange(64) + 0.5) / 32 - 1
    x, z = np.abs(np.meshgrid(at, at)) * SPREAD
    if shape == "round":
        beyond = np.clip(np.hypot(x, z) - 1, -1, None)
    else:
        beyond = np.where(
            np.maximum(x, z) > 1, np.hypot(np.clip(x - 1, 0, 1), np.clip(z - 1, 0, 1)), -0.1
        )
    dark = 0.62 * np.clip(1 - np.clip(beyond, 0, 1) / (SPREAD - 1), 0, 1) ** 2.2
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., :3] = (38, 26, 18)
    pixels[..., 3] = np.round(dark * 255)
    return pixels


@cache
def _material(shape: str) -> Material:
    return Material("Contact shadow", picture=_stain(shape), blend=True, roughness=1)


def contact(shape: str, width: float, depth: float) -> Part:
    """A quad on the floor half again as large as the footprint; `shape` is round or square."""
    w, d = width * SPREAD, depth * SPREAD
    mesh = panel((-w / 2, ABOVE_FLOOR, d / 2), (w, 0, 0), (0, 0, -d)).tiled(w, d)
    return Part("contact-shadow", mesh, _material(shape))
