"""Node transforms as 4×4 matrices (float64, column vectors), and where meshes stand."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Model, Node

Matrix = NDArray[np.float64]


def local_matrix(node: Node) -> Matrix:
    if node.matrix is not None:
        return np.array(node.matrix, np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    if node.rotation is not None:
        matrix[:3, :3] = rotation_matrix(node.rotation)
    if node.scale is not None:
        matrix[:3, :3] *= np.array(node.scale, np.float64)
    if node.translation is not None:
        matrix[:3, 3] = node.translation
    return matrix


def rotation_matrix(quaternion: tuple[float, ...]) -> Matrix:
    """3×3 from x y z w; a zero quaternion counts as no rotation."""
    q = np.array(quaternion, np.float64)
    length = np.linalg.norm(q)
    if length == 0:
        return np.eye(3)
    x, y, z, w = q / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def world_matrices(model: Model) -> list[Matrix]:
    """One per node. Nodes form a forest: readers refuse cycles and second parents."""
    matrices: list[Matrix] = [np.eye(4)] * len(model.nodes)
    children = {child for node in model.nodes for child in node.children}
    todo = [(i, np.eye(4)) for i in range(len(model.nodes)) if i not in children]
    while todo:
        index, parent = todo.pop()
        matrices[index] = parent @ local_matrix(model.nodes[index])
        todo.extend((child, matrices[index]) for child in model.nodes[index].children)
    return matrices


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
    scales: dict[int, float] = {}
    for index, node in enumerate(model.nodes):
        if node.mesh is None:
            continue
        matrices = [world[index] @ instance for instance in instances(node)]
        if node.skin is not None:
            matrices = [world[j] for j in model.skins[node.skin].joints]
        largest = max(float(np.linalg.norm(m[:3, :3], axis=0).max()) for m in matrices)
        scales[node.mesh] = max(scales.get(node.mesh, 0.0), largest)
    return scales


def placed_positions(model: Model) -> Iterator[NDArray[np.float64]]:
    """World positions (n, 3) of each shown primitive, skins in their rest pose, without morphs."""
    world = world_matrices(model)
    for index in shown_nodes(model):
        node = model.nodes[index]
        if node.mesh is None:
            continue
        for primitive in model.meshes[node.mesh].primitives:
            points = primitive.attributes["POSITION"].floats().astype(np.float64)
            if node.skin is not None and "JOINTS_0" in primitive.attributes:
                joints = joint_matrices(model, node.skin, world)
                weights = primitive.attributes["WEIGHTS_0"].floats()
                which = primitive.attributes["JOINTS_0"].array.astype(np.int64)
                which = np.minimum(which, len(joints) - 1)
                blend = np.einsum("vk,vkij->vij", weights, joints[which])
                yield np.einsum("vij,vj->vi", blend[:, :3, :3], points) + blend[:, :3, 3]
            else:
                for matrix in instances(node):
                    placed = world[index] @ matrix
                    yield points @ placed[:3, :3].T + placed[:3, 3]


def bounds(model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The lowest and highest corner of the shown model, metres; None when it shows nothing."""
    corners = [(p.min(axis=0), p.max(axis=0)) for p in placed_positions(model) if len(p)]
    if not corners:
        return None
    return np.min([low for low, _ in corners], axis=0), np.max(
        [high for _, high in corners], axis=0
    )


def joint_matrices(model: Model, skin_index: int, world: list[Matrix]) -> Matrix:
    skin = model.skins[skin_index]
    joints = np.array([world[j] for j in skin.joints])
    if skin.inverse_bind_matrices is None:
        return joints
    inverse = skin.inverse_bind_matrices.array.astype(np.float64).reshape(-1, 4, 4)
    return joints @ inverse.transpose(0, 2, 1)


def instances(node: Node) -> list[Matrix]:
    """The transforms of EXT_mesh_gpu_instancing, or just the identity."""
    if not node.instancing:
        return [np.eye(4)]
    count = max(len(values) for values in node.instancing.values())
    rows = {name: values.floats() for name, values in node.instancing.items()}
    return [
        local_matrix(
            Node(
                translation=_row(rows, "TRANSLATION", i),
                rotation=_row(rows, "ROTATION", i),
                scale=_row(rows, "SCALE", i),
            )
        )
        for i in range(count)
    ]


def _row(rows: dict[str, NDArray[np.float32]], name: str, index: int) -> tuple[float, ...] | None:
    return tuple(float(x) for x in rows[name][index]) if name in rows else None
