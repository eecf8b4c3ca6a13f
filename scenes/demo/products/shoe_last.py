"""The last: the sneaker's upper as a surface between the sole's edge and the opening."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.mesh import Floats

# Stations run from the toe along the outer side to the heel and back along the inner side.
# Per station: sole edge (x, z), opening (x, y, z), how the upper leaves the sole
# (outward, up) and how it arrives at the opening (inward, up, towards the toe). Metres.
_OUTER = [
    ((-0.006, 0.1475), (0.000, 0.069, 0.052), (0.018, 0.094), (0.000, 0.012, -0.085)),
    ((0.026, 0.1365), (0.006, 0.069, 0.050), (0.018, 0.094), (0.020, 0.012, -0.070)),
    ((0.0445, 0.105), (0.0115, 0.071, 0.043), (0.018, 0.088), (0.055, 0.014, -0.030)),
    ((0.0515, 0.060), (0.0140, 0.080, 0.018), (0.014, 0.070), (0.060, 0.030, -0.008)),
    ((0.0495, 0.018), (0.0165, 0.091, -0.010), (0.010, 0.065), (0.052, 0.050, 0.000)),
    ((0.0430, -0.030), (0.0225, 0.099, -0.036), (0.006, 0.065), (0.034, 0.060, 0.000)),
    ((0.0400, -0.078), (0.0330, 0.084, -0.074), (0.006, 0.060), (0.010, 0.060, 0.000)),
    ((0.0355, -0.118), (0.0300, 0.086, -0.110), (0.008, 0.060), (0.008, 0.055, 0.000)),
    ((0.0210, -0.142), (0.0180, 0.099, -0.130), (0.010, 0.062), (0.008, 0.055, 0.004)),
    ((0.0000, -0.1475), (0.000, 0.104, -0.1365), (0.012, 0.065), (0.000, 0.055, 0.004)),
]
# The inner side of the foot is straighter at the waist and fuller at the ball.
_INNER_X = [0.0, -0.036, -0.0465, -0.0485, -0.041, -0.036, -0.0365, -0.034, -0.0205, 0.0]
COUNT = 2 * len(_OUTER) - 2
HEEL = len(_OUTER) - 1
SOLE_TOP = 0.027


def spring(z: Floats) -> Floats:
    """How far the sole curls off the ground at the toe, and a touch at the heel."""
    toe = np.clip((z - 0.055) / 0.0925, 0, 1) ** 2 * 0.013
    heel = np.clip((-z - 0.11) / 0.0375, 0, 1) ** 2 * 0.003
    return np.asarray(toe + heel)


def _stations() -> Floats:
    rows = [[*foot, *rim, *leave, *arrive] for foot, rim, leave, arrive in _OUTER]
    for i in range(HEEL - 1, 0, -1):
        (_, z), (x, y, oz), leave, (inward, up, ahead) = _OUTER[i]
        rows.append([_INNER_X[i], z, -x, y, oz, *leave, -inward, up, ahead])
    return np.array(rows)


_TABLE = _stations()


def _at(u: Floats) -> Floats:
    """All station columns at fractional stations u, by a closed Catmull-Rom spline."""
    i = np.floor(u).astype(int)
    t = (u - i)[..., None]
    p0, p1, p2, p3 = (_TABLE[(i + k) % COUNT] for k in (-1, 0, 1, 2))
    return np.asarray(
        0.5
        * (
            2 * p1
            + (p2 - p0) * t
            + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
            + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        )
    )


def edge(u: Floats) -> Floats:
    """The sole's outline (…, 2) in x and z."""
    return _at(u)[..., :2]


def outward(u: Floats) -> Floats:
    """Unit normal of the outline (…, 2)."""
    ahead = edge(u + 0.02) - edge(u - 0.02)
    normal = np.stack([-ahead[..., 1], ahead[..., 0]], axis=-1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def opening(u: Floats) -> Floats:
    return _at(u)[..., 2:5]


def upper(u: Floats, v: Floats) -> Floats:
    """Points (…, 3) of the upper: v = 0 at the sole, 1 at the opening."""
    row = _at(u)
    out = outward(u)
    foot = edge(u) - out * 0.0035
    start = np.stack([foot[..., 0], SOLE_TOP - 0.004 + spring(foot[..., 1]), foot[..., 1]], axis=-1)
    leave = np.stack([out[..., 0] * row[..., 5], row[..., 6], out[..., 1] * row[..., 5]], axis=-1)
    arrive = np.stack([-row[..., 7], row[..., 8], row[..., 9]], axis=-1)
    s = v[..., None]
    return np.asarray(
        (2 * s**3 - 3 * s**2 + 1) * start
        + (s**3 - 2 * s**2 + s) * leave
        + (3 * s**2 - 2 * s**3) * row[..., 2:5]
        + (s**3 - s**2) * arrive
    )


def normal(u: Floats, v: Floats) -> Floats:
    """Unit normals (…, 3), pointing out of the shoe."""
    du = upper(u + 0.01, v) - upper(u - 0.01, v)
    dv = upper(u, np.minimum(v + 0.01, 1)) - upper(u, np.maximum(v - 0.01, 0))
    n = np.cross(du, dv)
    return np.asarray(n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-12))
