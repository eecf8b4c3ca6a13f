"""Alba: a lounge chair, one thick curve of bouclé round a deep seat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve, superellipse
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import lathe, level, merge_smooth, sweep, tube, unfolded

THICKNESS = 0.15


def _back() -> Mesh:
    """The wraparound: low at the arms, high behind the shoulders, plump all over."""
    half = [(0.318, 0.24), (0.325, 0.08), (0.320, -0.10), (0.265, -0.245), (0.14, -0.305)]
    plan = [*half, (0.0, -0.315), *[(-x, z) for x, z in half[::-1]]]
    count = 92
    flat = curve(plan, count)
    t = np.linspace(-1, 1, count)
    rise = np.clip(1 - np.abs(t) / 0.86, 0, 1)
    height = 0.34 + 0.255 * (rise * rise * (3 - 2 * rise))
    end = np.clip((1 - np.abs(t)) / 0.085, 0, 1)
    rounding = np.sqrt(np.clip(1 - (1 - end) ** 2, 0.0, 1))
    path = np.stack([flat[:, 0], 0.145 + height / 2, flat[:, 1]], axis=1)
    section = superellipse(1, 1, 2.7, 32)
    size = np.stack(
        [THICKNESS / 2 * np.maximum(rounding, 0.04), height / 2 * (0.55 + 0.45 * rounding)], axis=1
    )
    return sweep(path, section, scale=size)


def _cushion(a: float, b: float, low: float, high: float, power: float, crown: float) -> Mesh:
    """A pillow between two heights with soft edges; `crown` lifts its middle."""
    turns = np.linspace(-np.pi / 2, np.pi / 2, 19)[1:-1]
    middle, half = (low + high) / 2, (high - low) / 2
    loops = []
    for turn in turns:
        inset = (1 - np.cos(turn)) * half * 0.9
        loops.append(
            level(superellipse(a - inset, b - inset, power, 72), middle + half * np.sin(turn))
        )
    top = loops[-1]
    middle_top = top.mean(axis=0)
    loops += [
        (top - middle_top) * shrink + middle_top + np.array([0, crown * (1 - shrink**2), 0])
        for shrink in (0.85, 0.65, 0.4, 0.15)
    ]
    return unfolded(loops)


def _lumbar() -> Mesh:
    """A loose cushion leaning against the back."""
    s, t = np.meshgrid(np.linspace(-1, 1, 33), np.linspace(-1, 1, 23))
    pinch = 1 - 0.07 * (s**2 + t**2) + 0.05 * s**2 * t**2
    puff = 0.072 * ((1 - s**2) * (1 - t**2)) ** 0.62
    front = np.stack([s * 0.215 * pinch, t * 0.14 * pinch, puff], axis=-1)
    back = front * [1, 1, -1]
    return merge_smooth(sheet(front).flipped(), sheet(back)).turned(x=-17).moved(0, 0.545, -0.175)


def _welt(loop: Floats, radius: float = 0.006) -> Mesh:
    closed = np.concatenate([loop, loop[:1]])
    return tube(closed, radius, 8, closed=True)


def chair() -> list[Part]:
    wool = {
        name: Material(
            f"{name} bouclé", tint, palette.boucle(), matt=True, sheen=glint, sheen_roughness=0.7
        )
        for name, tint, glint in (
            ("Oat", "#e6dbc7", "#3a362f"),
            ("Terracotta", "#b9694a", "#3b2018"),
            ("Moss", "#7a7b60", "#23271a"),
        )
    }
    oak = Material("Oiled oak", "#e9d5ba", palette.oak(), flat=True, matt=True, roughness=0.55)
    pillow = {
        name: Material(f"{name} linen", tint, palette.boucle(), plain=True, matt=True, bump=0.5)
        for name, tint in (("Oat", "#b98a63"), ("Terracotta", "#ead9bf"), ("Moss", "#d9c9a2"))
    }
    base = _cushion(0.325, 0.31, 0.145, 0.30, 4.2, 0.0).moved(z=-0.005)
    seat = _cushion(0.272, 0.305, 0.275, 0.455, 3.6, 0.012).moved(z=0.04)
    welt = _welt(level(superellipse(0.2735, 0.3065, 3.6, 96), 0.365)).moved(z=0.04)
    leg = curve([(0, 0), (0.013, 0), (0.015, 0.004), (0.0235, 0.1), (0.027, 0.16), (0, 0.165)], 24)
    corners = (
        (0.255, 0.245, -5, 5),
        (-0.255, 0.245, -5, -5),
        (0.235, -0.235, 5, 5),
        (-0.235, -0.235, 5, -5),
    )
    legs = [
        lathe(leg, 28).turned(x=lean_x, z=lean_z).moved(x, 0.002, z)
        for x, z, lean_x, lean_z in corners
    ]
    parts = [
        Part("upholstery", merge(_back(), base, seat, welt).tiled(0.24), wool["Oat"], wool),
        Part("cushion", _lumbar().tiled(0.1), pillow["Oat"], pillow),
        Part("legs", merge(*legs).uv_turned().tiled(0.3), oak),
    ]
    centred = [replace(part, mesh=part.mesh.moved(z=0.019)) for part in parts]
    return shaded(centred)
