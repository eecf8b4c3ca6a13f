"""Lines: splines, profiles with rounded corners, closed loops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from scenes.demo.modelling.mesh import Floats


def curve(
    points: Sequence[Sequence[float]] | Floats, samples: int, *, closed: bool = False
) -> Floats:
    """Sample a Catmull-Rom spline (centripetal) through points, evenly by arc length."""
    knots = np.asarray(points, dtype=float)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    fine = np.concatenate([_span(*padded[i : i + 4]) for i in range(len(padded) - 3)])
    fine = np.concatenate([fine, padded[-2:-1]])
    return resample(fine, samples)


def _span(p0: Floats, p1: Floats, p2: Floats, p3: Floats, steps: int = 24) -> Floats:
    t0 = 0.0
    t1 = t0 + max(float(np.linalg.norm(p1 - p0)) ** 0.5, 1e-6)
    t2 = t1 + max(float(np.linalg.norm(p2 - p1)) ** 0.5, 1e-6)
    t3 = t2 + max(float(np.linalg.norm(p3 - p2)) ** 0.5, 1e-6)
    t = np.linspace(t1, t2, steps, endpoint=False)[:, None]
    a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
    a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
    a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
    b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
    b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
    return np.asarray((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)


def resample(points: Floats, samples: int) -> Floats:
    """The same polyline with evenly spaced points."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    where = np.linspace(0, at[-1], samples)
    return np.stack([np.interp(where, at, points[:, k]) for k in range(points.shape[1])], axis=1)


def rounded(points: Sequence[Sequence[float]], radius: float, steps: int = 5) -> Floats:
    """A polyline whose inner corners are replaced by arcs, for bevelled profiles."""
    knots = np.asarray(points, dtype=float)
    out = [knots[:1]]
    for before, corner, after in zip(knots[:-2], knots[1:-1], knots[2:], strict=True):
        to_before, to_after = before - corner, after - corner
        reach = min(radius, np.linalg.norm(to_before) * 0.45, np.linalg.norm(to_after) * 0.45)
        a = corner + to_before / np.linalg.norm(to_before) * reach
        b = corner + to_after / np.linalg.norm(to_after) * reach
        t = np.linspace(0, 1, steps)[:, None]
        out.append((1 - t) ** 2 * a + 2 * t * (1 - t) * corner + t**2 * b)
    out.append(knots[-1:])
    return np.concatenate(out)


def circle(radius: float, segments: int = 12) -> Floats:
    angles = np.arange(segments) * 2 * np.pi / segments
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)


def superellipse(a: float, b: float, power: float = 4, segments: int = 32) -> Floats:
    """A loop between an ellipse (power 2) and a rectangle (large power)."""
    angles = np.arange(segments) * 2 * np.pi / segments
    c, s = np.cos(angles), np.sin(angles)
    loop = np.stack(
        [a * np.sign(c) * np.abs(c) ** (2 / power), b * np.sign(s) * np.abs(s) ** (2 / power)],
        axis=1,
    )
    return resample(np.concatenate([loop, loop[:1]]), segments + 1)[:-1]


def layered(profile: Floats, spacing: float) -> Floats:
    """A profile with extra points wherever they are further apart than spacing."""
    rows = [profile[:1]]
    for a, b in pairwise(profile):
        steps = max(1, int(np.linalg.norm(b - a) / spacing))
        rows.append(a + (b - a) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.concatenate(rows)
