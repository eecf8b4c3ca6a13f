"""How triangles lie on their texture: which overlap, which are mirrored, how dense the texels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESOLUTION = 512  # cells along the longer side of all UVs
CROSSINGS = 4_000_000  # of edges with rows of cells; a layout with more is looked at more coarsely
OUTLIERS = 0.01  # of the area at either end of the densities: slivers say nothing about a texture
FARTHEST = 1e6  # a UV beyond this is damage, and squares of it would leave all others one cell
FLAT = 1e-12  # an area below this has no winding

Corners = NDArray[np.float64]  # (triangles, 3, 2) UVs, or (triangles, 3, 3) positions in metres


@dataclass(frozen=True)
class Coverage:
    """`covered` and `overlapping` count cells whose centre one, or more than one, triangle has."""

    covered: int
    overlapping: int
    resolution: int

    @property
    def overlap(self) -> float:
        """0–1, of what is covered."""
        return self.overlapping / self.covered if self.covered else 0.0


def coverage(uvs: Corners, resolution: int = RESOLUTION) -> Coverage:
    """Draws all triangles into one grid of at least the unit square.

    Neighbours that share an edge never share a cell: a cell belongs to what has its centre, and
    both find the shared edge's crossings by the same sum.
    """
    uvs = uvs[(np.abs(uvs) < FARTHEST).all(axis=(1, 2))]  # false for what is no number, too
    uvs = uvs[np.abs(signed_areas(uvs)) > FLAT]
    if not len(uvs):
        return Coverage(0, 0, resolution)
    low = np.minimum(uvs.min(axis=(0, 1)), 0.0)
    extent = float(np.maximum(uvs.max(axis=(0, 1)) - low, 1.0).max())
    placed = (uvs - low) / extent
    while resolution > 1 and np.ptp(placed[..., 1], axis=1).sum() * 2 * resolution > CROSSINGS:
        resolution //= 2
    counts = _drawn(placed * resolution, resolution)
    return Coverage(int((counts > 0).sum()), int((counts > 1).sum()), resolution)


def _drawn(corners: Corners, resolution: int) -> NDArray[np.int64]:
    """How many triangles have each cell's centre, (rows, columns).

    Every crossing of an edge with a row's middle raises or lowers the count from its column on;
    the running sum is the picture. An edge that goes up is a triangle's right side when it winds
    counter-clockwise.
    """
    starts, ends = corners, np.roll(corners, -1, axis=1)
    winding = np.sign(signed_areas(corners))[:, None]
    rises = np.where(ends[..., 1] > starts[..., 1], -winding, winding).reshape(-1)
    starts, ends = starts.reshape(-1, 2), ends.reshape(-1, 2)
    swapped = (starts[:, 1] > ends[:, 1])[:, None]
    lower, upper = np.where(swapped, ends, starts), np.where(swapped, starts, ends)
    first = np.ceil(lower[:, 1] - 0.5).astype(np.int64).clip(0, resolution)
    rows = np.ceil(upper[:, 1] - 0.5).astype(np.int64).clip(0, resolution) - first
    edge = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(rows) - rows, rows) + first[edge]
    slope = np.divide(
        upper[:, 0] - lower[:, 0], upper[:, 1] - lower[:, 1], where=rows > 0,
        out=np.zeros(len(rows)),
    )  # fmt: skip
    x = lower[edge, 0] + (row + 0.5 - lower[edge, 1]) * slope[edge]
    column = np.ceil(x - 0.5).astype(np.int64).clip(0, resolution)
    width = resolution + 1
    steps = np.bincount(row * width + column, rises[edge], minlength=resolution * width)
    return np.cumsum(np.rint(steps).astype(np.int64).reshape(resolution, width), axis=1)[:, :-1]


def signed_areas(uvs: Corners) -> NDArray[np.float64]:
    """(triangles,), positive where u → v winds counter-clockwise. glTF's v points down, so that
    is a mirrored triangle."""
    a, b = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    return np.asarray((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2)


def densities(uvs: Corners, places: Corners, pixels: NDArray[np.float64]) -> list[float] | None:
    """Lowest and highest texels per metre without OUTLIERS; None when nothing has an area.

    `pixels` (triangles,) is width × height of the texture that each shows.
    """
    normals = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    areas = np.linalg.norm(normals, axis=1) / 2
    texels = np.abs(signed_areas(uvs)) * pixels
    real = (areas > 0) & (texels > 0) & np.isfinite(areas + texels)
    if not real.any():
        return None
    density = np.sqrt(texels[real] / areas[real])
    order = np.argsort(density)
    share = np.cumsum(areas[real][order]) / areas[real].sum()
    ends = np.searchsorted(share, [OUTLIERS, 1 - OUTLIERS]).clip(0, len(order) - 1)
    return [float(density[order[end]]) for end in ends]
