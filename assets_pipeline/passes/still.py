"""A model as it stands: for formats or devices that move nothing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Attributes, Mesh, Model, Node, Primitive, Values
from assets_pipeline.passes.prune import prune_meshes
from assets_pipeline.transforms import joint_matrices, world_matrices


@dataclass(frozen=True)
class Still:
    """Skins and morph targets are baked into the vertices, animations go.

    A skinned node stands where its joints put it, whatever its parents do (glTF 2.0, 3.7.3.3):
    so its mesh moves to a node of its own at the root of the scene.
    """

    def __call__(self, model: Model) -> Model:
        if not (model.animations or model.skins or any(p.targets for p in model.primitives)):
            return model
        scene = _Scene(model)
        nodes = [scene.settle(node) for node in model.nodes]
        roots = list(range(len(nodes), len(nodes) + len(scene.roots)))
        still = replace(
            model,
            nodes=(*nodes, *scene.roots),
            meshes=tuple(scene.meshes),
            scenes=tuple(
                {**s, "nodes": [*s.get("nodes", []), *roots]} if i == (model.scene or 0) else s
                for i, s in enumerate(model.scenes)
            ),
            skins=(),
            animations=(),
        )
        return prune_meshes(still)


class _Scene:
    """The new meshes and root nodes, as the nodes ask for them."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.world = world_matrices(model)
        self.meshes: list[Mesh] = list(model.meshes)
        self.roots: list[Node] = []

    def settle(self, node: Node) -> Node:
        """The node with a mesh that needs no skin and no weights."""
        if node.mesh is None:
            return replace(node, skin=None, weights=None)
        mesh = self.model.meshes[node.mesh]
        still = self._still(mesh, node)
        if still is mesh:
            return replace(node, weights=None)
        self.meshes.append(still)
        place = len(self.meshes) - 1
        if node.skin is None:
            return replace(node, mesh=place, weights=None)
        self.roots.append(Node(name=node.name, mesh=place, extras=node.extras))
        return replace(node, mesh=None, skin=None, weights=None)

    def _still(self, mesh: Mesh, node: Node) -> Mesh:
        weights = node.weights or mesh.weights or ()
        changed = tuple(self._primitive(p, weights, node.skin) for p in mesh.primitives)
        same = all(new is old for new, old in zip(changed, mesh.primitives, strict=True))
        return (
            mesh if same and node.skin is None else replace(mesh, primitives=changed, weights=None)
        )

    def _primitive(
        self, primitive: Primitive, weights: tuple[float, ...], skin: int | None
    ) -> Primitive:
        still = morph(primitive, weights) if primitive.targets else primitive
        if skin is None or "JOINTS_0" not in primitive.attributes:
            return still
        return pose(still, joint_matrices(self.model, skin, self.world))


def morph(primitive: Primitive, weights: tuple[float, ...]) -> Primitive:
    """The vertices with so much of each target added."""
    attributes = dict(primitive.attributes)
    for weight, target in zip(weights, primitive.targets, strict=False):
        for name, change in target.items():
            if weight and name in attributes:
                moved = attributes[name].floats().copy()
                moved[:, : change.array.shape[1]] += np.float32(weight) * change.floats()
                attributes[name] = Values(moved, attributes[name].kind)
    return replace(primitive, attributes=_unit_length(attributes), targets=())


def pose(primitive: Primitive, joints: NDArray[np.float64]) -> Primitive:
    """The vertices where the joints' matrices (n, 4, 4) carry them."""
    attributes = dict(primitive.attributes)
    blend = np.zeros((primitive.vertices, 4, 4))
    for name in [n for n in attributes if n.startswith("JOINTS_")]:
        which = np.minimum(attributes.pop(name).array.astype(np.int64), len(joints) - 1)
        weights = attributes.pop(name.replace("JOINTS_", "WEIGHTS_")).floats()
        blend += np.einsum("vk,vkij->vij", weights, joints[which])
    turn, shift = blend[:, :3, :3], blend[:, :3, 3]
    points = np.einsum("vij,vj->vi", turn, attributes["POSITION"].floats()) + shift
    attributes["POSITION"] = Values(points.astype(np.float32), "VEC3")
    for name in ("NORMAL", "TANGENT"):
        if name in attributes:
            turned = attributes[name].floats().copy()
            turned[:, :3] = np.einsum("vij,vj->vi", turn, turned[:, :3])
            attributes[name] = Values(turned, attributes[name].kind)
    return replace(primitive, attributes=_unit_length(attributes))


def _unit_length(attributes: Attributes) -> Attributes:
    """Sums of directions are shorter or longer than one."""
    found = dict(attributes)
    for name in ("NORMAL", "TANGENT"):
        if name in found and found[name].array.dtype.kind == "f":
            rows = found[name].array.copy()
            length = np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
            rows[:, :3] /= np.where(length > 0, length, 1)
            found[name] = Values(rows, found[name].kind)
    return found
