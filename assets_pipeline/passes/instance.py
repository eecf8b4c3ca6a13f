"""Many nodes of one mesh become one draw call: EXT_mesh_gpu_instancing."""

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import order_matters
from assets_pipeline.model import Model, Node, Values
from assets_pipeline.passes.join import parented, without_nodes
from assets_pipeline.passes.prune import KNOWN
from assets_pipeline.transforms import meant_nodes

INSTANCING = "EXT_mesh_gpu_instancing"


@dataclass(frozen=True)
class Instance:
    """Siblings that are nothing but places of the same mesh become instances of it.

    From `least` places on: below, the nodes are smaller. Left alone are names, extras, whatever
    moves or morphs, materials that are sorted by distance, mirrored places, and matrices, which
    may shear. A loader then has to know the extension.
    """

    least: int = 5

    def __call__(self, model: Model) -> Model:
        if not all(KNOWN.fullmatch(name) for name in model.used | model.required):
            return model
        nodes, gone = list(model.nodes), set[int]()
        for group in self.groups(model):
            nodes[group[0]] = instanced([model.nodes[index] for index in group])
            gone |= set(group[1:])
        if not gone:
            return model
        known = replace(
            model, used=model.used | {INSTANCING}, required=model.required | {INSTANCING}
        )
        return without_nodes(replace(known, nodes=tuple(nodes)), gone)

    def groups(self, model: Model) -> list[list[int]]:
        fit = [self.fits(model, mesh) for mesh in range(len(model.meshes))]
        meant, groups = meant_nodes(model), dict[Hashable, list[int]]()
        for parent, index in parented(model):
            node = model.nodes[index]
            if node.mesh is None or index in meant or node.matrix is not None or node.weights:
                continue
            if math.prod(node.scale or ()) > 0 and fit[node.mesh]:
                groups.setdefault((parent, node.mesh), []).append(index)
        return [group for group in groups.values() if len(group) >= self.least]

    def fits(self, model: Model, mesh: int) -> bool:
        return not any(
            p.targets or any(order_matters(model.materials[m]) for m in p.materials)
            for p in model.meshes[mesh].primitives
        )


def instanced(nodes: list[Node]) -> Node:
    """One node for several of one mesh. What none of them has is left out."""
    rows = {
        "TRANSLATION": ("VEC3", [node.translation or (0.0, 0.0, 0.0) for node in nodes]),
        "ROTATION": ("VEC4", [node.rotation or (0.0, 0.0, 0.0, 1.0) for node in nodes]),
        "SCALE": ("VEC3", [node.scale or (1.0, 1.0, 1.0) for node in nodes]),
    }
    wanted = {
        "TRANSLATION": True,  # without any attribute there would be no count
        "ROTATION": any(node.rotation for node in nodes),
        "SCALE": any(node.scale for node in nodes),
    }
    return Node(
        mesh=nodes[0].mesh,
        instancing={
            name: Values(unit_rotations(np.array(values, np.float32), kind), kind)
            for name, (kind, values) in rows.items()
            if wanted[name]
        },
    )


def unit_rotations(rows: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    """Quaternions of length one, as loaders take them; vectors as they are."""
    if kind != "VEC4":
        return rows
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.where(lengths > 0, rows, (0, 0, 0, 1)) / np.where(lengths > 0, lengths, 1)
    return unit.astype(np.float32)
