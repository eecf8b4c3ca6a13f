"""Brume: a chunky knitted throw, folded in four, its fringe over the front edge."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import tube

WIDTH, THICK = 0.44, 0.0235
GAP = 0.0265  # from layer to layer


def _fold() -> Floats:
    """The middle line of the wool in (z, y): four layers, then down over the front."""
    line: list[tuple[float, float]] = []
    reach = (0.150, 0.147, 0.152)
    for layer in range(4):
        y = THICK / 2 + 0.0008 + layer * GAP
        ahead = layer % 2 == 1
        ends = (-reach[layer % 3], reach[(layer + 1) % 3])
        xs = np.linspace(*(ends if not ahead else ends[::-1]), 14)
        line += [(x, y + 0.0022 * np.sin(31 * x + 2.1 * layer)) for x in xs]
        if layer < 3:
            side = -1 if ahead else 1
            line.append((side * (0.150 + GAP * 0.62), y + GAP / 2))
    z, y = line[-1]
    # The fourth layer ends at the back, so the last one comes forward and hangs.
    line.append((z - GAP * 0.62, y + GAP / 2))
    top = y + GAP
    line += [(x, top + 0.003 * np.sin(17 * x)) for x in np.linspace(-0.15, 0.135, 14)]
    line += [(0.163, top - 0.007), (0.178, top - 0.03), (0.180, top - 0.055)]
    return curve(np.array(line), 140)


def _wool() -> tuple[Mesh, Floats]:
    line = _fold()
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = np.stack([-along[:, 1], along[:, 0]], axis=1)
    taper = np.sqrt(np.clip(np.minimum(np.arange(140), 139 - np.arange(140)) / 3, 0.05, 1))[:, None]
    loop = np.concatenate([line + out * THICK / 2 * taper, (line - out * THICK / 2 * taper)[::-1]])
    loop = np.concatenate([loop, loop[:1]])
    centre = np.concatenate([line, line[::-1], line[:1]])
    rim = np.linspace(0, 1, 6) ** 2  # from the selvedge inwards, over half a thickness
    plump = np.sqrt(1 - (1 - rim) ** 2) * 0.995 + 0.005
    across = np.concatenate(
        [0.011 * rim - WIDTH / 2, np.linspace(-0.19, 0.19, 11), WIDTH / 2 - 0.011 * rim[::-1]]
    )
    thick = np.concatenate([plump, np.ones(11), plump[::-1]])
    # Layers do not end flush: each lies a few millimetres off.
    drift = 0.006 * np.sin(np.linspace(0, 5.2 * np.pi, 140))
    drift = np.concatenate([drift, drift[::-1], drift[:1]])
    flat = centre[None] + (loop - centre)[None] * thick[:, None, None]
    points = np.stack(
        [across[:, None] + drift[None] + 0 * flat[..., 0], flat[..., 1], flat[..., 0]], axis=-1
    )
    points[..., 1] += (
        0.0022 * np.sin(21 * points[..., 0] + 40 * points[..., 2]) * (points[..., 1] > 0.03)
    )
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(loop, axis=0), axis=1))])
    uvs = np.stack(np.meshgrid(steps, across), axis=-1)
    mesh = sheet(points, uvs).flipped().uv_turned()
    return mesh, line


def _fringe(line: Floats) -> Mesh:
    rng = np.random.default_rng(5)
    z, y = line[-1]
    tassels = []
    for x in np.linspace(-WIDTH / 2 + 0.016, WIDTH / 2 - 0.016, 26):
        sway, kick = rng.normal(0, 0.0025), rng.normal(0, 0.002)
        drop = y - 0.010 - rng.random() * 0.006
        hang = [(0, 0.004, 0), (sway / 2, -drop * 0.3, 0.002 + kick), (sway, -drop * 0.72, 0.001),
                (sway * 2, -drop, 0.004 + kick)]  # fmt: skip
        path = curve(np.add(hang, (x, y, z)), 8)
        radius = np.interp(
            np.linspace(0, 1, 8), [0, 0.14, 0.24, 0.6, 1], [0.004, 0.0052, 0.0036, 0.0046, 0.0034]
        )
        tassels.append(tube(path, radius, 6, caps=False))
    return merge(*tassels)


def throw() -> list[Part]:
    wool = {
        name: Material(
            f"{name} merino", tint, palette.knit(), matt=True, sheen=glint, sheen_roughness=0.8
        )
        for name, tint, glint in (
            ("Ecru", "#efe5d3", "#35322c"),
            ("Rust", "#b7633f", "#381e14"),
            ("Slate", "#66727b", "#23272a"),
        )
    }
    body, line = _wool()
    low = float(body.positions[:, 1].min())
    parts = [
        Part("throw", body.tiled(0.2), wool["Ecru"], wool),
        Part("fringe", _fringe(line).tiled(0.2), wool["Ecru"], wool),
    ]
    lifted = [Part(p.name, p.mesh.moved(y=-low), p.material, p.variants) for p in parts]
    return shaded(lifted, strength=0.9)
