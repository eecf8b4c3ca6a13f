"""The view: a lake in the morning, mountains in the haze, and open sky above."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, sheet
from scenes.demo.modelling.noise import cloud, smoothstep, spread
from scenes.demo.modelling.shapes import panel
from scenes.demo.modelling.textures import Pixels, rgb

WIDE, HIGH = 1024, 512
RADIUS, LOW, TOP = 11.0, -5.0, 5.4  # metres: a bent screen round the window
GARDEN = 2.8  # metres of it below the shore's hedge


def _ridge(seed: int, level: float, rough: float) -> Floats:
    """Skyline of a mountain chain as a height per column, 0..1 of the picture."""
    rng = np.random.default_rng(seed)
    f = np.arange(1, 200)
    phase = rng.random(199) * 2 * np.pi
    size = rng.normal(0, 1, 199) * f**-1.45
    x = np.linspace(0, 2 * np.pi, WIDE, endpoint=False)
    line = (size[:, None] * np.sin(f[:, None] * x + phase[:, None])).sum(axis=0)
    return np.asarray(level + rough * line / np.abs(line).max())


def _view() -> Pixels:
    share = 1 - (np.arange(HIGH)[:, None] + 0.5) / HIGH  # 0 at the foot
    span = TOP - LOW
    y = (share * span - GARDEN) / (span - GARDEN)  # 0 at the hedge
    sky = smoothstep(0.34, 1.0, y)[..., None]
    picture = rgb("#f6ead6") * (1 - sky) + rgb("#c3dbeb") * sky
    picture = np.broadcast_to(picture, (HIGH, WIDE, 3)).copy()
    puffs = cloud(1024, 201, slope=1.7, stretch=2.6)[:HIGH]
    veil = smoothstep(0.55, 0.95, puffs) * smoothstep(0.42, 0.62, y) * 0.75
    picture += (rgb("#fffaf2") - picture) * veil[..., None]
    chains = (
        (5, 0.56, 0.11, "#b9c9d3"),
        (6, 0.485, 0.085, "#94acb8"),
        (17, 0.43, 0.065, "#6f8f92"),
        (9, 0.375, 0.035, "#557769"),
    )
    for seed, level, rough, tone in chains:
        line = _ridge(seed, level, rough)[None]
        mask = smoothstep(0, 0.004, line - y)
        haze = rgb(tone) + (rgb("#efe3d0") - rgb(tone)) * (
            0.6 * smoothstep(0.0, 0.16, line - y)[..., None]
        )
        picture += (haze - picture) * mask[..., None]
    shore = 0.335
    water = smoothstep(-0.002, 0.002, shore - y)
    depth = np.clip((shore - y) / shore, 0, 1)
    ripple = spread(cloud(1024, 203, slope=1.0, low=8, stretch=14)[:HIGH]) - 0.5
    above = ((2 * shore - y) * (span - GARDEN) + GARDEN) / span
    mirror = picture[np.clip(((1 - above) * HIGH).astype(int), 0, HIGH - 1)[:, 0]]
    lake = mirror * 0.55 + 0.45 * (
        rgb("#a9c4cb") * (1 - depth[..., None]) + rgb("#5f8a93") * depth[..., None]
    )
    lake = lake + (ripple * (0.06 + 0.22 * depth))[..., None]
    picture += (lake - picture) * water[..., None]
    leaf = spread(
        cloud(1024, 205, slope=1.15, low=3)[:HIGH]
        + 0.5 * cloud(1024, 206, slope=0.6, low=30)[:HIGH]
    )
    hedge = _ridge(23, 0.105, 0.06)[None] + (leaf - 0.5) * 0.09
    mask = smoothstep(0, 0.008, hedge - y)
    green = (
        rgb("#3d5539") * (0.55 + 0.9 * leaf[..., None])
        + rgb("#3a3a10") * smoothstep(0.5, 1, leaf)[..., None]
    )
    picture += (green - picture) * mask[..., None]
    return np.asarray(np.round(np.clip(picture, 0, 1) * 255), dtype=np.uint8)


def _fade() -> Pixels:
    """Opaque, but for the top edge, which dissolves into the background."""
    v = (np.arange(64) + 0.5) / 64
    pixels = np.zeros((64, 8, 4), np.uint8)
    pixels[..., 3] = np.round(255 * smoothstep(0.0, 0.16, v))[:, None]
    return pixels


def outside() -> list[Part]:
    """A screen that the sun's rays pass above; single-sided, seen from the room only."""
    angles = np.radians(np.linspace(-72, 72, 33))
    t = np.linspace(0, 1, 5)
    a, h = np.meshgrid(angles, t)
    points = np.stack(
        [-4.2 - RADIUS * np.cos(a), LOW + (TOP - LOW) * h, -RADIUS * np.sin(a)], axis=-1
    )
    uvs = np.stack([(a - a.min()) / np.ptp(a), 1 - h], axis=-1)
    view = Material(
        "View", "#000000", picture=_fade(), roughness=1, glow="#ffffff", glow_picture=_view(),
        glow_strength=1.15, blend=True,
    )  # fmt: skip
    mesh = sheet(points, uvs)
    inward = (mesh.normals * (mesh.positions - [0, 1, 0])).sum(axis=1).mean() < 0
    lawn = panel((-4.2 - RADIUS, LOW + 0.05, RADIUS), (RADIUS - 0.6, 0, 0), (0, 0, -2 * RADIUS))
    grass = Material("Lawn", "#000000", roughness=1, glow="#41642f")
    return [Part("view", mesh if inward else mesh.flipped(), view), Part("lawn", lawn, grass)]
