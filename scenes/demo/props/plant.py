"""A fiddle-leaf fig in a stoneware pot."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.noise import cloud, smoothstep
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import lathe, tube
from scenes.demo.modelling.textures import Pixels, shade
from scenes.demo.props.contact import contact


def _leaf_picture() -> Pixels:
    """One leaf fills the picture: v runs from the stalk to the tip."""
    size = 256
    v, u = np.mgrid[0:size, 0:size] / size
    side = np.abs(u - 0.5) * 2
    rib = smoothstep(0.05, 0.0, side)
    branch = np.abs(np.mod((v - 0.32 * side) * 8, 1) - 0.5) * 2
    veins = smoothstep(0.14, 0.0, branch) * smoothstep(1.0, 0.2, side)
    tone = np.clip(
        0.45 + 0.35 * (cloud(size, 301, slope=1.5) - 0.5) + 0.25 * branch - 0.2 * side, 0, 1
    )
    color = shade(tone, "#2b4a22", "#3f6a2f", "#55823c", "#6e964c")
    pale = np.array([0.66, 0.74, 0.44])
    color += (pale - color) * (0.75 * rib + 0.4 * veins)[..., None].clip(0, 0.85)
    return np.asarray(np.round(np.clip(color, 0, 1) * 255), dtype=np.uint8)


def _leaf(length: float, droop: float, cup: float) -> Mesh:
    """A fiddle-shaped leaf along +z from the origin, bending down, its sides raised."""
    t = np.linspace(0, 1, 9)
    half = length * np.interp(
        t, [0, 0.06, 0.25, 0.42, 0.7, 0.9, 1], [0.012, 0.10, 0.19, 0.17, 0.29, 0.20, 0.015]
    )
    s = np.linspace(-1, 1, 7)
    turn = np.cumsum(np.full(9, droop / 9)) - 0.35 * droop
    z = np.concatenate([[0], np.cumsum(np.cos(turn[1:]) * length / 8)])
    y = np.concatenate([[0], np.cumsum(-np.sin(turn[1:]) * length / 8)])
    x = half[:, None] * s[None]
    lift = cup * np.abs(s[None]) ** 1.5 * half[:, None]
    wave = 0.045 * length * np.sin(9 * t[:, None] + 2 * np.sign(s[None])) * s[None] ** 2
    points = np.stack([x, y[:, None] + lift + wave, np.broadcast_to(z[:, None], x.shape)], axis=-1)
    uvs = np.stack(np.broadcast_arrays(0.5 + 0.5 * s[None], t[:, None]), axis=-1)
    return sheet(points, uvs)


def _stems() -> list[Floats]:
    return [
        curve([(0, 0.3, 0), (0.02, 0.7, 0.01), (-0.02, 1.15, 0.03), (0.03, 1.72, 0.0)], 40),
        curve([(0.02, 0.35, 0.02), (0.10, 0.62, 0.06), (0.17, 1.0, 0.06), (0.18, 1.36, 0.1)], 40),
        curve(
            [(-0.02, 0.35, -0.01), (-0.09, 0.6, 0.03), (-0.17, 0.88, 0.10), (-0.2, 1.15, 0.12)], 40
        ),
    ]


def plant() -> list[Part]:
    leaves, stems = [], []
    rng = np.random.default_rng(31)
    for path, count in zip(_stems(), (24, 15, 13), strict=True):
        stems.append(tube(path, np.interp(np.linspace(0, 1, 40), [0, 1], [0.015, 0.006]), 9))
        for k in range(count):
            share = 0.30 + 0.70 * k / (count - 1)
            at = path[int(share * 39)]
            length = (0.30 - 0.11 * share) * rng.uniform(0.9, 1.15)
            rise = -18 + 62 * share**2 + rng.normal(0, 7)
            leaf = _leaf(length, rng.uniform(0.7, 1.2), rng.uniform(0.25, 0.5))
            leaf = leaf.moved(z=0.035).turned(x=-rise, y=137.5 * k + rng.normal(0, 10) + 40 * count)
            leaves.append(leaf.moved(*at))
    pot = curve(
        [(0.0, 0.0), (0.11, 0.0), (0.125, 0.008), (0.165, 0.18), (0.178, 0.33), (0.178, 0.345),
         (0.168, 0.345), (0.163, 0.33), (0.158, 0.30)], 36
    )  # fmt: skip
    soil = lathe(np.array([(0.16, 0.305), (0.1, 0.315), (0.0, 0.318)]), 32)
    clay = Material("Stoneware", "#d9cbb8", palette.plaster(), matt=True, roughness=0.85)
    green = Material("Leaf", picture=_leaf_picture(), roughness=0.42, two_sided=True)
    parts = [
        Part("pot", lathe(pot, 56).tiled(0.8), clay),
        Part("soil", soil, Material("Soil", "#3b2c21", roughness=1)),
        Part("stems", merge(*stems), Material("Stem", "#77634a", roughness=0.9)),
        Part("leaves", merge(*leaves), green),
    ]
    return [*shaded(parts, strength=0.7), contact("round", 0.36, 0.36)]
