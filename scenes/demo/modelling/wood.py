"""Wood: straight-grained oak, and a floor of it laid in herringbone."""

from __future__ import annotations

import numpy as np
from PIL import Image

from scenes.demo.modelling.mesh import Floats
from scenes.demo.modelling.noise import blur, cloud, spread
from scenes.demo.modelling.textures import Surface, shade

OAK = ("#7d5a38", "#a67c50", "#bd9263", "#caa275", "#d6b389")


def _fields(size: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Growth rings, fibres and pores of straight grain along u."""
    bend = cloud(size, seed, slope=2.0, stretch=5)
    v = np.arange(size)[:, None] / size
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * v + 3.2 * bend))
    fibres = cloud(size, seed + 1, slope=0.9, low=8, stretch=26)
    pores = np.clip((cloud(size, seed + 2, slope=0.6, low=30, stretch=22) - 0.72) / 0.2, 0, 1)
    return rings**1.6, fibres, pores


def planed(size: int = 512, *, seed: int = 101, metres: float = 0.5) -> Surface:
    """One wide board, grain along u."""
    rings, fibres, pores = _fields(size, seed)
    drift = cloud(size, seed + 3, slope=1.9)
    tone = np.clip(0.62 - 0.22 * rings + 0.42 * (fibres - 0.5) + 0.3 * (drift - 0.5), 0, 1)
    color = shade(tone, *OAK) * (1 - 0.3 * pores[..., None])
    height = spread(0.4 * fibres - 0.9 * blur(pores, 0.6) - 0.2 * rings)
    rough = np.clip(0.5 + 0.2 * rings + 0.2 * pores - 0.15 * fibres, 0, 1)
    return Surface(color, height, rough, 0.0007, metres, f"wood-{seed}")


def herringbone(size: int = 1536, *, blocks: int = 2, metres: float = 1.6) -> Surface:
    """Oak strips six times as long as wide at right angles, each cut from another board.

    The pattern repeats every two lengths, so the patch holds a whole number of those;
    it is painted at 1536 = 2 · 6 · 2 · 64 pixels and then scaled to 1024.
    """
    ratio = 6
    width = size // (2 * ratio * blocks)
    row, column = np.mgrid[0:size, 0:size]
    lying, strip, along, across = _strip_at(row, column, width, ratio)
    rng = np.random.default_rng(111)
    number = strip % 997
    shift = rng.integers(0, 2048, (997, 2))
    mood = rng.random(997)
    grain_size = 2048
    rings, fibres, pores = _fields(grain_size, 112)
    u = (along + shift[number, 0]) % grain_size
    v = (across * 3 + shift[number, 1]) % grain_size
    ring, fibre, pore = rings[v, u], fibres[v, u], pores[v, u]
    tone = 0.55 - 0.2 * ring + 0.4 * (fibre - 0.5) + 0.42 * (mood[number] - 0.5) + 0.04 * lying
    color = shade(np.clip(tone, 0, 1), *OAK) * (1 - 0.25 * pore[..., None])
    edge = np.minimum.reduce([along, ratio * width - 1 - along, across, width - 1 - across])
    joint = np.clip(1 - edge / 1.5, 0, 1)
    color *= 1 - 0.55 * joint[..., None]
    height = 0.9 - 0.8 * joint - 0.08 * pore + 0.06 * (fibre - 0.5)
    rough = np.clip(0.42 + 0.14 * ring + 0.12 * (mood[number] - 0.5) + 0.3 * joint, 0, 1)
    color, height, rough = (_scaled(x, 1024) for x in (color, np.clip(height, 0, 1), rough))
    return Surface(color, height, rough, 0.0016, metres, "herringbone")


def _scaled(values: Floats, size: int) -> Floats:
    if values.ndim == 3:
        return np.stack([_scaled(values[..., k], size) for k in range(3)], axis=-1)
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX), dtype=np.float64)


def _strip_at(
    row: np.ndarray, column: np.ndarray, width: int, ratio: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which strip a pixel lies on (0 or 1 for its direction, its number) and where on it.

    On a grid of width-sized squares, square (r, c) belongs to a strip along the row when
    (c - r) mod 2·ratio < ratio, else to one along the column: the classic staircase.
    """
    r, c = row // width, column // width
    period = 2 * ratio
    phase = (c - r) % period
    lying = phase < ratio
    start_column = c - phase
    start_row = r - (period - 1 - phase)
    along = np.where(lying, column - start_column * width, row - start_row * width)
    across = np.where(lying, row % width, column % width)
    # The number wraps with the texture, so it is made of positions within one patch.
    patch = row.shape[0] // width
    name_lying = (r % patch) * 131 + (start_column % patch) * 7
    name_standing = (c % patch) * 137 + (start_row % patch) * 11 + 500_009
    return lying.astype(int), np.where(lying, name_lying, name_standing), along, across
