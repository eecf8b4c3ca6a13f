"""How far two surfaces are from each other at most, in millimetres, measured both ways.

One way alone cannot see a hole: every point of a mesh that lost a part is still on the original.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets_pipeline.model import TRIANGLES, Model
from assets_pipeline.transforms import placed_primitives

Points = NDArray[np.float64]
SAMPLES = 30_000  # of each surface, beside its vertices
NEIGHBOURS = (3, 12, 48)  # pieces that are tried before a point is measured exactly
FINEST = 1e-9  # metres
PRECISION = (
    1e-6  # metres: finer, walls whose points are all equally far off take four times as long
)
MILLIMETRES = 1000.0


@dataclass(frozen=True, eq=False)
class Surface:
    points: Points  # (vertices, 3), metres
    triangles: NDArray[np.int64]  # (triangles, 3)

    @property
    def corners(self) -> Points:
        """(triangles, 3, 3)"""
        return self.points[self.triangles]


@dataclass(frozen=True)
class Deviation:
    """The distances of the sampled points are exact to a micrometre. What lies between them may be
    further off, by `uncertainty_mm` at most, because a distance changes no faster than the point
    moves."""

    a_to_b_mm: float  # from the point of a that is furthest from b
    b_to_a_mm: float
    uncertainty_mm: float

    @property
    def most_mm(self) -> float:
        return max(self.a_to_b_mm, self.b_to_a_mm)


def surface(model: Model) -> Surface:
    """All triangles that the model shows, in metres: instances too, skins in their rest pose,
    without morphs. Strips and fans are left out, as are points and lines."""
    points, triangles, first = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
    for primitive, placed in placed_primitives(model):
        if primitive.mode != TRIANGLES or not primitive.draws:
            continue
        indices = primitive.indices
        if indices is None:
            indices = np.arange(primitive.vertices, dtype=np.uint32)
        points.append(placed)
        triangles.append(indices[: len(indices) // 3 * 3].reshape(-1, 3).astype(np.int64) + first)
        first += len(placed)
    return Surface(np.concatenate(points), np.concatenate(triangles))


class Sampled:
    """A surface made ready to be measured against others, as far as it is needed and once."""

    def __init__(self, surface: Surface, samples: int = SAMPLES) -> None:
        self.surface, self.samples = surface, samples

    @cached_property
    def cover(self) -> "Cover":
        return cover(self.surface, self.samples)

    @cached_property
    def middles(self) -> cKDTree:
        return cKDTree(self.cover.pieces.mean(axis=1))

    @cached_property
    def exact(self) -> "Distances":
        return Distances(self.cover.pieces)


def deviation(a: Surface | Sampled, b: Surface | Sampled, *, samples: int = SAMPLES) -> Deviation:
    """The largest distances. Infinite when only one of the two shows anything; 0 when none does.

    What is `Sampled` already keeps its own number of samples.
    """
    a, b = (s if isinstance(s, Sampled) else Sampled(s, samples) for s in (a, b))
    if not len(a.surface.triangles) or not len(b.surface.triangles):
        far = 0.0 if len(a.surface.triangles) == len(b.surface.triangles) else float("inf")
        return Deviation(far, far, 0.0)
    return Deviation(
        _furthest(a.cover.points, b) * MILLIMETRES,
        _furthest(b.cover.points, a) * MILLIMETRES,
        max(a.cover.gap, b.cover.gap) * MILLIMETRES,
    )


@dataclass(frozen=True, eq=False)
class Cover:
    """A surface in pieces of at most one size, which are found faster, and points on it."""

    points: Points  # (n, 3)
    pieces: Points  # (m, 3, 3) corners
    gap: float  # metres: no point of the surface is further than this from one of the points


def cover(surface: Surface, samples: int) -> Cover:
    """The vertices and about `samples` points spread evenly over the surface.

    Each triangle is cut into n² equal ones whose sides are no longer than `step`; no point of such
    a triangle is further than step / √3 from a corner.
    """
    corners = surface.corners
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    parts = np.maximum(1, np.ceil(sides / _step(sides, samples))).astype(np.int64)
    points, pieces = [surface.points[np.unique(surface.triangles)]], []
    for n in np.unique(parts):
        weights, small = _lattice(int(n))
        whole = np.einsum("wk,tkx->twx", weights, corners[parts == n])
        pieces.append(whole[:, small].reshape(-1, 3, 3))
        points.append(whole[:, weights.max(axis=1) < 1].reshape(-1, 3))
    gap = float((sides / parts).max() / np.sqrt(3))
    return Cover(np.concatenate(points), np.concatenate(pieces), gap)


def _lattice(parts: int) -> tuple[Points, NDArray[np.int64]]:
    """A triangle cut into parts²: (n, 3) weights of its corners, (parts², 3) rows of those."""
    steps = [(i, j) for i in range(parts + 1) for j in range(parts + 1 - i)]
    row = {place: number for number, place in enumerate(steps)}
    up = [(row[i, j], row[i + 1, j], row[i, j + 1]) for i, j in steps if i + j < parts]
    down = [
        (row[i + 1, j], row[i + 1, j + 1], row[i, j + 1]) for i, j in steps if i + j < parts - 1
    ]
    weights = np.array([(parts - i - j, i, j) for i, j in steps]) / parts
    return weights, np.array(up + down)


def _step(sides: Points, samples: int) -> float:
    """The longest side of a part so that about `samples` points come of all triangles."""
    low, high = float(sides.max()) / 1000 + FINEST, float(sides.max()) + FINEST
    for _ in range(20):
        step = float(np.sqrt(low * high))
        parts = np.maximum(1, np.ceil(sides / step))
        count = ((parts + 1) * (parts + 2) / 2 - 3).sum()
        low, high = (step, high) if count > samples else (low, step)
    return high


def _furthest(points: Points, other: Sampled) -> float:
    """The largest distance from the points to a surface, too small by `PRECISION` at most.

    The pieces whose middles are nearest give upper bounds that are mostly the distance itself.
    Points are measured in the bounds' order, until what is left cannot be further than what was
    found: a few hundred of a hundred thousand.
    """
    pieces = other.cover.pieces
    bound = np.full(len(points), np.inf)
    left, found, seen, block = np.arange(len(points)), 0.0, 0, 64
    for neighbours in NEIGHBOURS:
        _, near = other.middles.query(points[left], k=np.arange(seen + 1, neighbours + 1))
        for which in near.T:
            there = np.flatnonzero(which < len(pieces))  # there may be fewer pieces than that
            distance = to_triangles(points[left[there]], pieces[which[there]])
            bound[left[there]] = np.minimum(bound[left[there]], distance)
        seen, worst = neighbours, left[np.argsort(-bound[left], kind="stable")[:block]]
        found = max(found, float(other.exact(points[worst], bound[worst]).max(initial=0.0)))
        left = left[bound[left] > found + PRECISION]
    left = left[np.argsort(-bound[left], kind="stable")]
    while len(left):
        worst, left = left[:block], left[block:]
        found = max(found, float(other.exact(points[worst], bound[worst]).max()))
        left, block = left[bound[left] > found + PRECISION], 4 * block
    return found


class Distances:
    """Exact distances to triangles. Those of similar size share a tree of their middles."""

    def __init__(self, corners: Points) -> None:
        reach = np.linalg.norm(corners - corners.mean(axis=1)[:, None], axis=2).max(axis=1)
        octave = np.ceil(np.log2(np.maximum(reach, FINEST)))
        self.sizes = [_Size(corners[octave == o], float(2.0**o)) for o in np.unique(octave)]

    def __call__(self, points: Points, bound: Points) -> Points:
        """(points,) where none can be above `bound`."""
        nearest = np.array(bound)
        for size in self.sizes:
            size.lower(points, nearest)
        return nearest


class _Size:
    """Triangles that reach no further than `reach` from their middles."""

    def __init__(self, corners: Points, reach: float) -> None:
        self.corners, self.reach = corners, reach
        self.low, self.high = corners.min(axis=1), corners.max(axis=1)
        self.tree = cKDTree(corners.mean(axis=1))

    def lower(self, points: Points, nearest: Points) -> None:
        """Set `nearest` to the distance to these triangles where that is less.

        Asks for ever more triangles, until the next one's middle is too far for it to be nearer.
        """
        left, seen, count = np.arange(len(points)), 0, 4
        while len(left) and seen < len(self.corners):
            count = min(count, len(self.corners))
            away, which = self.tree.query(points[left], k=np.arange(seen + 1, count + 1))
            rows, columns = np.nonzero(away - self.reach < nearest[left][:, None])
            self._compare(points, nearest, left[rows], which[rows, columns])
            left = left[away[:, -1] - self.reach < nearest[left]]
            seen, count = count, count * 4

    def _compare(
        self, points: Points, nearest: Points, rows: NDArray[np.int64], which: NDArray[np.int64]
    ) -> None:
        """Measure pairs of point and triangle, except where the triangle's box is too far."""
        place = points[rows]
        gap = np.maximum(np.maximum(self.low[which] - place, place - self.high[which]), 0)
        close = np.einsum("nx,nx->n", gap, gap) < nearest[rows] ** 2
        distance = to_triangles(place[close], self.corners[which[close]])
        np.minimum.at(nearest, rows[close], distance)


def to_triangles(points: Points, corners: Points) -> Points:
    """(n,) distances of (n, 3) points to (n, 3, 3) triangles; ones without area count as lines."""
    squared = np.full(len(points), np.inf)
    for k in range(3):
        start, along = corners[:, k], corners[:, (k + 1) % 3] - corners[:, k]
        length = np.maximum(np.einsum("nx,nx->n", along, along), FINEST**3)
        part = np.clip(np.einsum("nx,nx->n", points - start, along) / length, 0, 1)
        gap = points - start - along * part[:, None]
        squared = np.minimum(squared, np.einsum("nx,nx->n", gap, gap))
    distance: Points = np.sqrt(np.minimum(squared, _to_inside(points, corners)))
    return distance


def _to_inside(points: Points, corners: Points) -> Points:
    """Squared distances to the planes, for points above the inside of their triangle."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    square = np.einsum("nx,nx->n", normal, normal)
    inside = square > 0
    for k in range(3):
        start, along = corners[:, k], corners[:, (k + 1) % 3] - corners[:, k]
        inside &= np.einsum("nx,nx->n", np.cross(along, points - start), normal) >= 0
    height = np.einsum("nx,nx->n", points - corners[:, 0], normal)
    return np.where(inside, height**2 / np.where(square > 0, square, 1), np.inf)
