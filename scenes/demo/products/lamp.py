"""Lume: a travertine foot under a pleated linen shade."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import circle, curve, layered, rounded
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Mesh, merge
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import lathe, tube
from scenes.demo.modelling.textures import Pixels

PLEATS = 60
LOW, HIGH = 0.27, 0.505  # the shade's edges, metres above the table


def _glow() -> Pixels:
    """Light on the shade: strongest at the bulb's height, fading to both edges."""
    v = (np.arange(64) + 0.5) / 64
    light = 0.34 + 0.66 * np.exp(-(((v - 0.4) / 0.36) ** 2))
    row = np.stack([light, light**1.25, light**1.6], axis=-1)
    return np.asarray(np.round(np.repeat(row[:, None], 64, axis=1) * 255), dtype=np.uint8)


def _pleated(profile: np.ndarray, outside: bool) -> Mesh:
    def fold(angles: np.ndarray, heights: np.ndarray) -> np.ndarray:
        wave = np.abs((angles * PLEATS / np.pi) % 2 - 1)
        return np.asarray(1 - 0.045 * (1 - wave))

    mesh = lathe(profile, PLEATS * 4, fold)
    wave = np.abs((np.arctan2(mesh.positions[:, 0], mesh.positions[:, 2]) * PLEATS / np.pi) % 2 - 1)
    return mesh.lit(0.62 + 0.38 * wave) if outside else mesh.flipped()


def _shade() -> tuple[Mesh, Mesh]:
    wall = layered(np.array([(0.179, LOW), (0.1775, LOW + 0.004), (0.12, HIGH)]), 0.05)
    return _pleated(wall, True), _pleated(wall * [0.985, 1], False)


def lamp() -> list[Part]:
    stone = Material("Travertine", "#e2d5c0", palette.travertine())
    brass = Material("Brushed brass", "#cfa65e", roughness=0.35, metallic=1.0)
    bulb = Material("Bulb", "#fff2dc", glow="#ffd9a0", glow_strength=3.0)
    glow = _glow()
    shades = {
        name: Material(
            f"{name} shade", tint, palette.linen(), matt=True, flat=True,
            glow=light, glow_picture=glow, glow_strength=0.55,
        )
        for name, tint, light in (
            ("Linen", "#e6d8bd", "#ffb873"),
            ("Clay", "#c27d5b", "#e06a34"),
            ("Sage", "#9ba888", "#8f8a4e"),
        )
    }  # fmt: skip
    foot = curve(
        [(0.0, 0), (0.072, 0), (0.08, 0.004), (0.083, 0.018), (0.074, 0.036), (0.05, 0.058),
         (0.036, 0.09), (0.034, 0.13), (0.046, 0.165), (0.058, 0.19), (0.052, 0.215),
         (0.03, 0.232), (0.0, 0.235)], 44
    )  # fmt: skip
    stem = lathe(
        rounded([(0, 0.23), (0.011, 0.23), (0.007, 0.236), (0.007, 0.33), (0.0, 0.33)], 0.002), 24
    )
    spokes = [
        tube(
            np.array([(0, 0.49, 0), (0.06 * c, 0.49, 0.06 * s), (0.121 * c, 0.495, 0.121 * s)]),
            0.0018,
            8,
        )
        for c, s in circle(1, 3)
    ]
    rod = tube(np.array([(0, 0.33, 0), (0, 0.45, 0), (0, 0.51, 0)]), 0.0025, 8)
    knob = lathe(
        curve([(0, 0.506), (0.008, 0.508), (0.009, 0.514), (0.005, 0.519), (0, 0.52)], 14), 20
    )
    light = lathe(
        curve([(0, 0.33), (0.012, 0.335), (0.024, 0.37), (0.018, 0.4), (0, 0.41)], 16), 24
    )
    rings = [
        tube(
            np.stack([r * np.sin(a), np.full(61, y), r * np.cos(a)], axis=1), 0.0022, 6, closed=True
        )
        for r, y in ((0.1785, LOW + 0.001), (0.1195, HIGH))
        for a in [np.linspace(0, 2 * np.pi, 61)]
    ]
    outer, inner = _shade()
    span = HIGH - LOW
    parts = [
        Part("foot", lathe(foot, 48).tiled(0.35), stone),
        Part("fittings", merge(stem, rod, knob, *spokes), brass),
        Part("bulb", light, bulb),
        Part("shade", merge(outer, inner).tiled(0.24, span), shades["Linen"], shades),
        Part("hoops", merge(*rings).tiled(0.24, span), shades["Linen"], shades),
    ]
    return [*shaded(parts[:2], strength=0.6), *parts[2:]]
