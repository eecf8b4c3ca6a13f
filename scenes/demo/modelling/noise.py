"""Tiling random fields that every texture is made of; all values 0..1, all seeds fixed."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.mesh import Floats


def cloud(
    size: int, seed: int, *, slope: float = 1.6, low: float = 1, stretch: float = 1
) -> Floats:
    """Noise whose spectrum falls with frequency: larger slope is softer.

    `low` removes the waves longer than size/low, `stretch` > 1 draws it out along rows (u).
    """
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    fy = np.fft.fftfreq(size)[:, None] * size
    fx = np.fft.rfftfreq(size)[None, :] * size * stretch
    frequency = np.hypot(fx, fy)
    gain = np.where(frequency >= low, np.maximum(frequency, 1) ** -slope, 0)
    return spread(np.fft.irfft2(spectrum * gain, s=(size, size)))


def grain(size: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random((size, size))


def spread(field: Floats, tails: float = 0.5) -> Floats:
    """Stretch to 0..1 between percentiles."""
    low, high = np.percentile(field, [tails, 100 - tails])
    return np.asarray(np.clip((field - low) / max(high - low, 1e-12), 0, 1))


def blur(field: Floats, sigma: float) -> Floats:
    """Gaussian blur that wraps around; sigma in pixels."""
    rows, columns = field.shape[:2]
    fy = np.fft.fftfreq(rows)[:, None]
    fx = np.fft.rfftfreq(columns)[None, :]
    gain = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    return np.asarray(np.fft.irfft2(np.fft.rfft2(field) * gain, s=(rows, columns)))


def cells(
    size: int, count: int, seed: int, *, jitter: float = 0.9
) -> tuple[Floats, Floats, Floats]:
    """Distances to the nearest and second nearest of count² scattered points, and its number.

    Distances are in cell widths; the number is a random 0..1 per cell.
    """
    rng = np.random.default_rng(seed)
    offset = 0.5 + (rng.random((count, count, 2)) - 0.5) * jitter
    tone = rng.random((count, count))
    at = (np.arange(size) + 0.5) * count / size
    x, y = np.meshgrid(at, at)
    column, row = x.astype(int), y.astype(int)
    nearest = np.full((size, size), 9.0)
    second = np.full((size, size), 9.0)
    number = np.zeros((size, size))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, c = (row + dy) % count, (column + dx) % count
            distance = np.hypot(column + dx + offset[r, c, 0] - x, row + dy + offset[r, c, 1] - y)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            number = np.where(closer, tone[r, c], number)
            nearest = np.where(closer, distance, nearest)
    return nearest, second, number


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
