"""Fewer triangles, in several ways: what is best differs from model to model."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import opengl_decimate
from numpy.typing import NDArray
from opengl_decimate import CollapseSequence

from assets_pipeline import meshoptimizer
from assets_pipeline.meshoptimizer import Flag, Hold, SimplifierFailed
from assets_pipeline.model import Model
from assets_pipeline.passes.sewing import Column, Floats, Piece, Sewn, cut, sew
from assets_pipeline.passes.weld import distinct_rows
from assets_pipeline.programs import MissingProgram

TRIES = 6  # at a number of vertices, which a simplifier cannot be asked for
SAME = 1e-4  # of the longest side: texture coordinates closer than this are no seam
COLOUR_WEIGHT, MORPH_WEIGHT = 0.5, 1.0


@dataclass(frozen=True)
class Collapse:
    """meshoptimizer: vertices that are left move to where shape and attributes are off least.

    `normals` 1 weighs a normal that is off by its length like a point that is off by the model's
    longest side; `texture` 1 weighs a texture that slid by so much like a point that moved by it.
    Seams of normals may go, borders of primitives stay closed.

    The weights are those that led in rendered SSIM on ten product models at 25 % and 10 % of their
    triangles, out of twenty that were tried. Moving the vertices was worth 0.002 to 0.025 there,
    sewing and letting go of seams of normals up to 0.005 each.
    """

    name: str
    normals: float
    texture: float
    seams: bool = True  # whether those of texture stay

    def __call__(self, sewn: Sewn, triangles: int) -> Model:
        """Raises MissingProgram, and SimplifierFailed."""
        weights = [weight for c in sewn.layout for weight in [self._weight(c)] * c.width]
        mesh = meshoptimizer.Mesh(
            sewn.indices, sewn.positions, sewn.columns, held(sewn, self.seams)
        )
        # Targets of morphs are carried by the vertices, and fit no others.
        move = not any(piece.primitive.targets for piece in sewn.pieces)
        done = meshoptimizer.simplify(mesh, weights, triangles, flags=Flag.PERMISSIVE, move=move)
        return whole(sewn, done.indices, done.positions, done.attributes)

    def _weight(self, column: Column) -> float:
        if column.target is not None:
            return MORPH_WEIGHT
        by_name = {"NORMAL": self.normals, "TEXCOORD": self.texture}
        return by_name.get(column.name.split("_")[0], COLOUR_WEIGHT)


@dataclass(frozen=True)
class Decimate:
    """opengl_decimate: attributes are carried, not weighed. Needs no WebAssembly.

    Each primitive is reduced by itself, with the vertices that it shares with others locked, and
    as far as one error allows that is the same for all.
    """

    name: str = "opengl_decimate"

    def __call__(self, sewn: Sewn, triangles: int) -> Model:
        """Raises SimplifierFailed."""
        locked = shared(sewn)
        try:
            runs = [self._record(sewn, piece, locked[piece.rows]) for piece in sewn.pieces]
        except (opengl_decimate.DecimateError, ValueError, IndexError) as failed:
            raise SimplifierFailed(f"opengl_decimate stopped: {failed}") from failed
        error = _error_for(runs, triangles)
        positions, drawn = sewn.positions.copy(), [np.zeros(0, np.uint32)]
        for piece, run in zip(sewn.pieces, runs, strict=True):
            points, _, faces, corners = run.state(run.steps_for(target_error=error))
            rows = corners.ravel() + piece.first
            positions[rows] = points[faces.ravel()]
            drawn.append(rows.astype(np.uint32))
        return whole(sewn, np.concatenate(drawn), positions, sewn.columns)

    def _record(self, sewn: Sewn, piece: Piece, locked: NDArray[np.bool_]) -> CollapseSequence:
        arrays = {f"_{c.first}": sewn.columns[piece.rows, c.slice] for c in sewn.layout}
        arrays["POSITION"] = sewn.positions[piece.rows]
        # Targets of morphs are carried by the vertices, and fit no others.
        placement = "endpoint" if piece.primitive.targets else "optimal"
        options = opengl_decimate.SimplifyOptions(
            target_count=1, placement=placement, locked=np.flatnonzero(locked).tolist()
        )
        indices = np.asarray(piece.primitive.indices)
        return opengl_decimate.collapse_sequence(arrays, indices, options)


def _error_for(runs: list[CollapseSequence], triangles: int) -> float:
    """The least error at which so many triangles are left in all; infinite when none is enough."""
    errors = np.unique(np.concatenate([np.zeros(1), *[run.deviation for run in runs]]))

    def left(error: float) -> int:
        return sum(run.triangles_after(run.steps_for(target_error=error)) for run in runs)

    enough = bisect_left(
        range(len(errors)), True, key=lambda i: left(float(errors[i])) <= triangles
    )
    return float(errors[enough]) if enough < len(errors) else float("inf")


Method = Collapse | Decimate
METHODS: tuple[Method, ...] = (
    Collapse("meshoptimizer, for shading", normals=0.2, texture=1.0),
    Collapse("meshoptimizer, for texture", normals=0.1, texture=4.0),
    Collapse("meshoptimizer, for shape", normals=0.05, texture=2.0),
    Decimate(),
)


# Seams that stay set a floor: 8 % of a toy car's triangles. Below it, letting them go looked better
# than dropping small parts, and took half the bytes: vertices no longer part there.
COARSE = Collapse("meshoptimizer, without seams", normals=0.2, texture=1.0, seams=False)
TOLERANCE = 0.02  # of the triangles asked for


def simplified(sewn: Sewn, target: int) -> Model:
    """By the first method that works here and gets so far, else the one that gets furthest."""
    made: list[Model] = []
    notes: list[str] = []
    for method in (METHODS[0], COARSE, Decimate()):
        try:
            model = method(sewn, target)
        except (MissingProgram, SimplifierFailed) as failed:
            notes.append(str(failed))
            continue
        made.append(model)
        if triangles(model) <= target * (1 + TOLERANCE):
            return model
    if not made:
        return sewn.model.warn(f"It keeps all its triangles: {'; '.join(dict.fromkeys(notes))}")
    return min(made, key=triangles)


def whole(sewn: Sewn, indices: NDArray[np.uint32], positions: Floats, columns: Floats) -> Model:
    """Cut into primitives. Raises SimplifierFailed for triangles that hang between two."""
    owner = sewn.owner[indices.reshape(-1, 3)]
    if (owner != owner[:, :1]).any() or not np.isfinite(positions).all():
        raise SimplifierFailed("a simplifier tore the model")
    return cut(sewn, indices, positions, columns)


def held(sewn: Sewn, seams: bool) -> NDArray[np.uint8]:
    """(vertices,) Hold: places where primitives part, and with `seams` where texture coordinates
    do, stay closed."""
    sides = [sewn.owner[:, None].astype(np.float32)]
    if seams:
        sides += [sewn.columns[:, c.slice] for c in sewn.layout if c.name.startswith("TEXCOORD_")]
    rows, place = np.hstack(sides), places(sewn)
    apart = np.abs(rows - rows[_first(place)[place]]).max(axis=1, initial=0) > SAME
    return np.where(_any(apart, place), np.uint8(Hold.PROTECT), np.uint8(0))


def shared(sewn: Sewn) -> NDArray[np.bool_]:
    """(vertices,) Whether another primitive has a vertex at the same place."""
    place = places(sewn)
    return _any(sewn.owner != sewn.owner[_first(place)[place]], place)


def places(sewn: Sewn) -> NDArray[np.uint32]:
    """(vertices,) numbers of their positions."""
    positions = sewn.positions + np.float32(0)  # makes -0 the same place as 0
    return distinct_rows(positions.view(np.uint8).reshape(len(positions), -1))[1]


def _first(place: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The first vertex of each place."""
    return np.unique(place, return_index=True)[1]


def _any(flags: NDArray[np.bool_], place: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether the flag is up for any vertex of the same place."""
    return np.bincount(place, flags, minlength=1)[place] > 0


@dataclass(frozen=True)
class Simplify:
    """Enforce a budget; a model that is within it stays as it is, to the bit.

    Counts are those of the file, where a mesh that several nodes show counts once. What points,
    lines, strips and fans have cannot be reduced. Runs on plain floats, before Quantize.
    """

    max_triangles: int | None = None
    max_vertices: int | None = None

    def __call__(self, model: Model) -> Model:
        return self._fewer_vertices(self._fewer_triangles(model))

    def _fewer_triangles(self, model: Model) -> Model:
        if self.max_triangles is None or triangles(model) <= self.max_triangles:
            return model
        sewn = sew(model)
        made, target = sewn.model, self.max_triangles
        for _ in range(TRIES):
            made = simplified(sewn, target)
            over = triangles(made) - self.max_triangles
            if over <= 0 or target == 1:
                break
            target = max(1, target - over)  # strips, and parts that were saved from vanishing
        return made

    def _fewer_vertices(self, model: Model) -> Model:
        """Vertices fall a little slower than triangles, as seams become more of the whole."""
        if self.max_vertices is None or vertices(model) <= self.max_vertices:
            return model
        sewn = sew(model)
        made, target = sewn.model, sewn.triangles
        for _ in range(TRIES):
            if vertices(made) <= self.max_vertices:
                break
            target = int(target * 0.98 * self.max_vertices / vertices(made))
            made = simplified(sewn, max(1, target))
        return made


def triangles(model: Model) -> int:
    return sum(p.triangles for p in model.primitives)


def vertices(model: Model) -> int:
    return sum(p.vertices for p in model.primitives)
