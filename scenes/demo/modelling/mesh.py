"""A triangle mesh as numpy arrays, and the few ways to make one from others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """Vertices and triangles; metres, +Y up, counter-clockwise seen from outside."""

    positions: Floats  # (vertices, 3)
    normals: Floats  # (vertices, 3), unit length
    uvs: Floats  # (vertices, 2), metres along the surface until `tiled` scales them
    indices: Ints  # (triangles, 3)
    light: Floats  # (vertices, 3), baked light that multiplies the colour, 0..1

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Mesh:
        return replace(self, positions=self.positions + np.array([x, y, z]))

    def turned(self, *, x: float = 0, y: float = 0, z: float = 0) -> Mesh:
        """Turn about the origin by degrees: first about x, then y, then z."""
        turn = _about(2, z) @ _about(1, y) @ _about(0, x)
        return replace(self, positions=self.positions @ turn.T, normals=self.normals @ turn.T)

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> Mesh:
        factors = np.array([x, x if y is None else y, x if z is None else z], dtype=float)
        normals = self.normals / factors
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        indices = self.indices[:, ::-1] if np.prod(factors) < 0 else self.indices
        return replace(self, positions=self.positions * factors, normals=normals, indices=indices)

    def flipped(self) -> Mesh:
        return replace(self, normals=-self.normals, indices=self.indices[:, ::-1])

    def tiled(self, metres: float, metres_v: float | None = None) -> Mesh:
        """Scale metre UVs so that a texture repeats every so many metres."""
        return replace(self, uvs=self.uvs / np.array([metres, metres_v or metres]))

    def uv_turned(self) -> Mesh:
        """Swap u and v, so that a grain runs the other way."""
        return replace(self, uvs=self.uvs[:, ::-1])

    def projected(self, u: int, v: int) -> Mesh:
        """UVs from two coordinates (0 x, 1 y, 2 z): a texture laid flat over everything."""
        return replace(self, uvs=self.positions[:, [u, v]])

    def uv_upright(self) -> Mesh:
        """For pictures: glTF's v counts from the top row, a surface's from its foot."""
        return replace(self, uvs=self.uvs * [1, -1] + [0, 1])

    def uv_moved(self, u: float, v: float) -> Mesh:
        return replace(self, uvs=self.uvs + np.array([u, v]))

    def lit(self, light: Floats | float) -> Mesh:
        """Multiply the baked light by a factor per vertex (or per vertex and channel)."""
        factor = np.asarray(light, dtype=float)
        return replace(self, light=self.light * (factor[:, None] if factor.ndim == 1 else factor))

    def smoothed(self) -> Mesh:
        return replace(self, normals=smooth_normals(self.positions, self.indices))

    @property
    def size(self) -> Floats:
        return np.asarray(np.ptp(self.positions, axis=0))


def _about(axis: int, degrees: float) -> Floats:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[a, a] = matrix[b, b] = c
    matrix[a, b], matrix[b, a] = -s, s
    return matrix


def merge(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(m.positions) for m in meshes)])
    return Mesh(
        positions=np.concatenate([m.positions for m in meshes]),
        normals=np.concatenate([m.normals for m in meshes]),
        uvs=np.concatenate([m.uvs for m in meshes]),
        indices=np.concatenate([m.indices + s for m, s in zip(meshes, starts, strict=False)]),
        light=np.concatenate([m.light for m in meshes]),
    )


def from_triangles(positions: Floats, uvs: Floats, indices: Ints) -> Mesh:
    """A smooth mesh without empty triangles; vertices at one place share their normal."""
    corners = positions[indices]
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    indices = indices[areas > 1e-12]
    used, indices = np.unique(indices, return_inverse=True)
    positions, uvs = positions[used], uvs[used]
    indices = indices.reshape(-1, 3)
    return Mesh(
        positions, smooth_normals(positions, indices), uvs, indices, np.ones((len(positions), 3))
    )


def smooth_normals(positions: Floats, indices: Ints) -> Floats:
    """Area-weighted normals: big flat faces stay flat, their bevels turn between them."""
    corners = positions[indices]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    _, place = np.unique(np.round(positions, 6), axis=0, return_inverse=True)
    place = place.reshape(-1)
    sums = np.zeros((place.max() + 1, 3))
    for corner in range(3):
        np.add.at(sums, place[indices[:, corner]], faces)
    normals = sums[place]
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(
        np.where(length > 1e-15, normals / np.maximum(length, 1e-15), [0.0, 1.0, 0.0])
    )


def sheet(points: Floats, uvs: Floats | None = None) -> Mesh:
    """A surface from a grid of points (rows, columns, 3).

    Its front is where rows × columns points (right-hand rule: row direction = first
    finger, column direction = second). UVs default to metres along the middle lines;
    rows run along v, columns along u.
    """
    rows, columns = points.shape[:2]
    if uvs is None:
        uvs = metre_uvs(points)
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    quads = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    return from_triangles(points.reshape(-1, 3), uvs.reshape(-1, 2), quads)


def metre_uvs(points: Floats) -> Floats:
    """UVs that measure metres along the longest row and the longest column of a grid."""
    along_u = np.linalg.norm(np.diff(points, axis=1), axis=2)
    along_v = np.linalg.norm(np.diff(points, axis=0), axis=2)
    u = np.concatenate([[0.0], np.cumsum(along_u[along_u.sum(axis=1).argmax()])])
    v = np.concatenate([[0.0], np.cumsum(along_v[:, along_v.sum(axis=0).argmax()])])
    return np.stack(np.meshgrid(u, v), axis=-1)
