"""The small things that make an object believable: stitches, eyelets, holes."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling.curves import circle, resample
from scenes.demo.modelling.mesh import Floats, Mesh, from_triangles, merge
from scenes.demo.modelling.shapes import tube

_STITCH = np.array(
    [[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [5, 2, 1], [5, 3, 2], [5, 4, 3], [5, 1, 4]]
)


def stitches(path: Floats, lift: Floats, *, length: float = 0.0042, radius: float = 0.0006) -> Mesh:
    """A seam of thread along a path; `lift` (points, 3) is the surface's normal along it."""
    total = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    count = max(2, int(total / (length * 1.55)))
    both = resample(np.concatenate([path, lift], axis=1), count * 2 + 1)
    middle, up = both[1::2, :3], both[1::2, 3:]
    along = both[2::2, :3] - both[:-1:2, :3]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up = up / np.linalg.norm(up, axis=1, keepdims=True)
    side = np.cross(along, up)
    half, r = along * length / 2, radius
    corners = [
        middle - half,
        middle + side * r,
        middle + up * r,
        middle - side * r,
        middle - up * r,
    ]
    points = np.stack([*corners, middle + half], axis=1)
    indices = (_STITCH[None] + 6 * np.arange(len(points))[:, None, None]).reshape(-1, 3)
    return from_triangles(points.reshape(-1, 3), np.zeros((len(points) * 6, 2)), indices)


def ring(centre: Floats, normal: Floats, radius: float, wire: float, segments: int = 16) -> Mesh:
    """A torus: an eyelet, a grommet, a D-ring."""
    side, up = _frame(normal)
    loop = circle(radius, segments)
    path = centre + loop[:, :1] * side + loop[:, 1:] * up
    return tube(np.concatenate([path, path[:1]]), wire, 6, closed=True)


def dot(centre: Floats, normal: Floats, radius: float, segments: int = 8) -> Mesh:
    """A flat disc: a punched hole seen from outside."""
    side, up = _frame(normal)
    loop = circle(radius, segments)
    rim = centre + loop[:, :1] * side + loop[:, 1:] * up
    points = np.concatenate([centre[None], rim])
    turn = np.arange(segments)
    indices = np.stack([np.zeros(segments, int), 1 + turn, 1 + (turn + 1) % segments], axis=1)
    return from_triangles(points, np.zeros((segments + 1, 2)), indices)


def _frame(normal: Floats) -> tuple[Floats, Floats]:
    axis = normal / np.linalg.norm(normal)
    side = np.cross(np.eye(3)[np.abs(axis).argmin()], axis)
    side /= np.linalg.norm(side)
    return side, np.cross(axis, side)


def dots(centres: Floats, normals: Floats, radius: float) -> Mesh:
    return merge(*(dot(c + n * 0.0003, n, radius) for c, n in zip(centres, normals, strict=True)))
