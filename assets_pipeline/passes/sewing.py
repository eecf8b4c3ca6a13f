"""All triangles of a model as one mesh, and that mesh cut into the model's primitives again.

Sewn together, primitives that meet are simplified as one surface, so no crack opens between them,
and one count of triangles goes to where it shows most in the whole model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Mesh, Model, Primitive, Values
from assets_pipeline.passes.weld import distinct_rows, weld_primitive
from assets_pipeline.transforms import shown_nodes, world_matrices

Floats = NDArray[np.float32]
Indices = NDArray[np.uint32]
MOST_COLUMNS = 32  # of meshoptimizer
UNIT = 1.0
FINEST_UV = 1e-6  # area of texture below which its scale says nothing


@dataclass(frozen=True)
class Column:
    """Where an attribute stands among the columns. `target` is a morph target's number."""

    name: str
    first: int
    width: int
    target: int | None = None

    @property
    def slice(self) -> slice:
        return slice(self.first, self.first + self.width)


@dataclass(frozen=True, eq=False)
class Piece:
    """A primitive's part of the whole: its rows are `first` to `first + primitive.vertices`."""

    mesh: int
    number: int
    primitive: Primitive
    first: int
    matrix: NDArray[np.float64]  # from the mesh's own space to metres
    texture_metres: tuple[float, ...]  # how long a texture's side is, for each coordinate set

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.primitive.vertices)


@dataclass(frozen=True, eq=False)
class Sewn:
    """`columns` (vertices, n): normals as they are; texture coordinates and morph targets' ways
    as parts of `extent`, the longest side in metres, so that they compare with positions."""

    model: Model
    pieces: tuple[Piece, ...]
    layout: tuple[Column, ...]
    indices: Indices  # (3 × triangles,)
    positions: Floats  # (vertices, 3), metres
    columns: Floats
    extent: float

    @property
    def triangles(self) -> int:
        return len(self.indices) // 3

    @property
    def owner(self) -> NDArray[np.int64]:
        """Each vertex's piece."""
        return np.repeat(np.arange(len(self.pieces)), [p.primitive.vertices for p in self.pieces])


def sew(model: Model) -> Sewn:
    """Strips, fans, points and lines stay out: they come back as they are."""
    model = model.map_primitives(lambda p: weld_primitive(p) if p.mode == TRIANGLES else p)
    found = list(_pieces(model))
    placed = [_place(p.primitive.attributes["POSITION"].floats(), p.matrix) for p in found]
    positions = np.concatenate(placed or [np.zeros((0, 3), np.float32)])
    extent = float(np.ptp(positions, axis=0).max()) if len(positions) else 0.0
    layout = _layout(found)
    columns = [_columns(p, layout, extent or UNIT) for p in found]
    indices = [p.primitive.indices + p.first for p in found if p.primitive.indices is not None]
    return Sewn(
        model,
        tuple(found),
        layout,
        np.concatenate([np.zeros(0, np.uint32), *indices]).astype(np.uint32),
        positions,
        np.concatenate([np.zeros((0, _width(layout)), np.float32), *columns]),
        extent or UNIT,
    )


def cut(sewn: Sewn, indices: Indices, positions: Floats, columns: Floats) -> Model:
    """The model drawn by these triangles; positions and columns have a row for every old vertex.

    A primitive of which nothing is left keeps its largest triangle: an empty one is no valid glTF.
    """
    triangles = indices.reshape(-1, 3)
    owner = sewn.owner[triangles[:, 0]] if len(triangles) else np.zeros(0, np.int64)
    columns = _one_normal_per_place(sewn, columns)
    meshes = [list(mesh.primitives) for mesh in sewn.model.meshes]
    for number, piece in enumerate(sewn.pieces):
        mine = triangles[owner == number] - np.uint32(piece.first)
        if not len(mine):
            mine = _largest(piece.primitive)
        moved = _moved(sewn, piece, positions, columns)
        used, compact = np.unique(mine, return_inverse=True)
        kept = moved.take(used, compact.ravel().astype(np.uint32))
        meshes[piece.mesh][piece.number] = kept
    pairs = zip(sewn.model.meshes, meshes, strict=True)
    return replace(sewn.model, meshes=tuple(_with(mesh, made) for mesh, made in pairs))


def _with(mesh: Mesh, primitives: list[Primitive]) -> Mesh:
    return replace(mesh, primitives=tuple(primitives))


def _pieces(model: Model) -> Iterator[Piece]:
    matrices, first = _matrices(model), 0
    for m, mesh in enumerate(model.meshes):
        for number, primitive in enumerate(mesh.primitives):
            if primitive.mode != TRIANGLES or not primitive.draws:
                continue
            metres = _texture_metres(primitive, matrices[m])
            yield Piece(m, number, primitive, first, matrices[m], metres)
            first += primitive.vertices


def _matrices(model: Model) -> list[NDArray[np.float64]]:
    """For each mesh the place where it is shown largest."""
    world = world_matrices(model)
    chosen: dict[int, NDArray[np.float64]] = {}
    for index in shown_nodes(model):
        mesh, matrix = model.nodes[index].mesh, world[index]
        if mesh is None or abs(np.linalg.det(matrix[:3, :3])) < 1e-12 * _size(matrix) ** 3:
            continue
        if mesh not in chosen or _size(matrix) > _size(chosen[mesh]):
            chosen[mesh] = matrix
    return [chosen.get(mesh, np.eye(4)) for mesh in range(len(model.meshes))]


def _size(matrix: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(matrix[:3, :3], axis=0).max())


def _place(points: Floats, matrix: NDArray[np.float64]) -> Floats:
    placed = points.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return placed.astype(np.float32)


def _texture_metres(primitive: Primitive, matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """How many metres one repetition of the texture covers, on the average of the surface."""
    corners = _place(primitive.attributes["POSITION"].floats(), matrix)[primitive.indices]
    surface = _areas(corners.reshape(-1, 3, 3)).sum()
    metres = []
    for name in _texture_sets(primitive):
        uv = primitive.attributes[name].floats()[primitive.indices].reshape(-1, 3, 2)
        area = _areas(np.pad(uv, ((0, 0), (0, 0), (0, 1)))).sum()
        metres.append(float(np.sqrt(surface / area)) if area > FINEST_UV else 0.0)
    return tuple(metres)


def _areas(corners: Floats) -> NDArray[np.float64]:
    """(triangles,) from (triangles, 3, 3)"""
    corners = corners.astype(np.float64)
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas: NDArray[np.float64] = np.linalg.norm(sides, axis=1) / 2
    return areas


def _texture_sets(primitive: Primitive) -> list[str]:
    return sorted(name for name in primitive.attributes if name.startswith("TEXCOORD_"))


def _layout(pieces: list[Piece]) -> tuple[Column, ...]:
    """Columns for all that any piece has, the more visible first; what is past the limit is
    carried by the vertices that are left."""
    widths = {(0, "NORMAL", -1): 3}
    for piece in pieces:
        for name, values in piece.primitive.attributes.items():
            if name.startswith(("TEXCOORD_", "COLOR_")):
                rank = 1 if name == "TEXCOORD_0" else 2
                width = values.array.shape[1]
                widths[rank, name, -1] = max(width, widths.get((rank, name, -1), 0))
        for number, target in enumerate(piece.primitive.targets):
            if "POSITION" in target:
                widths[3, "POSITION", number] = 3
    layout, first = [], 0
    for (_, name, number), width in sorted(widths.items()):
        if first + width <= MOST_COLUMNS:
            layout.append(Column(name, first, width, None if number < 0 else number))
            first += width
    return tuple(layout)


def _width(layout: tuple[Column, ...]) -> int:
    return max((c.first + c.width for c in layout), default=0)


def _columns(piece: Piece, layout: tuple[Column, ...], extent: float) -> Floats:
    primitive = piece.primitive
    rows = np.zeros((primitive.vertices, _width(layout)), np.float32)
    for column in layout:
        if column.target is not None:
            if column.target < len(primitive.targets):
                values = primitive.targets[column.target].get("POSITION")
                if values is not None:
                    rows[:, column.slice] = values.floats() @ piece.matrix[:3, :3].T / extent
        elif column.name in primitive.attributes:
            floats = primitive.attributes[column.name].floats()
            filled = slice(column.first, column.first + floats.shape[1])
            rows[:, filled] = floats * _scale(piece, column, extent)
    return rows


def _scale(piece: Piece, column: Column, extent: float) -> float:
    if not column.name.startswith("TEXCOORD_"):
        return 1.0
    sets = _texture_sets(piece.primitive)
    return piece.texture_metres[sets.index(column.name)] / extent


def _moved(sewn: Sewn, piece: Piece, positions: Floats, columns: Floats) -> Primitive:
    """The primitive with its vertices where the simplifier moved them."""
    primitive, attributes = piece.primitive, dict(piece.primitive.attributes)
    rows = positions[piece.rows]
    if not np.array_equal(rows, sewn.positions[piece.rows]):
        local = _place(rows, np.linalg.inv(piece.matrix).astype(np.float64))
        attributes["POSITION"] = Values(local, "VEC3")
    for column in sewn.layout:
        old = primitive.attributes.get(column.name)
        changed = columns[piece.rows, column.slice]
        same = np.array_equal(changed, sewn.columns[piece.rows, column.slice])
        if old is None or same or column.target is not None:
            continue
        attributes[column.name] = _values(piece, column, old, changed, sewn.extent)
    return replace(primitive, attributes=attributes)


def _values(piece: Piece, column: Column, old: Values, changed: Floats, extent: float) -> Values:
    """The attribute again: normals of length one, the rest within the range it had."""
    if column.name == "NORMAL":
        lengths = np.linalg.norm(changed, axis=1, keepdims=True)
        unit = np.where(lengths > 1e-6, changed / np.maximum(lengths, 1e-6), old.floats())
        return Values(unit.astype(np.float32), "VEC3")
    before, scale = old.floats(), _scale(piece, column, extent)
    if scale == 0 or not len(before):
        return old
    floats = changed[:, : before.shape[1]] / np.float32(scale)
    floats = floats.clip(before.min(axis=0), before.max(axis=0))
    if old.array.dtype.kind == "f":
        return Values(floats.astype(np.float32), old.kind)
    whole = np.round(floats * np.iinfo(old.array.dtype).max).astype(old.array.dtype)
    return Values(whole, old.kind, old.normalized)


def _one_normal_per_place(sewn: Sewn, columns: Floats) -> Floats:
    """Sides of a texture seam that had one normal get one again; each was moved by itself."""
    normal = next((c.slice for c in sewn.layout if c.name == "NORMAL"), slice(0, 0))
    if np.array_equal(columns[:, normal], sewn.columns[:, normal]):
        return columns
    keys = np.hstack([sewn.positions, sewn.columns[:, normal]]) + np.float32(0)
    _, place = distinct_rows(keys.view(np.uint8).reshape(len(keys), -1))
    summed = np.zeros((int(place.max()) + 1, 3))
    np.add.at(summed, place, columns[:, normal])
    shared = columns.copy()
    shared[:, normal] = (
        summed[place] / np.maximum(np.linalg.norm(summed[place], axis=1), 1e-9)[:, None]
    )
    return shared


def _largest(primitive: Primitive) -> Indices:
    """(1, 3)"""
    triangles = np.asarray(primitive.indices, np.uint32).reshape(-1, 3)
    areas = _areas(primitive.attributes["POSITION"].floats()[triangles])
    return triangles[[int(np.argmax(areas))]]
