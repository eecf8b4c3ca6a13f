"""One vertex where there were several alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Model, Primitive


@dataclass(frozen=True)
class Weld:
    """Merge vertices that are bitwise equal, so neighbouring triangles share them.

    Unused vertices go, and so do triangles that two of their corners make a line: neither is ever
    drawn. Runs after quantizing, which is what makes near vertices equal.
    """

    def __call__(self, model: Model) -> Model:
        return model.map_primitives(weld_primitive)


def weld_primitive(primitive: Primitive) -> Primitive:
    indices = primitive.indices
    if indices is None:
        indices = np.arange(primitive.vertices, dtype=np.uint32)
    kept, place = distinct_rows(vertex_bytes(primitive))
    welded = place[indices]
    if primitive.mode == TRIANGLES:
        # One that is nothing but lines stays as it came: an empty primitive is not valid glTF.
        welded = without_lines(welded) if len(without_lines(welded)) else welded
    used, compact = np.unique(welded, return_inverse=True)
    return primitive.take(kept[used], compact.ravel().astype(np.uint32))


def vertex_bytes(primitive: Primitive) -> NDArray[np.uint8]:
    """(vertices, bytes): all that makes one vertex differ from another, targets included."""
    columns = [
        np.ascontiguousarray(attributes[name].array).view(np.uint8).reshape(primitive.vertices, -1)
        for attributes in (primitive.attributes, *primitive.targets)
        for name in sorted(attributes)
    ]
    return np.hstack(columns)


def distinct_rows(rows: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The first row of each kind, in their order, and for every row its kind's place there."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return first[order], rank[inverse.ravel()]


def without_lines(indices: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Triangles whose three corners are three vertices."""
    triangles = indices.reshape(-1, 3)
    a, b, c = triangles.T
    kept: NDArray[np.uint32] = triangles[(a != b) & (b != c) & (c != a)].ravel()
    return kept
