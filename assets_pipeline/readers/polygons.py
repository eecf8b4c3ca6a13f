"""Polygons whose corners count each attribute apart, as triangles that count them together."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Primitive, Values
from assets_pipeline.readers.checks import FARTHEST

Whole = NDArray[np.int64]
# By attribute: its values, and for each corner which of them it takes.
Streams = Mapping[str, tuple[Values, Whole]]


def indexed(streams: Streams, material: int | None = None) -> Primitive:
    """Triangles: three corners each, in order; equal corners become one vertex.

    Raises InvalidModel when a corner takes a value that is not there.
    """
    for name, (values, corners) in streams.items():
        _check(name, len(values), corners)
    rows = np.column_stack([corners for _, corners in streams.values()])
    key = _key(rows)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    attributes = {
        name: _single(name, values.take(corners[first]))
        for name, (values, corners) in streams.items()
    }
    return Primitive(attributes, indices=inverse.ravel().astype(np.uint32), material=material)


def _single(name: str, values: Values) -> Values:
    if values.array.dtype != np.float64:
        return values
    if not (np.abs(values.array) <= FARTHEST).all():  # so that NaN is refused, too
        raise InvalidModel(reason=f"It has {name} beyond {FARTHEST:g}, or not finite")
    return replace(values, array=values.array.astype(np.float32))


def fans(counts: NDArray[np.integer]) -> tuple[Whole, Whole]:
    """Polygons of `counts` corners, one after another, as fans around their first corners.

    Gives the corners (3 · triangles,) and the polygon of each triangle.
    """
    counts = np.asarray(counts, np.int64)
    triangles = np.maximum(counts - 2, 0)
    polygon = np.repeat(np.arange(len(counts)), triangles)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
    before = np.concatenate([[0], np.cumsum(triangles)[:-1]]) if len(counts) else counts
    step = np.arange(len(polygon)) - before[polygon]
    start = first[polygon]
    corners = np.column_stack([start, start + step + 1, start + step + 2]).ravel()
    return corners, polygon


def better_diagonals(
    corners: Whole, polygon: Whole, counts: NDArray[np.integer], points: NDArray[np.float64]
) -> Whole:
    """The same fans, where four-sided polygons are cut along the diagonal that lies inside.

    `points` (all corners, 3). A fan cuts an arrow-shaped quadrangle outside of itself.
    """
    quads = np.flatnonzero(np.asarray(counts) == 4)
    if not len(quads):
        return corners
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])[quads]
    a, b, c, d = (points[first + i] for i in range(4))
    with np.errstate(over="ignore", invalid="ignore"):  # points that far out are refused later
        facing = np.einsum("ij,ij->i", np.cross(b - a, c - a), np.cross(c - a, d - a))
    bent = quads[facing < 0]
    changed = corners.reshape(-1, 3).copy()
    rows = np.flatnonzero(np.isin(polygon, bent)).reshape(-1, 2)
    start = changed[rows[:, 0], 0]
    changed[rows[:, 0]] = np.column_stack([start, start + 1, start + 3])
    changed[rows[:, 1]] = np.column_stack([start + 1, start + 2, start + 3])
    return changed.ravel()


def _check(name: str, count: int, corners: Whole) -> None:
    if len(corners) and (int(corners.min()) < 0 or int(corners.max()) >= count):
        wrong = int(corners.min()) if corners.min() < 0 else int(corners.max())
        raise InvalidModel(reason=f"A corner names {name} {wrong}, but there are only {count}")


def _key(rows: Whole) -> NDArray[np.int64]:
    """One number per row, equal for equal rows. Sorting numbers is 20 times faster than rows."""
    key = rows[:, 0].copy()
    for column in rows.T[1:]:
        width = int(column.max(initial=0)) + 1
        if int(key.max(initial=0)) > np.iinfo(np.int64).max // width - 1:
            key = np.unique(key, return_inverse=True)[1].ravel()
        key = key * width + column
    return key
