"""The desk where one asks a human: ribbed oak under a slab of travertine, and a bell."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import circle, curve, superellipse
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge
from scenes.demo.modelling.shapes import lathe, level, stack
from scenes.demo.props.contact import contact

WIDTH, HEIGHT, DEPTH = 2.0, 1.04, 0.62
RIB = 0.034


def _ribbed(plan: Floats) -> Floats:
    """Half-round ribs all the way round a plan, standing out of it."""
    ahead = np.roll(plan, -1, axis=0) - np.roll(plan, 1, axis=0)
    out = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    length = np.linalg.norm(np.diff(plan, axis=0), axis=1).sum()
    ribs = round(length / RIB)
    wave = np.abs(np.sin(np.linspace(0, ribs * np.pi, len(plan), endpoint=False)))
    return np.asarray(plan + out * (0.012 * np.sqrt(wave) - 0.012)[:, None])


def _body() -> Mesh:
    plan = superellipse(WIDTH / 2 - 0.03, DEPTH / 2 - 0.03, 7, 612)
    ribbed = _ribbed(plan)
    mesh = stack([level(ribbed, y) for y in (0.05, 0.25, HEIGHT - 0.05)], bottom=False, top=False)
    grain = mesh.uv_turned()
    return grain.lit(0.62 + 0.38 * np.clip((mesh.positions[:, 1] - 0.05) / 0.4, 0, 1) ** 0.6)


def _slab(a: float, b: float, low: float, high: float, bevel: float) -> Mesh:
    turns = np.linspace(-np.pi / 2, np.pi / 2, 9)
    half = min(bevel, (high - low) / 2)
    loops = []
    for turn in turns:
        inset = half * (1 - np.cos(turn))
        y = (low + half if turn < 0 else high - half) + half * np.sin(turn)
        loops.append(level(superellipse(a - inset, b - inset, 7, 128), y))
    return stack(loops).projected(0, 2)


def counter() -> list[Part]:
    oak = Material("Oak", surface=palette.oak(), matt=True, flat=True, roughness=0.55)
    stone = Material(
        "Travertine", surface=palette.travertine(), matt=True, flat=True, roughness=0.35
    )
    shadow = Material("Foot", "#2a211b", roughness=0.9)
    brass = Material("Brass", "#d8b067", roughness=0.22, metallic=1.0)
    bell = curve(
        [(0, 0), (0.05, 0), (0.052, 0.006), (0.044, 0.01), (0.043, 0.016), (0.036, 0.034),
         (0.018, 0.045), (0.006, 0.048), (0.0045, 0.056), (0.007, 0.061), (0, 0.064)], 40
    )  # fmt: skip
    pens = lathe(
        np.array(
            [(0.0, 0.0), (0.035, 0.0), (0.035, 0.09), (0.031, 0.09), (0.031, 0.01), (0, 0.01)]
        ),
        32,
    )
    pencil = lathe(curve([(0, 0.02), (0.0035, 0.02), (0.0035, 0.15), (0, 0.154)], 10), 8)
    pencils = [
        pencil.turned(x=9, y=turn).moved(x - 0.62, HEIGHT, z - 0.06)
        for (x, z), turn in zip(circle(0.012, 3), (20, 140, 260), strict=True)
    ]
    metal = merge(lathe(bell, 40).moved(0.55, HEIGHT, 0.1), pens.moved(-0.62, HEIGHT, -0.06))
    return [
        Part("body", _body().tiled(0.6), oak),
        Part("foot", _slab(WIDTH / 2 - 0.08, DEPTH / 2 - 0.08, 0.0, 0.06, 0.002), shadow),
        Part("top", _slab(WIDTH / 2, DEPTH / 2, HEIGHT - 0.05, HEIGHT, 0.012).tiled(0.7), stone),
        Part("bell", metal, brass),
        Part("pencils", merge(*pencils), Material("Pencils", "#3b3129", roughness=0.5)),
        contact("square", WIDTH, DEPTH),
    ]
