"""Passo: a low-top leather sneaker on a cup sole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve, superellipse
from scenes.demo.modelling.details import dots, ring, stitches
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import stack, sweep, tube
from scenes.demo.products import shoe_last as last

THICK = 0.0011  # of a leather panel lying on the upper
EYELETS = np.linspace(2.1, 4.75, 6)  # stations along the throat


def _upper() -> Mesh:
    u, v = np.meshgrid(np.linspace(0, last.COUNT, 127), np.linspace(0, 1, 22))
    points = last.upper(u, v)
    points[:, -1] = points[:, 0]
    return sheet(points).flipped()


def _lining() -> Mesh:
    u, v = np.meshgrid(np.linspace(0, last.COUNT, 73), np.linspace(0.05, 1, 9))
    points = last.upper(u, v) - last.normal(u, v) * 0.003
    points[:, -1] = points[:, 0]
    return sheet(points)


Line = Callable[[Floats], Floats]


def _panel(
    start: float, end: float, low: Line, high: Line, columns: int = 28, rows: int = 6
) -> Mesh:
    """A piece of leather on the upper between two stations and two heights, edges turned down."""
    s = np.concatenate([[0, 0.004], np.linspace(0.012, 0.988, columns), [0.996, 1]])
    t = np.concatenate([[0, 0.012], np.linspace(0.04, 0.96, rows), [0.988, 1]])
    ss, tt = np.meshgrid(s, t)
    u = start + (end - start) * ss
    v = low(ss) + (high(ss) - low(ss)) * tt
    rim = np.minimum(np.minimum(ss, 1 - ss) / 0.012, np.minimum(tt, 1 - tt) / 0.04)
    lift = -0.0006 + (THICK + 0.0006) * np.sqrt(np.clip(rim, 0, 1))
    return sheet(last.upper(u, v) + last.normal(u, v) * lift[..., None]).flipped()


def _seam(u: Floats, v: Floats, lift: float = THICK) -> Mesh:
    n = last.normal(u, v)
    return stitches(last.upper(u, v) + n * lift, n, length=0.0032, radius=0.00045)


def _sole() -> Mesh:
    u = np.linspace(0, last.COUNT, 121)[:-1]
    edge, out = last.edge(u), last.outward(u)
    heel = np.clip(-edge[:, 1] / 0.1475, 0, 1)
    levels = [  # outwards from the outline, and height
        (-0.008, 0.0), (-0.0035, 0.0006), (-0.0008, 0.003), (0, 0.007), (0.0004, 0.0165),
        (0.0004, 0.0180), (-0.0006, 0.0184), (-0.0006, 0.0196), (0.0004, 0.0200),
        (0.0004, 0.0255), (-0.0004, 0.0270), (-0.002, 0.0275), (-0.0042, 0.027), (-0.006, 0.022),
    ]  # fmt: skip
    loops = []
    for offset, y in levels:
        plan = edge + out * offset
        rise = last.spring(plan[:, 1]) * (1 - 0.25 * y / 0.027)
        height = y * (1 + 0.16 * heel * (y > 0.012)) + rise
        loops.append(np.stack([plan[:, 0], height, plan[:, 1]], axis=1))
    return stack(loops)


TONGUE = [(0.0665, 0.056), (0.0755, 0.036), (0.089, 0.004), (0.104, -0.026), (0.117, -0.046),
          (0.1225, -0.056)]  # fmt: skip
TONGUE_BEND = 14  # per metre: how it drops towards its sides


def _over_tongue(x: float, z: float, clear: float) -> tuple[float, float, float]:
    """A point so far above the tongue's middle surface."""
    heights, depths = np.array(TONGUE).T
    y = float(np.interp(-z, -depths, heights)) - TONGUE_BEND * x * x
    return (x, y + clear, z + clear * 0.35)


def _tongue() -> Mesh:
    path = curve([(0, y, z) for y, z in TONGUE], 26)
    t = np.linspace(0, 1, 26)
    wide = np.interp(t, [0, 0.3, 0.8, 0.95, 1], [0.011, 0.0155, 0.025, 0.024, 0.016])
    thick = np.interp(t, [0, 0.6, 0.95, 1], [0.0016, 0.003, 0.0038, 0.0022])
    mesh = sweep(path, superellipse(1, 1, 2.6, 24), scale=np.stack([wide, thick], axis=1))
    bent = mesh.positions.copy()
    bent[:, 1] -= bent[:, 0] ** 2 * TONGUE_BEND
    bent[:, 2] -= bent[:, 0] ** 2 * 6
    return Mesh(bent, mesh.normals, mesh.uvs, mesh.indices, mesh.light).smoothed()


def _eyelets() -> tuple[Floats, Floats]:
    u = np.concatenate([EYELETS, last.COUNT - EYELETS])
    v = np.full(len(u), 0.925)
    return last.upper(u, v) + last.normal(u, v) * THICK, last.normal(u, v)


def _laces() -> Mesh:
    places, normals = _eyelets()
    flat = superellipse(0.0034, 0.0011, 2.4, 10)
    rows = []
    for left, right, nl, nr in zip(places[:6], places[6:], normals[:6], normals[6:], strict=True):
        half, z = float(left[0]), float(left[2] + right[2]) / 2
        over = [_over_tongue(half * k, z, 0.0052) for k in (0.62, 0.0, -0.62)]
        ends = [left - nl * 0.002, left + nl * 0.0012], [right + nr * 0.0012, right - nr * 0.002]
        path = curve(np.array([*ends[0], *over, *ends[1]]), 26)
        rows.append(sweep(path, flat, up=(0, 0.75, 0.65)))
    knot = np.array(_over_tongue(0.0, float(places[5, 2]), 0.0078))
    bow = []
    for side in (1, -1):
        loop = np.array([
            (0, 0, 0), (0.014, 0.006, 0.007), (0.031, 0.0, 0.016), (0.036, -0.01, 0.022),
            (0.027, -0.0125, 0.021), (0.013, -0.002, 0.012), (0, 0, 0.001)])  # fmt: skip
        tail = np.array(
            [(0, 0, 0), (0.010, 0.001, 0.012), (0.019, -0.009, 0.027), (0.0245, -0.021, 0.040)]
        )
        bow += [
            tube(curve(points * [side, 1, 1] + knot, n), 0.0015, 8)
            for points, n in ((loop, 34), (tail, 18))
        ]
    lump = tube(curve(np.array([(-0.0045, 0, 0), (0, 0.0012, 0.001), (0.0045, 0, 0)]) + knot, 9),
                np.array([1, 2.6, 3.2, 3.4, 3.5, 3.4, 3.2, 2.6, 1]) * 0.001, 10)  # fmt: skip
    return merge(*rows, *bow, lump)


def _collar() -> Mesh:
    """The padded rim of the opening, thicker round the ankle."""
    u = np.linspace(0, last.COUNT, 121)
    path = last.opening(u)
    path[-1] = path[0]
    padded = np.clip((np.minimum(u, last.COUNT - u) - 4.6) / 1.4, 0, 1)
    inward = np.stack(
        [-np.sign(path[:, 0]) * np.minimum(np.abs(path[:, 0]), 0.002), 0 * u, 0 * u], 1
    )
    inward[:, 2] = 0.002 * np.clip((-path[:, 2] - 0.11) / 0.02, 0, 1)
    return tube(path + inward * padded[:, None], 0.0016 + 0.003 * padded, 10, closed=True)


def _insole() -> Mesh:
    u = np.linspace(0, last.COUNT, 65)[:-1]
    plan = last.edge(u) - last.outward(u) * 0.006
    y = 0.028 + last.spring(plan[:, 1])
    return stack([np.stack([plan[:, 0], y, plan[:, 1]], axis=1)], bottom=False)


def _flat(value: float) -> Line:
    return lambda s: np.full_like(s, value)


def _panels() -> Mesh:
    n = last.COUNT
    stay = (lambda s: 0.66 + 0.05 * np.sin(np.pi * s), _flat(0.995))
    outer = _panel(1.55, 5.25, *stay)
    inner = _panel(n - 5.25, n - 1.55, *stay)
    guard = _panel(
        last.HEEL - 2.3,
        last.HEEL + 2.3,
        _flat(0.0),
        lambda s: 0.12 + 0.42 * np.sin(np.pi * s) ** 0.8,
    )
    return merge(outer, inner, guard)


def _thread() -> Mesh:
    n = last.COUNT
    s = np.linspace(0.03, 0.97, 60)
    low = 0.66 + 0.05 * np.sin(np.pi * s) + 0.018
    counter = 0.12 + 0.42 * np.sin(np.pi * s) ** 0.8 - 0.03
    toe = np.linspace(-2.55, 2.55, 60)
    cap = 0.60 - 0.035 * np.abs(toe) ** 1.5
    sole = np.linspace(0, n, 400)
    plan = last.edge(sole) + last.outward(sole) * 0.0003
    groove = np.stack([plan[:, 0], 0.0196 + 0.0006 + 0.003 * np.clip(-plan[:, 1] / 0.1475, 0, 1)
                       + last.spring(plan[:, 1]) * 0.83, plan[:, 1]], axis=1)  # fmt: skip
    out = last.outward(sole)
    level = np.stack([out[:, 0], 0 * sole, out[:, 1]], axis=1)
    return merge(
        _seam(1.55 + 3.7 * s, low), _seam(n - 5.25 + 3.7 * s, low),
        _seam(last.HEEL - 2.3 + 4.6 * s, counter),
        _seam(toe, cap, 0.0003), _seam(toe, cap + 0.03, 0.0003),
        stitches(groove, level, length=0.004, radius=0.0006),
    )  # fmt: skip


def _holes() -> Mesh:
    """Breathing holes on the vamp."""
    u = np.concatenate(
        [np.linspace(-1.15, 1.15, 7), np.linspace(-0.95, 0.95, 6), np.linspace(-0.75, 0.75, 5)]
    )
    v = np.concatenate([np.full(7, 0.70), np.full(6, 0.75), np.full(5, 0.80)])
    return dots(last.upper(u, v), last.normal(u, v), 0.0011)


def shoe() -> list[Part]:
    colors = {
        "Chalk": ("#f8f0e0", "#e6d7bd", "#efe9dc", "#d8c4a2"),
        "Forest": ("#50625a", "#414f48", "#efe6d2", "#dccdb0"),
        "Cognac": ("#b8703f", "#96552b", "#e9dcc3", "#6b3a1e"),
    }
    full, panels, laces, threads = {}, {}, {}, {}
    for name, (leather, panel, lace, thread) in colors.items():
        full[name] = Material(
            f"{name} leather", leather, palette.leather(), bump=0.4, matt=True, roughness=0.5
        )
        panels[name] = Material(f"{name} panels", panel, palette.suede(), matt=True, flat=True)
        laces[name] = Material(f"{name} laces", lace, roughness=0.9)
        threads[name] = Material(f"{name} thread", thread, roughness=0.8)
    rubber = Material("Natural rubber", "#efe6d4", roughness=0.62)
    lining = Material("Lining", "#d9bf9c", roughness=0.9)
    dark = Material("Eyelets", "#2a2420", roughness=0.7)
    metal = Material("Nickel", "#c9c4ba", roughness=0.3, metallic=1.0)
    places, normals = _eyelets()
    rings = merge(*(ring(p, n, 0.0026, 0.0006, 14) for p, n in zip(places, normals, strict=True)))
    parts = [
        Part("upper", _upper().tiled(0.075), full["Chalk"], full),
        Part("tongue", merge(_tongue(), _collar()).tiled(0.075), full["Chalk"], full),
        Part("panels", _panels().tiled(0.1), panels["Chalk"], panels),
        Part("lining", merge(_lining(), _insole().projected(0, 2)).tiled(0.075), lining),
        Part("sole", _sole().tiled(0.3), rubber),
        Part("laces", _laces().tiled(0.03), laces["Chalk"], laces),
        Part("thread", _thread(), threads["Chalk"], threads),
        Part("eyelets", rings, metal),
        Part("holes", merge(_holes(), dots(places, normals, 0.0024)), dark),
    ]
    return shaded(parts, strength=0.8)
