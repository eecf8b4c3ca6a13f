"""Domani: a weekend bag of vegetable-tanned leather with brass fittings."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve, rounded, superellipse
from scenes.demo.modelling.details import ring, stitches
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.noise import smoothstep
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import block, lathe, sweep, tube

LENGTH, TOP, DEPTH = 0.478, 0.262, 0.226
FOOT = 0.008


def _skin(a: Floats, x: Floats, lift: float = 0.0) -> Floats:
    """Points (…, 3) of the body: `a` runs round the section from below over the front."""
    end = np.abs(x) / (LENGTH / 2)
    round_off = np.sqrt(np.clip(1 - np.clip((end - 0.90) / 0.1, 0, 1) ** 2, 0, 1))
    size = 0.90 + 0.10 * round_off
    s, c = np.sin(a), -np.cos(a)
    power = 2 / 3.1
    z = np.sign(s) * np.abs(s) ** power * DEPTH / 2
    up = np.sign(c) * np.abs(c) ** power * (TOP - FOOT) / 2
    share = up / ((TOP - FOOT) / 2)
    z = z * (1.0 - 0.16 * smoothstep(-0.2, 1.0, share)) * size
    # Filled leather sags between its ends and along its top.
    sag = 0.012 * (1 - end**2) * smoothstep(0.3, 1.0, share)
    slump = 0.006 * np.sin(9 * x + 2.0 * s) * smoothstep(-0.3, 0.6, share) * (1 - end**2)
    up = up * size - sag
    middle = FOOT + (TOP - FOOT) / 2
    points = np.stack([x, middle + up, z * (1 + slump * 4)], axis=-1)
    if lift:
        out = np.stack([0 * x, up / ((TOP - FOOT) / 2) ** 2, z / (DEPTH / 2) ** 2], axis=-1)
        points = points + out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-9) * lift
    return np.asarray(points)


def _body() -> Mesh:
    ends = LENGTH / 2 * (1 - 0.1 * (1 - np.sin(np.linspace(0, np.pi / 2, 8))))
    x = np.concatenate([-ends[::-1], np.linspace(-0.21, 0.21, 26)[1:-1], ends])
    a = np.linspace(0, 2 * np.pi, 73)
    aa, xx = np.meshgrid(a, x)
    shell = sheet(_skin(aa, xx))
    return merge(shell, *(_end(side) for side in (-1, 1)))


def _end(side: int) -> Mesh:
    """The flat gusset at either end, slightly domed."""
    a, r = np.meshgrid(np.linspace(0, 2 * np.pi, 73), np.array([1, 0.9, 0.7, 0.45, 0.2, 0.0]))
    rim = _skin(a, np.full_like(a, side * LENGTH / 2))
    centre = np.array([side * LENGTH / 2, (TOP + FOOT) / 2 - 0.006, 0])
    points = centre + (rim - centre) * r[..., None]
    points[..., 0] += side * 0.006 * (1 - r**2)
    mesh = sheet(points, points[..., [2, 1]])
    return mesh.flipped() if side < 0 else mesh


def _strip(low: float, high: float, x0: float, x1: float, lift: float = 0.0022) -> Mesh:
    """A leather patch lying on the body between two angles and two ends, edges rounded."""
    s = np.concatenate([[0, 0.004], np.linspace(0.012, 0.988, 22), [0.996, 1]])
    t = np.concatenate([[0, 0.015], np.linspace(0.05, 0.95, 14), [0.985, 1]])
    ss, tt = np.meshgrid(s, t)
    rim = np.sqrt(
        np.clip(np.minimum(np.minimum(ss, 1 - ss) / 0.012, np.minimum(tt, 1 - tt) / 0.05), 0, 1)
    )
    a, x = low + (high - low) * tt, x0 + (x1 - x0) * ss
    points, raised = _skin(a, x), _skin(a, x, lift)
    return sheet(points + (raised - points) * (rim * 1.25 - 0.25)[..., None]).flipped()


def _handles() -> tuple[Mesh, Mesh, Mesh]:
    straps, seams, metal = [], [], []
    for front in (1, -1):
        for x in (-0.1, 0.1):
            a = np.linspace(0.35, 2.32, 26) * front
            path = _skin(a, np.full_like(a, x), 0.0026)
            out = path - _skin(a, np.full_like(a, x))
            out /= np.linalg.norm(out, axis=1, keepdims=True)
            straps.append(_band(path, out, 0.0145, 0.0022))
            side = np.array([0.0118, 0, 0])
            seams += [stitches(path + out * 0.0022 + side * k, out, length=0.0055) for k in (1, -1)]
            metal.append(
                ring(
                    path[-1] + out[-1] * 0.004 + [0, 0.008, 0],
                    np.array([0, 0.45, front * 0.9]),
                    0.0135,
                    0.0021,
                    18,
                )
            )
        top = _skin(np.array([2.32 * front]), np.array([0.1]), 0.006)[0]
        arch = curve([(-0.1, top[1] + 0.018, top[2]), (-0.098, 0.29, top[2] + front * 0.004),
                      (-0.07, 0.335, top[2] + front * 0.005), (0, 0.354, top[2] + front * 0.004),
                      (0.07, 0.335, top[2] + front * 0.005), (0.098, 0.29, top[2] + front * 0.004),
                      (0.1, top[1] + 0.018, top[2])], 40)  # fmt: skip
        straps.append(tube(arch, 0.0068, 12))
    return merge(*straps), merge(*seams), merge(*metal)


def _band(path: Floats, out: Floats, half: float, thick: float) -> Mesh:
    """A strap of constant width along x, lying on a surface with normals `out`."""
    section = superellipse(half, thick, 6, 16)
    side = np.array([1.0, 0, 0])
    loop = np.concatenate([section, section[:1]])
    points = path[:, None] + loop[None, :, :1] * side + loop[None, :, 1:] * out[:, None]
    return sheet(points) if path[-1, 2] * 1 > 0 else sheet(points).flipped()


def _zip() -> tuple[Mesh, Mesh]:
    x = np.linspace(-0.205, 0.205, 165)
    ridge = _skin(np.full_like(x, np.pi), x, 0.0008)
    teeth = sweep(
        ridge, superellipse(1, 1, 4, 8), scale=np.where(np.arange(165) % 2, 0.0034, 0.0022)
    )
    tape = _strip(np.pi - 0.2, np.pi + 0.2, -0.212, 0.212, 0.0014)
    return teeth, tape


def bag() -> list[Part]:
    hides = {
        name: Material(f"{name} leather", tint, palette.leather(), bump=0.8)
        for name, tint in (("Saddle", "#b06d3c"), ("Espresso", "#4a3127"), ("Olive", "#6d6f4a"))
    }
    trims = {
        name: Material(f"{name} trim", tint, palette.leather(), bump=0.5)
        for name, tint in (("Saddle", "#7d4522"), ("Espresso", "#2c1c16"), ("Olive", "#4b3424"))
    }
    brass = Material("Brass", "#d8b067", roughness=0.26, metallic=1.0)
    thread = Material("Thread", "#e5d3ad", roughness=0.85)
    tape = Material("Zip tape", "#3a2e26", roughness=0.95)
    handles, seams, rings = _handles()
    teeth, zip_tape = _zip()
    around = np.linspace(0, 2 * np.pi, 97)
    piping = []
    for side in (-1, 1):
        loop = _skin(around, np.full_like(around, side * LENGTH / 2 * 0.955), 0.0012)
        loop[-1] = loop[0]
        piping.append(tube(loop, 0.0036, 8, closed=True))
    belt = merge(_strip(-1.02, 1.02, -0.226, 0.226, 0.0018))
    edge = np.linspace(-0.22, 0.22, 60)
    for a in (-0.98, 0.98):
        line = _skin(np.full_like(edge, a), edge, 0.0021)
        seams = merge(
            seams, stitches(line, line - _skin(np.full_like(edge, a), edge), length=0.0055)
        )
    foot = lathe(
        rounded([(0, 0), (0.009, 0), (0.009, 0.008), (0.005, 0.014), (0, 0.014)], 0.002), 18
    )
    feet = [foot.moved(x, 0, z) for x in (-0.17, 0.17) for z in (-0.055, 0.055)]
    pull = merge(ring(np.array([0.205, TOP - 0.002, 0]), np.array([0, 0, 1.0]), 0.006, 0.0014),
                 block(0.014, 0.006, 0.011, 0.002).moved(0.198, TOP - 0.009, 0))  # fmt: skip
    cord = [
        (0, -0.01, 0),
        (0.007, 0.006, 0.002),
        (0, 0.016, 0),
        (-0.007, 0.004, -0.002),
        (0, -0.014, 0),
    ]
    tag = merge(
        block(0.046, 0.074, 0.004, 0.0019, 4).moved(0, -0.082, 0), tube(curve(cord, 26), 0.0017, 6)
    )
    tag = tag.turned(y=8, z=-6).moved(0.1, 0.278, 0.103)
    parts = [
        Part("body", _body().tiled(0.14), hides["Saddle"], hides),
        Part("trim", merge(handles, belt, *piping, tag).tiled(0.12), trims["Saddle"], trims),
        Part("zip-tape", zip_tape, tape),
        Part("brass", merge(rings, teeth, pull, *feet), brass),
        Part("thread", seams, thread),
    ]
    return shaded(parts)
