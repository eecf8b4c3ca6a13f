"""Onda: a fluted stoneware vase, glazed down to a raw clay foot."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.noise import smoothstep
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import lathe

FLUTES = 26
HEIGHT = 0.34
OUTSIDE = [
    (0.058, 0.012), (0.072, 0.03), (0.098, 0.085), (0.110, 0.145), (0.101, 0.205),
    (0.074, 0.255), (0.050, 0.285), (0.043, 0.305), (0.047, 0.326), (0.0545, 0.337), (0.056, 0.34),
]  # fmt: skip
INSIDE = [(0.0525, 0.3385), (0.043, 0.326), (0.039, 0.305), (0.05, 0.27), (0.08, 0.22), (0.0, 0.12)]


def _waves(angles: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Flutes lean with the turn of the wheel and die out at foot and neck."""
    deep = smoothstep(0.012, 0.05, heights) * (1 - smoothstep(0.24, 0.295, heights))
    ridge = np.abs(np.sin((angles + 2.2 * heights) * FLUTES / 2)) ** 0.7
    return np.asarray(1 - 0.075 * deep * (1 - ridge))


def vase() -> list[Part]:
    glazes = {
        "Celadon": Material("Celadon glaze", "#a7bfa6", palette.glaze(), flat=True, clearcoat=0.5),
        "Milk": Material("Milk glaze", "#f1e9db", palette.glaze(), flat=True, clearcoat=0.4),
        "Tenmoku": Material("Tenmoku glaze", "#54301f", palette.glaze(), flat=True, clearcoat=0.7),
    }
    clay = Material("Raw clay", "#b28e70", palette.plaster(), roughness=1.0)
    body = lathe(np.concatenate([curve(OUTSIDE, 34), curve(INSIDE, 9)]), FLUTES * 6, _waves)
    angle = np.arctan2(body.positions[:, 0], body.positions[:, 2])
    hollow = (1 - _waves(angle, body.positions[:, 1])) / 0.075
    # The glaze runs off the ridges, where it stays thin and shows the warm clay.
    body = body.lit(1 - 0.3 * np.outer(hollow, [1.0, 0.85, 0.8]))
    foot = lathe(
        curve([(0.0, 0.004), (0.046, 0.004), (0.0475, 0), (0.055, 0), (0.06, 0.0135)], 14), 64
    )
    parts = [
        Part("glaze", body.tiled(0.25), glazes["Celadon"], glazes),
        Part("foot", foot.tiled(0.3), clay),
    ]
    return shaded(parts, strength=0.6)
