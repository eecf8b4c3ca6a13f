"""Surfaces as height, colour and roughness, painted from noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.demo.modelling.mesh import Floats
from scenes.demo.modelling.noise import blur, cells, cloud, grain, smoothstep, spread

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Surface:
    """What a patch of material looks like; arrays are (size, size[, 3]), 0..1, row 0 at v = 0."""

    color: Floats  # sRGB, multiplied by the material's tint
    height: Floats  # in units of `relief`
    roughness: Floats
    relief: float  # metres between height 0 and 1, measured at `metres`
    metres: float  # real width of the patch
    name: str

    def color_pixels(self) -> Pixels:
        return _bytes(self.color)

    def normal_pixels(self) -> Pixels:
        return normal_map(self.height, self.relief / self.metres)

    def orm_pixels(self) -> Pixels:
        """Occlusion, roughness, metalness; hollows of the height are slightly occluded."""
        size = len(self.height)
        hollow = self.height - blur(self.height, size / 128)
        occlusion = np.clip(1 + np.minimum(hollow, 0) * 0.9, 0, 1)
        return _bytes(np.stack([occlusion, self.roughness, np.zeros_like(occlusion)], axis=-1))


def _bytes(values: Floats) -> Pixels:
    return np.asarray(np.clip(np.round(values * 255), 0, 255), dtype=np.uint8)


def normal_map(height: Floats, relief: float) -> Pixels:
    """Tangent-space normals of a tiling height field; relief as a share of its width.

    glTF's green points up in the picture, which is towards smaller v.
    """
    size = len(height)
    du = (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)) * relief * size / 2
    dv = (np.roll(height, -1, axis=0) - np.roll(height, 1, axis=0)) * relief * size / 2
    normal = np.stack([-du, dv, np.ones_like(du)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return _bytes(normal * 0.5 + 0.5)


def rgb(hexadecimal: str) -> Floats:
    """'#rrggbb' as three sRGB numbers, 0..1."""
    return np.array([int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def shade(values: Floats, *stops: str) -> Floats:
    """Map 0..1 onto a ramp of colours."""
    at = np.linspace(0, 1, len(stops))
    table = np.stack([rgb(stop) for stop in stops])
    return np.stack([np.interp(values, at, table[:, k]) for k in range(3)], axis=-1)


def grey(values: Floats) -> Floats:
    return np.repeat(values[..., None], 3, axis=-1)


def boucle(size: int = 512) -> Surface:
    """Looped wool: round curls of many sizes, light on top and shaded between."""
    warp_x, warp_y = cloud(size, 3, low=6), cloud(size, 4, low=6)
    near, second, tone = cells(size, 38, 5)
    fine, _, fine_tone = cells(size, 64, 6)
    curls = np.sqrt(np.clip(1 - (near * 1.15) ** 2, 0, 1))
    small = np.sqrt(np.clip(1 - (fine * 1.2) ** 2, 0, 1))
    fibres = cloud(size, 7, slope=0.5, low=24)
    height = spread(np.maximum(curls * (0.6 + 0.4 * tone), small * (0.35 + 0.4 * fine_tone)))
    height = spread(blur(height, 0.8) + 0.22 * fibres + 0.15 * (warp_x + warp_y) * (second - near))
    color = grey(np.clip(0.70 + 0.3 * height + 0.1 * (fibres - 0.5), 0, 1))
    return Surface(color, height, np.full_like(height, 0.95), 0.0035, 0.22, "boucle")


def weave(size: int = 512, threads: int = 48, seed: int = 11, metres: float = 0.12) -> Surface:
    """Plain linen: two sets of threads over and under, of uneven thickness."""
    at = np.arange(size) / size * threads
    slub_u, slub_v = cloud(size, seed, stretch=14), cloud(size, seed + 1, stretch=14).T
    x = at[None, :] + (slub_v - 0.5) * 0.5
    y = at[:, None] + (slub_u - 0.5) * 0.5
    warp = np.abs(np.cos(np.pi * x)) ** 0.7
    weft = np.abs(np.cos(np.pi * y)) ** 0.7
    over = 0.5 + 0.5 * np.sin(np.pi * (x - 0.5)) * np.sin(np.pi * (y - 0.5))
    height = np.maximum(warp * (0.45 + 0.55 * over), weft * (1 - 0.55 * over))
    height = spread(height + 0.25 * cloud(size, seed + 2, slope=0.6, low=16))
    tone = 0.78 + 0.2 * height + 0.1 * (slub_u - 0.5) + 0.1 * (slub_v - 0.5)
    return Surface(
        grey(np.clip(tone, 0, 1)), height, 0.95 - 0.1 * height, 0.0009, metres, f"weave-{threads}"
    )


def knit(size: int = 512, columns: int = 20, metres: float = 0.22) -> Surface:
    """Chunky stocking stitch: columns of V-shaped loops."""
    at = np.arange(size) / size
    wobble = cloud(size, 21, low=3) - 0.5
    x = at[None, :] * columns + wobble * 0.25
    rows = columns * 1.0
    across = np.mod(x, 1)
    leg = np.abs(across - 0.5) * 2  # 0 in the middle of a column, 1 between columns
    y = at[:, None] * rows + 0.75 * leg + wobble * 0.25
    loop = np.abs(np.cos(np.pi * y)) ** 0.8
    height = spread(loop * (1 - leg**4) * (0.55 + 0.45 * np.sin(np.pi * leg) ** 0.5))
    ply = 0.5 + 0.5 * np.sin(2 * np.pi * (3 * y + 2.2 * leg))
    fuzz = cloud(size, 22, slope=0.5, low=20)
    height = spread(blur(height, 1.0) + 0.10 * ply + 0.18 * fuzz)
    color = grey(np.clip(0.6 + 0.4 * height + 0.12 * (fuzz - 0.5), 0, 1))
    return Surface(color, height, np.full_like(height, 0.93), 0.004, metres, "knit")


def leather(size: int = 512, metres: float = 0.16, seed: int = 31) -> Surface:
    """Full grain: pebbles parted by creases, with pores and a slow drift of tone."""
    near, second, tone = cells(size, 46, seed)
    fine_near, fine_second, _ = cells(size, 92, seed + 1)
    pebble = smoothstep(0.02, 0.45, second - near)
    fine = smoothstep(0.0, 0.4, fine_second - fine_near)
    drift = cloud(size, seed + 2, slope=1.8)
    height = spread(blur(pebble * (0.7 + 0.3 * tone) + 0.35 * fine, 0.7) + 0.3 * drift)
    color = grey(np.clip(0.82 + 0.12 * pebble * fine + 0.12 * (drift - 0.5), 0, 1))
    rough = np.clip(0.58 - 0.14 * pebble + 0.16 * (cloud(size, seed + 3) - 0.5), 0, 1)
    return Surface(color, height, rough, 0.0011, metres, f"leather-{seed}")


def suede(size: int = 512) -> Surface:
    nap = cloud(size, 41, slope=0.9, low=6)
    brush = cloud(size, 42, slope=1.7, stretch=0.4)
    height = spread(nap + 0.4 * grain(size, 43))
    color = grey(np.clip(0.86 + 0.16 * (nap - 0.5) + 0.2 * (brush - 0.5), 0, 1))
    return Surface(color, height, np.full_like(height, 0.96), 0.0006, 0.14, "suede")


def plaster(
    size: int = 512, seed: int = 51, *, contrast: float = 0.05, relief: float = 0.004
) -> Surface:
    """Trowelled lime: broad soft strokes over a fine tooth."""
    broad = cloud(size, seed, slope=1.9)
    strokes = cloud(size, seed + 1, slope=1.5, stretch=2.4)
    tooth = cloud(size, seed + 2, slope=0.7, low=30)
    height = spread(0.8 * broad + 0.5 * strokes + 0.12 * tooth)
    tone = 0.93 + contrast * 2 * (broad - 0.5) + contrast * (strokes - 0.5) + 0.02 * (tooth - 0.5)
    rough = np.clip(0.88 + 0.1 * (strokes - 0.5), 0, 1)
    return Surface(grey(np.clip(tone, 0, 1)), height, rough, relief, 2.0, f"plaster-{seed}")


def limewash(size: int = 1024) -> Surface:
    """Brushed mineral paint: crossing cloudy strokes in warm clay tones."""
    broad = cloud(size, 61, slope=1.8)
    cross = 0.5 * cloud(size, 62, slope=1.4, stretch=2.6) + 0.5 * cloud(
        size, 63, slope=1.4, stretch=0.4
    )
    tooth = cloud(size, 64, slope=0.7, low=30)
    tone = spread(0.9 * broad + 0.7 * cross + 0.08 * tooth)
    color = shade(tone, "#a0614b", "#b06e55", "#bc7b61", "#c98d73")
    height = spread(broad + cross + 0.3 * tooth)
    return Surface(color, height, np.clip(0.9 - 0.1 * cross, 0, 1), 0.003, 2.6, "limewash")


def terrazzo(size: int = 512, metres: float = 0.5) -> Surface:
    """Polished chips of stone in pale cement."""
    base = shade(cloud(size, 71, slope=0.8), "#d6ccbd", "#e0d7c9")
    color = base
    chips = np.zeros((size, size))
    for count, seed, share in ((11, 72, 0.62), (22, 73, 0.6), (44, 74, 0.5)):
        near, second, tone = cells(size, count, seed, jitter=1.0)
        edge = 0.36 + 0.22 * (cloud(size, seed + 9, slope=1.2, low=8) - 0.5)
        chip = smoothstep(0.0, 0.05, edge - near) * smoothstep(0.05, 0.12, second - near)
        chip = chip * (np.mod(tone * 7.3, 1) < share) * (1 - chips)
        tint = shade(
            tone, "#c9a891", "#a9a49b", "#d9c7ac", "#bf8067", "#8d9184", "#f7f3ec", "#b9b2a6"
        )
        color = color * (1 - chip[..., None]) + tint * chip[..., None]
        chips = np.maximum(chips, chip)
    height = np.full((size, size), 0.5)
    return Surface(color, height, 0.34 - 0.1 * chips, 0.0, metres, "terrazzo")


def travertine(size: int = 512, metres: float = 0.6) -> Surface:
    """Vein-cut limestone: level bands with elongated pores."""
    bands = cloud(size, 81, slope=1.5, stretch=9)
    fine = cloud(size, 82, slope=0.9, low=10, stretch=5)
    pores = smoothstep(
        0.80, 0.9, cloud(size, 83, slope=1.1, low=14, stretch=4) * (0.6 + 0.5 * bands)
    )
    tone = np.clip(0.7 * bands + 0.3 * fine, 0, 1)
    color = shade(tone, "#cdb99c", "#dccbb1", "#e6d8c2", "#efe4d2")
    color = color * (1 - 0.35 * pores[..., None])
    height = spread(1 - blur(pores, 0.7) + 0.06 * fine)
    return Surface(color, height, np.clip(0.62 + 0.25 * pores, 0, 1), 0.0016, metres, "travertine")


def glaze(size: int = 512, seed: int = 91, *, speckle: float = 1.0) -> Surface:
    """Stoneware glaze: slow variation, iron speckles, almost no relief."""
    drift = cloud(size, seed, slope=1.7)
    near, _, tone = cells(size, 46, seed + 1, jitter=1.0)
    specks = smoothstep(0.0, 0.08, 0.17 * tone - near) * (tone > 0.45) * speckle
    color = grey(np.clip(0.9 + 0.1 * (drift - 0.5), 0, 1))
    color = color * (1 - specks[..., None] * np.array([0.45, 0.55, 0.62]))
    height = spread(cloud(size, seed + 2, slope=2.0, low=3))
    return Surface(color, height, np.clip(0.36 + 0.12 * (drift - 0.5), 0, 1), 0.0006, 0.25, "glaze")
