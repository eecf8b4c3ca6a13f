"""The rug and the curtains."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Mesh, merge, sheet
from scenes.demo.modelling.shapes import block, panel, tube

WIDTH, DEPTH, PILE = 3.2, 2.3, 0.012


def _band(inset: float, wide: float) -> Mesh:
    """A stripe woven round the rug, a hair above it."""
    w, d, y = WIDTH / 2 - inset, DEPTH / 2 - inset, PILE + 0.0015
    return merge(
        panel((-w, y, d), (2 * w, 0, 0), (0, 0, -wide)),
        panel((-w, y, -d + wide), (2 * w, 0, 0), (0, 0, -wide)),
        panel((-w, y, d - wide), (wide, 0, 0), (0, 0, -2 * d + 2 * wide)),
        panel((w - wide, y, d - wide), (wide, 0, 0), (0, 0, -2 * d + 2 * wide)),
    )


def rug() -> list[Part]:
    wool = Material("Rug wool", "#d9c9ae", palette.flatweave(), matt=True, plain=True)
    dyed = Material("Dyed wool", "#96553b", palette.flatweave(), matt=True, plain=True)
    rng = np.random.default_rng(17)
    ends = []
    for side in (-1, 1):
        for z in np.arange(-DEPTH / 2 + 0.012, DEPTH / 2, 0.024):
            x, sway = side * WIDTH / 2, rng.normal(0, 0.006)
            tip = x + side * (0.08 + rng.random() * 0.012)
            middle = (x + side * 0.045, 0.006, z + sway / 2)
            path = np.array([(x - side * 0.004, 0.008, z), middle, (tip, 0.004, z + sway)])
            ends.append(tube(path, 0.0035, 3, caps=False))
    return [
        Part("rug", merge(block(WIDTH, PILE, DEPTH, 0.005), *ends).tiled(0.16), wool),
        Part("border", merge(_band(0.14, 0.035), _band(0.21, 0.012)).tiled(0.16), dyed),
    ]


def curtain() -> list[Part]:
    """A gathered linen panel 0.6 m wide; it hangs from y = 2.97 to the floor, facing +z."""
    s = np.linspace(0, 1, 97)
    y = np.linspace(0.012, 2.97, 14)
    ss, yy = np.meshgrid(s, y)
    rng = np.random.default_rng(3)
    fold = np.cumsum(0.7 + 0.6 * rng.random(97))
    fold = fold / fold[-1] * 2 * np.pi * 7
    fall = 1 - yy / 2.97
    wave = np.sin(fold[None] + 0.35 * np.sin(2 * ss * np.pi + 1) * fall)
    depth = 0.034 + 0.022 * fall
    x = (ss - 0.5) * (0.52 + 0.10 * fall) + 0.016 * np.cos(fold[None] * 2) * fall
    points = np.stack([x, yy, depth * wave], axis=-1)
    mesh = sheet(points, np.stack([ss * 1.3, yy], axis=-1)).flipped()
    shade = 0.68 + 0.32 * (0.5 + 0.5 * wave.reshape(-1))
    linen = Material("Linen curtain", "#ebdec8", roughness=0.95, two_sided=True)
    return [Part("curtain", mesh.lit(shade).tiled(0.3), linen)]
