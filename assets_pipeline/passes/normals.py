"""Normals for models that came without."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Model, Primitive, Values
from assets_pipeline.passes.weld import distinct_rows, weld_primitive

PAIRS_AT_ONCE = 4_000_000  # bounds the memory that comparing neighbours takes
FULLY_SMOOTH_ABOVE = 64  # triangles around one point: the tip of a cone, not a corner
UP = np.array([0.0, 1.0, 0.0])
Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class ComputeNormals:
    """Give triangles without normals the ones they should have.

    glTF says that such triangles are flat (2.0, section 3.7.2.1). Formats without materials mean
    no such thing: there, edges below `crease_degrees` are smoothed. 40° keeps a chair leg's edges
    and rounds a sphere of 10 segments.
    """

    crease_degrees: float = 40.0

    def __call__(self, model: Model) -> Model:
        crease = 0.0 if model.format == "glTF" else self.crease_degrees
        unlit = {
            i
            for i, material in enumerate(model.materials)
            if "KHR_materials_unlit" in material.get("extensions", {})
        }

        def change(primitive: Primitive) -> Primitive:
            lit = not (primitive.materials and primitive.materials <= unlit)
            missing = "NORMAL" not in primitive.attributes and primitive.mode == TRIANGLES
            return add_normals(primitive, crease) if missing and lit else primitive

        return model.map_primitives(change)


def add_normals(primitive: Primitive, crease_degrees: float) -> Primitive:
    """The primitive with unit normals; vertices on creases are split. Tangents go: they were made
    for other normals."""
    indices = primitive.indices
    if indices is None:
        indices = np.arange(primitive.vertices, dtype=np.uint32)
    positions = primitive.attributes["POSITION"].floats()
    normals = corner_normals(positions, indices.reshape(-1, 3), crease_degrees)
    corners = primitive.take(indices, np.arange(len(indices), dtype=np.uint32))
    attributes = {n: v for n, v in corners.attributes.items() if n != "TANGENT"}
    attributes["NORMAL"] = Values(normals.astype(np.float32), "VEC3")
    return weld_primitive(replace(corners, attributes=attributes))


def corner_normals(
    positions: NDArray[np.float32], triangles: NDArray[np.uint32], crease_degrees: float
) -> Vectors:
    """(3 × triangles, 3) unit normals, one per corner, weighted by the corners' angles.

    Source: Thürmer and Wüthrich 1998, "Computing vertex normals from polygonal facets".
    """
    corners = positions.astype(np.float64)[triangles]  # (triangles, corner, 3)
    flat = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    facing = np.repeat(flat, 3, axis=0)
    if crease_degrees <= 0:
        return _never_zero(facing)
    points = np.ascontiguousarray(positions + np.float32(0))  # makes -0 the same point as 0
    _, point = distinct_rows(points.view(np.uint8).reshape(len(points), -1))
    smooth = _smooth(
        facing, corner_angles(corners), point[triangles].ravel(), np.cos(np.radians(crease_degrees))
    )
    unit = _unit(smooth)
    return _never_zero(np.where(np.linalg.norm(unit, axis=1, keepdims=True) > 0, unit, facing))


def corner_angles(corners: Vectors) -> Vectors:
    """(3 × triangles) radians, in the corners' order."""
    angles = np.empty(corners.shape[:2])
    for i in range(3):
        one = _unit(corners[:, (i + 1) % 3] - corners[:, i])
        other = _unit(corners[:, (i + 2) % 3] - corners[:, i])
        angles[:, i] = np.arccos(np.clip(np.einsum("ij,ij->i", one, other), -1, 1))
    return angles.ravel()


def _smooth(
    facing: Vectors, angles: Vectors, point: NDArray[np.uint32], least_cosine: float
) -> Vectors:
    """Each corner's sum over the triangles at its point that face nearly the same way."""
    weighted = facing * angles[:, None]
    order = np.argsort(point, kind="stable")
    counts = np.bincount(point)
    starts = np.concatenate([[0], np.cumsum(counts)])
    sums = np.zeros_like(facing)
    crowded = counts[point] > FULLY_SMOOTH_ABOVE
    if crowded.any():
        totals = np.stack([np.bincount(point, weighted[:, k]) for k in range(3)], axis=1)
        sums[crowded] = totals[point[crowded]]
    todo = order[~crowded[order]]
    if not len(todo):
        return sums
    pairs = np.cumsum(counts[point[todo]])
    cuts = np.searchsorted(pairs, np.arange(0, pairs[-1], PAIRS_AT_ONCE))
    for first, last in zip(cuts, [*cuts[1:], len(todo)], strict=True):
        mine = todo[first:last]
        around = counts[point[mine]]
        corner = np.repeat(mine, around)
        within = np.arange(len(corner)) - np.repeat(np.cumsum(around) - around, around)
        other = order[starts[point[corner]] + within]
        near = np.einsum("ij,ij->i", facing[corner], facing[other]) >= least_cosine
        for k in range(3):
            sums[:, k] += np.bincount(corner[near], weighted[other[near], k], len(facing))
    return sums


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _never_zero(vectors: Vectors) -> Vectors:
    """Triangles without area face up: they are invisible, but glTF wants unit normals."""
    return np.where(np.linalg.norm(vectors, axis=1, keepdims=True) > 0, vectors, UP)
