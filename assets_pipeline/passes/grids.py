"""Which grid the positions of each mesh lie on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Model, Node, Values
from assets_pipeline.transforms import bounds, shown_scales

VOLUME = "KHR_materials_volume"
MOST_STEPS = 65535  # of an unsigned short


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


def choose_grids(model: Model, bits: int, tolerance: float) -> dict[int, Grid]:
    """A grid per mesh: the same for all, unless that is too coarse for a mesh shown larger.

    `bits` is per axis of the longest side; 16 where those err by more than `tolerance` metres.
    """
    instanced = {node.mesh for node in model.nodes if node.instancing}
    scales = {m: scale for m, scale in shown_scales(model).items() if m not in instanced}
    corners = bounds(model)
    if not scales or corners is None:
        return {}

    def finest(meshes: dict[int, float]) -> Grid:
        grid, largest = grid_for(model, list(meshes), bits), max(meshes.values())
        good = grid.step * largest <= 2 * tolerance
        return grid if good else grid_for(model, list(meshes), 16)

    shared = finest(scales)
    longest = float(np.max(corners[1] - corners[0]))
    coarsest = max(2 * tolerance, longest / (2**bits - 1)) * 1.01  # rounding is not a reason
    if shared.step * max(scales.values()) <= coarsest:
        grids = dict.fromkeys(scales, shared)
    else:
        grids = {mesh: finest({mesh: scale}) for mesh, scale in scales.items()}
    return without_mixed_volumes(model, grids)


def grid_for(model: Model, meshes: list[int], bits: int) -> Grid:
    """The grid of `bits` per axis that holds these meshes; coarser where morphs reach further."""
    primitives = [p for m in meshes for p in model.meshes[m].primitives if p.vertices]
    positions = [p.attributes["POSITION"].floats() for p in primitives]
    if not positions:
        return Grid((0.0, 0.0, 0.0), 1.0)
    low = np.min([p.min(axis=0) for p in positions], axis=0).astype(np.float64)
    high = np.max([p.max(axis=0) for p in positions], axis=0).astype(np.float64)
    moved = [t["POSITION"].floats() for p in primitives for t in p.targets if "POSITION" in t]
    reach = max((float(np.abs(m).max()) for m in moved if len(m)), default=0.0)
    step = max(float((high - low).max()) / (2**bits - 1), reach / 32767)
    return Grid((float(low[0]), float(low[1]), float(low[2])), step or 1.0)


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
