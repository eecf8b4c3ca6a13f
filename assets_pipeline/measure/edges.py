"""How triangles meet at their edges: borders, forks and creases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID = 1 << 20  # positions closer than the longest side divided by this count as one
HARD = 0.0  # cosine: 90° and more between two faces' normals

Triangles = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """`open` belong to one triangle, `forked` to three or more, `hard` bend by 90° and more.

    `degenerate` counts triangles without an area; their edges are not looked at.
    """

    open: int = 0
    forked: int = 0
    hard: int = 0
    degenerate: int = 0

    def __add__(self, other: "Edges") -> "Edges":
        return Edges(
            self.open + other.open,
            self.forked + other.forked,
            self.hard + other.hard,
            self.degenerate + other.degenerate,
        )


def edges(positions: NDArray[np.float32], triangles: Triangles) -> Edges:
    """Of a mesh with `positions` (n, 3) and `triangles` (t, 3), joined by position: what a seam in
    normals or UVs keeps apart is one edge here."""
    if not len(triangles):
        return Edges()
    joined = _joined(positions)[triangles]
    corners = positions[triangles].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    distinct = (joined != np.roll(joined, 1, axis=1)).all(axis=1) & (areas > 0)
    degenerate = int(len(triangles) - distinct.sum())
    joined, normals = joined[distinct], normals[distinct] / areas[distinct, None]
    pairs = np.sort(joined[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    keys = pairs[:, 0] * np.int64(len(positions)) + pairs[:, 1]
    order = np.argsort(keys, kind="stable")
    _, first, faces = np.unique(keys[order], return_index=True, return_counts=True)
    inner = first[faces == 2]
    bend = np.einsum("ij,ij->i", normals[order[inner] // 3], normals[order[inner + 1] // 3])
    return Edges(
        int((faces == 1).sum()), int((faces > 2).sum()), int((bend <= HARD).sum()), degenerate
    )


def _joined(positions: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each vertex, a number that all vertices of its place share."""
    low = positions.min(axis=0).astype(np.float64)
    extent = float((positions - low).max()) or 1.0
    cells = np.rint((positions - low) * (GRID / extent)).astype(np.int64)
    keys = (cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2]
    inverse = np.unique(keys, return_inverse=True)[1]
    return np.asarray(inverse, np.int64).reshape(-1)
