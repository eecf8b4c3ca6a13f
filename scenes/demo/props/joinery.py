"""What the carpenter and the smith made: slats, skirting, door, window frame."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.mesh import Mesh, merge, sheet
from scenes.demo.modelling.shapes import block, panel

SLAT, SPACE, PROUD = 0.046, 0.072, 0.034


def slats(x0: float, x1: float, z: float, height: float) -> tuple[Mesh, Mesh]:
    """Upright oak slats before a dark backing, on the wall at z, facing +z."""
    ribs = []
    rng = np.random.default_rng(9)
    for x in np.arange(x0, x1 - SLAT, SPACE):
        profile = np.array(
            [
                (0, 0),
                (0, PROUD - 0.004),
                (0.004, PROUD),
                (SLAT - 0.004, PROUD),
                (SLAT, PROUD - 0.004),
                (SLAT, 0),
            ]
        )
        rows = np.linspace(0.0, height, 6)
        points = np.stack([
            np.stack([x + profile[:, 0], np.full(6, y), z + profile[:, 1]], axis=1) for y in rows
        ])  # fmt: skip
        ribs.append(
            sheet(points)
            .flipped()
            .uv_turned()
            .uv_moved(rng.random() * 5, rng.random() * 5)
            .lit(0.8 + 0.2 * rng.random())
        )
    backing = panel((x0 - 0.03, 0, z + 0.004), (x1 - x0 + 0.03, 0, 0), (0, height, 0))
    return merge(*ribs), backing


def skirting(x: float, z: float, niche: tuple[float, float, float, float]) -> Mesh:
    """A plain board along every wall, left out at the niche and before the slats."""
    runs = [
        ((-x, -z), (x - 2.93, -z)),
        ((x, -z), (x, niche[0] - 0.02)),
        ((x, niche[1] + 0.02), (x, z)),
        ((x, z), (0.85, z)),
        ((-0.85, z), (-x, z)),
        ((-x, z), (-x, -z)),
    ]
    boards = []
    for (ax, az), (bx, bz) in runs:
        length = float(np.hypot(bx - ax, bz - az))
        board = block(length, 0.09, 0.028, 0.004)
        yaw = float(np.degrees(np.arctan2(-(bz - az), bx - ax)))
        boards.append(board.turned(y=yaw).moved((ax + bx) / 2, 0, (az + bz) / 2))
    return merge(*boards)


def door(z: float) -> tuple[Mesh, Mesh]:
    """A pair of oak leaves in a frame on the wall at +z, and their bars."""
    leaf = []
    for side in (-1, 1):
        leaf.append(block(0.74, 2.36, 0.05, 0.006).turned(y=180).moved(side * 0.374, 0.004, z))
        for low, high in ((0.14, 1.0), (1.12, 2.24)):
            field = block(0.5, high - low, 0.02, 0.008).moved(side * 0.374, low, z - 0.028)
            leaf.append(field)
    jambs = [block(0.08, 2.46, 0.09, 0.006).moved(side * 0.79, 0, z) for side in (-1, 1)]
    head = block(1.66, 0.08, 0.09, 0.006).moved(0, 2.38, z)
    bars = [block(0.022, 0.5, 0.022, 0.008).moved(side * 0.05, 0.85, z - 0.075) for side in (-1, 1)]
    stubs = [
        block(0.016, 0.016, 0.06, 0.004).moved(side * 0.05, y, z - 0.05)
        for side in (-1, 1)
        for y in (0.92, 1.27)
    ]
    return merge(*(m.uv_turned() for m in (*leaf, *jambs)), head), merge(*bars, *stubs)


def window_frame(x: float, opening: tuple[float, float, float, float]) -> Mesh:
    """Slim bronze bars: four tall lights with a transom."""
    z0, z1, low, high = opening
    bars = []
    for z in np.linspace(z0, z1, 5):
        thick = 0.06 if z in (z0, z1) else 0.038
        bars.append(block(0.06, high - low, thick, 0.006).moved(x, low, float(z)))
    middle, span = (z0 + z1) / 2, z1 - z0
    rails = ((low, 0.05), (2.12, 0.034), (high - 0.05, 0.05))
    bars += [block(0.056, thick, span, 0.006).moved(x, y, middle) for y, thick in rails]
    return merge(*bars)
