"""The showroom: oak floor, lime walls, a big window, an arched niche, lights in the ceiling."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import superellipse
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet
from scenes.demo.modelling.shapes import block, panel, tube, unfolded
from scenes.demo.modelling.shapes import level as at_height
from scenes.demo.props.joinery import door, skirting, slats, window_frame

WIDTH, DEPTH, HEIGHT = 9.0, 7.0, 3.2
X, Z = WIDTH / 2, DEPTH / 2
WINDOW = (-1.9, 2.1, 0.32, 2.78)  # z from, z to, sill, lintel; in the wall at -x
REVEAL = 0.32  # metres of wall between room and outside
NICHE = (-0.75, 2.05, 2.45, 0.62)  # z from, z to, top of the arch, depth; in the wall at +x
SEAT = 0.45
SLOTS = (-1.3, 1.3)  # z of the recessed lights
SLOT, SLOT_DEPTH = 0.10, 0.02
CELL = 0.22


def _shade(mesh: Mesh) -> Mesh:
    """Corners darken: every plane of the shell takes some light from its neighbours."""
    p = mesh.positions
    n = np.abs(mesh.normals)
    light = np.ones(len(p))
    for axis, low, high in ((0, -X, X), (1, 0.0, HEIGHT), (2, -Z, Z)):
        gap = np.minimum(np.abs(p[:, axis] - low), np.abs(p[:, axis] - high))
        light *= 1 - 0.30 * np.exp(-gap / 0.32) * (n[:, axis] < 0.5)
    return mesh.lit(light)


def _wall(corner: Floats, along: Floats, length: float, low: float, high: float) -> Mesh:
    return panel(
        corner + np.array([0, low, 0]), np.multiply(along, length), (0, high - low, 0), CELL
    )


def _floor() -> Mesh:
    return _shade(panel((-X, 0, Z), (WIDTH, 0, 0), (0, 0, -DEPTH), CELL))


def _window_wall() -> Mesh:
    z0, z1, sill, lintel = WINDOW
    start, along = np.array([-X, 0, Z]), np.array([0, 0, -1.0])
    right = _wall(start, along, Z - z1, 0, HEIGHT)
    left = _wall(np.array([-X, 0, z0]), along, z0 + Z, 0, HEIGHT)
    under = _wall(np.array([-X, 0, z1]), along, z1 - z0, 0, sill)
    over = _wall(np.array([-X, 0, z1]), along, z1 - z0, lintel, HEIGHT)
    out, high = (-REVEAL, 0, 0), (0, lintel - sill, 0)
    reveals = [
        panel((-X, sill, z0), out, high, CELL).flipped(),
        panel((-X, sill, z1), out, high, CELL),
        panel((-X, lintel, z1), out, (0, 0, z0 - z1), CELL),
    ]
    return merge(_shade(merge(right, left, under, over)), *(r.lit(0.96) for r in reveals))


def _arch(z: Floats) -> Floats:
    """Height of the niche's opening at z."""
    z0, z1, top, _ = NICHE
    half = (z1 - z0) / 2
    share = np.clip(np.abs(z - (z0 + z1) / 2) / half, 0, 1)
    return np.asarray(top - half + half * np.sqrt(1 - share**2))


def _niche_line(count: int = 49) -> Floats:
    z0, z1, _, _ = NICHE
    middle, half = (z0 + z1) / 2, (z1 - z0) / 2
    return np.asarray(middle - half * np.cos(np.linspace(0, np.pi, count)))


def _niche_wall() -> Mesh:
    """The wall at +x, with the arch cut out of it."""
    z0, z1, _, _ = NICHE
    far = panel((X, 0, -Z), (0, 0, z0 + Z), (0, HEIGHT, 0), CELL)
    near = panel((X, 0, z1), (0, 0, Z - z1), (0, HEIGHT, 0), CELL)
    z = _niche_line()
    t = np.linspace(0, 1, 8)[:, None]
    y = _arch(z)[None] * (1 - t) + HEIGHT * t
    points = np.stack([np.full_like(y, X), y, np.broadcast_to(z, y.shape)], axis=-1)
    over = sheet(points, np.stack([points[..., 2], points[..., 1]], -1)).flipped()
    return _shade(merge(far, near, over))


def _niche() -> Mesh:
    """Inside of the niche: back, and one strip over jambs and arch."""
    z0, z1, _, deep = NICHE
    z = _niche_line()
    t = np.linspace(0, 1, 12)[:, None]
    y = _arch(z)[None] * t
    back = np.stack([np.full_like(y, X + deep), y, np.broadcast_to(z, y.shape)], axis=-1)
    back_mesh = sheet(back, np.stack([back[..., 2], back[..., 1]], -1)).flipped()
    edge = np.concatenate([[(0.0, z0)], np.stack([_arch(z), z], 1), [(0.0, z1)]])
    x = np.linspace(X, X + deep, 6)
    lining = np.stack([np.stack([np.full(len(edge), k), edge[:, 0], edge[:, 1]], 1) for k in x])
    strip = sheet(lining)
    for_back = np.minimum(
        np.abs(back_mesh.positions[:, 2] - z0), np.abs(back_mesh.positions[:, 2] - z1)
    )
    shade = 1 - 0.3 * np.exp(
        -np.minimum(for_back, _arch(back_mesh.positions[:, 2]) - back_mesh.positions[:, 1] + 0.02)
        / 0.2
    )
    return merge(back_mesh.lit(shade), strip.lit(1 - 0.28 * (strip.positions[:, 0] - X) / deep))


def _bench() -> tuple[Mesh, Mesh]:
    """The oak seat that fills the niche's foot, and its cushion."""
    z0, z1, _, deep = NICHE
    seat = block(deep + 0.03, 0.06, z1 - z0 - 0.004, 0.008).moved(
        X + deep / 2 - 0.015, SEAT - 0.06, (z0 + z1) / 2
    )
    front = panel((X, 0, z0), (0, 0, z1 - z0), (0, SEAT - 0.05, 0), CELL).lit(0.8)
    loops = []
    for turn in np.linspace(-np.pi / 2, np.pi / 2, 13)[1:-1]:
        inset = (1 - np.cos(turn)) * 0.022
        loop = at_height(
            superellipse(0.275 - inset, 0.62 - inset, 9, 96), 0.03 + 0.028 * np.sin(turn)
        )
        loops.append(loop)
    pad = unfolded(loops).moved(X + deep / 2 - 0.005, SEAT, 1.32)
    return merge(seat.projected(2, 0), front), pad


def _ceiling() -> tuple[Mesh, Mesh]:
    """Plaster with two slots along the room, and the light in them."""
    edges = [-Z, *(z + side * SLOT / 2 for z in SLOTS for side in (-1, 1)), Z]
    fields = [
        panel((-X, HEIGHT, a), (WIDTH, 0, 0), (0, 0, b - a), CELL)
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    cheeks, lights = [], []
    for z in SLOTS:
        a, b = z - SLOT / 2, z + SLOT / 2
        cheeks.append(
            panel((-X, HEIGHT + SLOT_DEPTH, a), (WIDTH, 0, 0), (0, -SLOT_DEPTH, 0)).flipped()
        )
        cheeks.append(panel((-X, HEIGHT + SLOT_DEPTH, b), (WIDTH, 0, 0), (0, -SLOT_DEPTH, 0)))
        lights.append(panel((-X, HEIGHT + SLOT_DEPTH, a), (WIDTH, 0, 0), (0, 0, SLOT)))
    return _shade(merge(*fields, *cheeks)), merge(*lights)


def _feature() -> Mesh:
    """The limewashed wall, washed by light from above."""
    mesh = panel((-X, 0, -Z), (6.1, 0, 0), (0, HEIGHT, 0), CELL)
    wash = 0.80 + 0.20 * np.exp(-(HEIGHT - mesh.positions[:, 1]) / 1.6)
    return _shade(mesh.lit(wash))


def showroom() -> list[Part]:
    lime = Material("Lime plaster", "#f8e6cb", palette.plaster(), matt=True, roughness=0.92)
    ceiling_lime = Material("Ceiling", "#f6ecdb", roughness=0.95, glow="#4a443b")
    clay = Material(
        "Clay limewash", surface=palette.limewash(), flat=True, matt=True, roughness=0.95
    )
    floor = Material("Oak herringbone", surface=palette.herringbone(), matt=True, roughness=0.46)
    oak = Material("Oak", surface=palette.oak(), matt=True, flat=True, roughness=0.6)
    dark = Material("Slat backing", "#2a1f18", roughness=0.9)
    paint = Material("Skirting", "#e9dcc6", roughness=0.6)
    bronze = Material("Bronze", "#3a3029", roughness=0.42, metallic=0.7)
    glow = Material("Light strip", "#fff4e2", glow="#ffe8c8", glow_strength=3.0)
    wool = Material("Bench cushion", "#8d8a70", palette.boucle(), matt=True, plain=True)
    ceiling, strips = _ceiling()
    bench, pad = _bench()
    near = panel((X, 0, Z), (-WIDTH, 0, 0), (0, HEIGHT, 0), CELL)
    ribs, backing = slats(X - 2.9, X, -Z, HEIGHT)
    leaf, knobs = door(Z)
    return [
        Part("floor", _floor().tiled(1.6), floor),
        Part("walls", merge(_window_wall(), _niche_wall(), _shade(near)).tiled(2.0), lime),
        Part("niche", _niche().tiled(2.6), clay),
        Part("feature-wall", _feature().tiled(2.6), clay),
        Part("slats", merge(_shade(ribs), bench, leaf).tiled(0.5), oak),
        Part("slat-backing", backing, dark),
        Part("skirting", skirting(X, Z, NICHE), paint),
        Part("window-frame", merge(window_frame(-X - 0.16, WINDOW), knobs), bronze),
        Part(
            "sill",
            _sill().tiled(0.6),
            Material(
                "Travertine", surface=palette.travertine(), matt=True, flat=True, roughness=0.55
            ),
        ),
        Part("bench-cushion", pad.tiled(0.24), wool),
        Part("shell", _shell(), dark),
        Part("ceiling", ceiling, ceiling_lime),
        Part("light-strips", strips, glow),
        Part("niche-light", _niche_light(), glow),
    ]


def _shell() -> Mesh:
    """The building around the room: it keeps the sun from creeping in along the edges."""
    z0, z1, sill, lintel = WINDOW
    x, far, z, top = -X - REVEAL, X + 1.0, Z + 0.3, HEIGHT + 0.15
    roof = panel((x, top, -z), (far - x, 0, 0), (0, 0, 2 * z))
    south = panel((far, 0, z), (x - far, 0, 0), (0, top, 0))
    facade = [
        panel((x, low, a), (0, 0, b - a), (0, high - low, 0))
        for a, b, low, high in (
            (z, z1, 0, top), (z0, -z, 0, top), (z1, z0, 0, sill), (z1, z0, lintel, top)
        )
    ]  # fmt: skip
    return merge(roof, south, *facade)


def _sill() -> Mesh:
    z0, z1, sill, _ = WINDOW
    return block(REVEAL + 0.05, 0.035, z1 - z0 + 0.1, 0.006).moved(
        -X - REVEAL / 2 + 0.02, sill - 0.02, (z0 + z1) / 2
    )


def _niche_light() -> Mesh:
    """A thin warm line behind the arch's front edge."""
    z = _niche_line(41)[2:-2]
    path = np.stack([np.full(len(z), X + 0.05), _arch(z) - 0.012, z], axis=1)
    return tube(path, 0.008, 6)
