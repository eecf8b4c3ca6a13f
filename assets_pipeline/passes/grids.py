"""Which grid the positions of each mesh lie on."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Attributes, Model, Node, Values
from assets_pipeline.transforms import instances, local_matrix, shown_scales

VOLUME = "KHR_materials_volume"
MOST_STEPS = 65535  # of an unsigned short
SPARE = 10  # steps, for a corner that is rounded
MOST_MOVED = 32767  # steps that a morph target may move a point
HALF_DIAGONAL = 2 / 3**0.5  # a step so long moves a point by one at most, in space


@dataclass(frozen=True)
class Grid:
    """position = offset + step × whole number, in the mesh's own units."""

    offset: tuple[float, float, float]
    step: float

    def snap(self, positions: NDArray[np.float32]) -> Values:
        steps = np.round((positions.astype(np.float64) - self.offset) / self.step)
        return Values(steps.clip(0, MOST_STEPS).astype(np.uint16), "VEC3")

    def snap_difference(self, differences: NDArray[np.float32]) -> Values:
        steps = np.round(differences.astype(np.float64) / self.step)
        return Values(steps.clip(-32767, 32767).astype(np.int16), "VEC3")

    @property
    def node(self) -> Node:
        return Node(translation=self.offset, scale=(self.step,) * 3)

    def under(self, node: Node) -> Node:
        """The node with this grid's own transform taken in, as if it came below."""
        if node.instancing:
            return replace(node, instancing=self._below(node))
        if node.matrix is not None:
            columns = local_matrix(node) @ local_matrix(self.node)
            return replace(node, matrix=tuple(columns.T.ravel().tolist()))
        moved = local_matrix(node) @ np.array([*self.offset, 1.0])
        x, y, z = (s * self.step for s in node.scale or (1.0, 1.0, 1.0))
        return replace(node, translation=tuple(moved[:3].tolist()), scale=(x, y, z))

    def _below(self, node: Node) -> Attributes:
        places = instances(node) @ np.array([*self.offset, 1.0])
        scales = np.ones((len(places), 3))
        if "SCALE" in node.instancing:
            scales = node.instancing["SCALE"].floats().astype(np.float64)
        return {
            **node.instancing,
            "TRANSLATION": Values(places[:, :3].astype(np.float32), "VEC3"),
            "SCALE": Values((scales * self.step).astype(np.float32), "VEC3"),
        }


def choose_grids(model: Model, bits: int, tolerance: float) -> dict[int, Grid]:
    """A grid per mesh: the same for all, or at least the same steps, unless that is too coarse.

    No point moves by more than `tolerance` metres. `bits` is the least per axis of the longest
    side. Meshes too large for any grid of 16 bits get none.
    """
    scales = {m: scale or 1.0 for m, scale in shown_scales(model).items()}
    if not scales:
        return {}
    finest = tolerance / max(scales.values())
    grids: dict[int, Grid | None] = dict.fromkeys(
        scales, grid_for(model, list(scales), bits, finest)
    )
    if None in grids.values():
        grids = {m: lattice_for(model, m, finest) for m in scales}
        for m in [m for m, grid in grids.items() if grid is None]:
            grids[m] = grid_for(model, [m], bits, tolerance / scales[m])
    return without_mixed_volumes(model, {m: grid for m, grid in grids.items() if grid is not None})


def grid_for(model: Model, meshes: list[int], bits: int, tolerance: float) -> Grid | None:
    """The grid that holds these meshes; None when 16 bits would move a point too far.

    `tolerance` is in the meshes' units.
    """
    low, longest, reach = extent(model, meshes)
    largest = tolerance * HALF_DIAGONAL
    least = max(longest / (MOST_STEPS - SPARE), reach / MOST_MOVED)
    if least > largest:
        return None
    step = max(least, rounded_down(min(largest, longest / (2**bits - 1) or largest)))
    return Grid(_corner(low, step), step)


def lattice_for(model: Model, mesh: int, tolerance: float) -> Grid | None:
    """Like `grid_for`, with steps that are the same for all meshes, counted from the origin."""
    low, longest, reach = extent(model, [mesh])
    step = rounded_down(tolerance * HALF_DIAGONAL)
    if max(longest / (MOST_STEPS - SPARE), reach / MOST_MOVED) > step:
        return None
    x, y, z = (round(math.floor(float(value) / step) * step, 12) for value in low)
    return Grid((x, y, z), step)


def extent(model: Model, meshes: list[int]) -> tuple[NDArray[np.float64], float, float]:
    """The lowest corner, the longest side, and how far morph targets move a point."""
    primitives = [p for m in meshes for p in model.meshes[m].primitives if p.vertices]
    positions = [p.attributes["POSITION"].floats() for p in primitives]
    if not positions:
        return np.zeros(3), 0.0, 0.0
    low = np.min([p.min(axis=0) for p in positions], axis=0).astype(np.float64)
    high = np.max([p.max(axis=0) for p in positions], axis=0).astype(np.float64)
    moved = [t["POSITION"].floats() for p in primitives for t in p.targets if "POSITION" in t]
    reach = max((float(np.abs(m).max()) for m in moved if len(m)), default=0.0)
    return low, float((high - low).max()), reach


def rounded_down(step: float) -> float:
    """To two digits and a half, so that the file's JSON is short: by 0.5 % at most."""
    unit = 10.0 ** (math.floor(math.log10(step)) - 2)
    halves = math.floor(2 * step / unit * (1 + 1e-12))
    return float(f"{halves * unit / 2:.4g}")


def _corner(low: NDArray[np.float64], step: float) -> tuple[float, float, float]:
    """A little below `low`, for short numbers: by a step at most."""
    digits = -math.floor(math.log10(step))
    unit = 10.0**-digits
    x, y, z = (round(math.floor(float(value) / unit) * unit, max(0, digits)) for value in low)
    return x, y, z


def without_mixed_volumes(model: Model, grids: dict[int, Grid]) -> dict[int, Grid]:
    """Without meshes whose glass could not be given one thickness.

    A volume's thickness counts in the mesh's units, so it is divided by the step. That needs one
    step for all meshes of the material; and a skinned mesh's units are not its node's.
    """
    chosen = dict(grids)
    skinned = {n.mesh for n in model.nodes if n.skin is not None}
    wearers: dict[int, list[int]] = {material: [] for material in volumes(model)}
    for m, mesh in enumerate(model.meshes):
        for material in {x for p in mesh.primitives for x in p.materials} & wearers.keys():
            wearers[material].append(m)
    left = -1
    while left != len(chosen):  # a mesh left out may take along those that share its other glass
        left = len(chosen)
        for meshes in wearers.values():
            steps = {chosen[m].step if m in chosen else None for m in meshes}
            if len(steps) > 1 or not skinned.isdisjoint(meshes):
                for mesh_index in meshes:
                    chosen.pop(mesh_index, None)
    return chosen


def volumes(model: Model) -> list[int]:
    """The materials that are glass of some thickness."""
    return [
        index
        for index, material in enumerate(model.materials)
        if material.get("extensions", {}).get(VOLUME, {}).get("thicknessFactor", 0)
    ]
