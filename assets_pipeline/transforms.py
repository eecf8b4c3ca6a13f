"""Node transforms as 4×4 matrices (float64, column vectors), and where meshes stand."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Model, Node, Primitive

Matrix = NDArray[np.float64]
NO_ROTATION = (0.0, 0.0, 0.0, 1.0)
POINTS_AT_ONCE = 500_000  # bounds the memory that placing a mesh many times takes


def local_matrix(node: Node) -> Matrix:
    matrix: Matrix = local_matrices([node])[0]
    return matrix


def local_matrices(nodes: Sequence[Node]) -> Matrix:
    """(nodes, 4, 4)"""
    matrices = compose(
        np.array([node.translation or (0.0, 0.0, 0.0) for node in nodes]),
        np.array([node.rotation or NO_ROTATION for node in nodes]),
        np.array([node.scale or (1.0, 1.0, 1.0) for node in nodes]),
    )
    for index, node in enumerate(nodes):
        if node.matrix is not None:
            matrices[index] = np.array(node.matrix, np.float64).reshape(4, 4).T
    return matrices


def compose(translations: NDArray[Any], rotations: NDArray[Any], scales: NDArray[Any]) -> Matrix:
    """(n, 4, 4) of n rows each. Rotations are x y z w; a zero one counts as none."""
    q = rotations.reshape(-1, 4).astype(np.float64)
    length = np.linalg.norm(q, axis=1, keepdims=True)
    x, y, z, w = (np.where(length > 0, q, NO_ROTATION) / np.where(length > 0, length, 1)).T
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrices = np.zeros((len(q), 4, 4))
    matrices[:, :3, :3] = turned.transpose(2, 0, 1) * scales.reshape(-1, 1, 3)
    matrices[:, :3, 3] = translations.reshape(-1, 3)
    matrices[:, 3, 3] = 1
    return matrices


def world_matrices(model: Model) -> Matrix:
    """(nodes, 4, 4). Nodes form a forest: readers refuse cycles and second parents."""
    world = local_matrices(model.nodes)
    parents = np.full(len(model.nodes), -1)
    for index, node in enumerate(model.nodes):
        parents[list(node.children)] = index
    generation = np.flatnonzero(parents < 0).tolist()
    while generation:  # all of one at once
        generation = [child for index in generation for child in model.nodes[index].children]
        world[generation] = world[parents[generation]] @ world[generation]
    return world


def meant_nodes(model: Model) -> set[int]:
    """Nodes that are more than the place of a mesh: named, animated, a joint, a parent…"""
    targets = (c["target"] for a in model.animations for c in a.channels)
    meant = {target["node"] for target in targets if "node" in target}
    for skin in model.skins:
        meant |= {*skin.joints} | (set() if skin.skeleton is None else {skin.skeleton})
    return meant | {
        index
        for index, node in enumerate(model.nodes)
        if node.name is not None
        or node.children
        or node.camera is not None
        or node.skin is not None
        or node.instancing
        or node.extensions
        or node.extras is not None
    }


def shown_nodes(model: Model) -> list[int]:
    """Nodes that the default scene shows, in order of index; all nodes when there is no scene."""
    if not model.scenes:
        return list(range(len(model.nodes)))
    todo = list(model.scenes[model.scene or 0].get("nodes", []))
    shown = set()
    while todo:
        index = todo.pop()
        shown.add(index)
        todo.extend(model.nodes[index].children)
    return sorted(shown)


def shown_scales(model: Model) -> dict[int, float]:
    """How much larger than its own units each mesh that a node has is shown, at its largest."""
    world = world_matrices(model)
    largest = np.linalg.norm(world[:, :3, :3], axis=1).max(axis=1, initial=0)
    scales: dict[int, float] = {}
    for index, node in enumerate(model.nodes):
        if node.mesh is None:
            continue
        scale = float(largest[index])
        if node.skin is not None:
            scale = float(largest[list(model.skins[node.skin].joints)].max())
        elif node.instancing:
            placed = (world[index] @ instances(node))[:, :3, :3]
            scale = float(np.linalg.norm(placed, axis=1).max(initial=0))
        scales[node.mesh] = max(scales.get(node.mesh, 0.0), scale)
    return scales


def placed_primitives(model: Model) -> Iterator[tuple[Primitive, NDArray[np.float64]]]:
    """Each shown primitive, once for every place, and its world positions (n, 3): skins in their
    rest pose, without morphs."""
    world = world_matrices(model)
    for index in shown_nodes(model):
        node = model.nodes[index]
        for primitive in _primitives(model, node):
            points = primitive.attributes["POSITION"].floats().astype(np.float64)
            if _worn(node, primitive):
                yield primitive, posed(model, node, primitive, world)
            else:
                for matrix in world[index] @ instances(node):
                    yield primitive, points @ matrix[:3, :3].T + matrix[:3, 3]


def bounds(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The lowest and highest corner of the shown model, metres; None when it shows nothing."""
    world = world_matrices(model)
    places: dict[Primitive, list[Matrix]] = {}  # a model may repeat one 100,000 times
    corners = []
    for index in shown_nodes(model):
        node = model.nodes[index]
        for primitive in _primitives(model, node):
            if not primitive.vertices:
                continue
            if _worn(node, primitive):
                points = posed(model, node, primitive, world)
                corners.append((points.min(axis=0), points.max(axis=0)))
            else:
                places.setdefault(primitive, []).extend(world[index] @ instances(node))
    for primitive, matrices in places.items():
        corners += _corners(primitive, np.array(matrices).reshape(-1, 4, 4))
    if not corners:
        return None
    return np.min([low for low, _ in corners], axis=0), np.max(
        [high for _, high in corners], axis=0
    )


def _corners(
    primitive: Primitive, matrices: Matrix
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    points = primitive.attributes["POSITION"].floats().astype(np.float64)
    count = max(1, POINTS_AT_ONCE // len(points))
    for start in range(0, len(matrices), count):
        some = matrices[start : start + count]
        placed = points @ some[:, :3, :3].transpose(0, 2, 1) + some[:, None, :3, 3]
        yield placed.min(axis=(0, 1)), placed.max(axis=(0, 1))


def _primitives(model: Model, node: Node) -> tuple[Primitive, ...]:
    return () if node.mesh is None else model.meshes[node.mesh].primitives


def _worn(node: Node, primitive: Primitive) -> bool:
    return node.skin is not None and "JOINTS_0" in primitive.attributes


def posed(model: Model, node: Node, primitive: Primitive, world: Matrix) -> NDArray[np.float64]:
    """World positions (n, 3) of a skinned primitive in its rest pose."""
    points = primitive.attributes["POSITION"].floats().astype(np.float64)
    joints = joint_matrices(model, node.skin or 0, world)
    weights = primitive.attributes["WEIGHTS_0"].floats()
    which = primitive.attributes["JOINTS_0"].array.astype(np.int64)
    which = np.minimum(which, len(joints) - 1)
    blend = np.einsum("vk,vkij->vij", weights, joints[which])
    moved: NDArray[np.float64] = np.einsum("vij,vj->vi", blend[:, :3, :3], points)
    moved += blend[:, :3, 3]
    return moved


def joint_matrices(model: Model, skin_index: int, world: Matrix) -> Matrix:
    skin = model.skins[skin_index]
    joints = world[list(skin.joints)]
    if skin.inverse_bind_matrices is None:
        return joints
    inverse = skin.inverse_bind_matrices.array.astype(np.float64).reshape(-1, 4, 4)
    bound: Matrix = joints @ inverse[: len(joints)].transpose(0, 2, 1)
    return bound


def instances(node: Node) -> Matrix:
    """(n, 4, 4): the transforms of EXT_mesh_gpu_instancing, or just the identity."""
    if not node.instancing:
        return np.eye(4)[None]
    count = max(len(values) for values in node.instancing.values())
    rows = {name: values.floats() for name, values in node.instancing.items()}
    return compose(
        rows.get("TRANSLATION", np.zeros((count, 3))),
        rows.get("ROTATION", np.tile(NO_ROTATION, (count, 1))),
        rows.get("SCALE", np.ones((count, 3))),
    )
