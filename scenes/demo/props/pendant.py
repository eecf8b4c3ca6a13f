"""An opal globe on a cord; the origin is at the ceiling."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.curves import curve, rounded
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import merge
from scenes.demo.modelling.shapes import lathe, tube

DROP, RADIUS = 1.05, 0.125


def pendant() -> list[Part]:
    brass = Material("Brass", "#d0a85f", roughness=0.3, metallic=1.0)
    opal = Material("Opal glass", "#fff6e8", roughness=0.25, glow="#ffdfb4", glow_strength=1.3)
    turn = np.linspace(-np.pi / 2, np.pi / 2 * 0.86, 28)
    globe = lathe(np.stack([RADIUS * np.cos(turn), RADIUS * np.sin(turn)], axis=1), 40)
    # Brighter below the middle, where the bulb is; the rim stays softer.
    globe = globe.moved(y=-DROP - RADIUS)
    cap = lathe(
        rounded(
            [(0, 0), (0.036, 0), (0.033, 0.03), (0.012, 0.045), (0.006, 0.07), (0, 0.07)], 0.004
        ),
        28,
    )
    rose = lathe(rounded([(0, -0.028), (0.05, -0.026), (0.055, 0.0), (0, 0)], 0.008), 32)
    # Thicker than a real cord: below a pixel at five metres, it would come and go.
    cord = tube(curve([(0, -0.02, 0), (0, -0.5, 0), (0, -DROP + 0.05, 0)], 4), 0.005, 8)
    return [
        Part("globe", globe, opal),
        Part("brass", merge(cap.moved(y=-DROP - 0.012), rose), brass),
        Part("cord", cord, Material("Cord", "#2b2521", roughness=0.9)),
    ]
