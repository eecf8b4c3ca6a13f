"""A model seen in other axes, in another unit, or from another place: the same shape, in the
numbers of glTF.

Everything is rewritten in the new basis, so no node is added and roots stay without a transform.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import (
    Animation,
    AnimationSampler,
    Attributes,
    Json,
    Model,
    Node,
    Primitive,
    Skin,
    Values,
)
from assets_pipeline.transforms import Matrix

# Rows are glTF's axes, right, up and towards the viewer, in those of a file whose up is the key.
# Source: COLLADA 1.5, <up_axis>; USD and CAD use the same for z.
TURNS: dict[str, Matrix] = {
    "x": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
}
LENGTHS = ("thicknessFactor", "attenuationDistance")  # of KHR_materials_volume, in metres
VOLUME = "KHR_materials_volume"
Change = Callable[[Values], Values]


def in_basis(model: Model, scale: float, turn: Matrix) -> Model:
    """The model with every point `p` at `scale · turn · p`.

    `turn` (3, 3) holds 0, 1 and -1: it swaps and mirrors axes. Cameras and lights are turned with
    the axes of their nodes. Animation samplers come out one per channel.
    """
    if scale == 1 and np.array_equal(turn, np.eye(3)):
        return model
    basis = Basis(scale, turn)
    return replace(
        model.map_primitives(basis.primitive),
        nodes=tuple(map(basis.node, model.nodes)),
        skins=tuple(map(basis.skin, model.skins)),
        animations=tuple(map(basis.animation, model.animations)),
        materials=tuple(basis.material(m) for m in model.materials),
    )


def moved(model: Model, offset: NDArray[np.float64]) -> Model:
    """The model shifted by `offset` (3,): its points, or where they stand, its outermost nodes."""
    if not offset.any():
        return model
    if all(_plain(node) for node in model.nodes) and not (model.skins or model.animations):
        return model.map_primitives(lambda p: _shifted(p, offset))
    tops = _outermost(model)
    nodes = [_shifted_node(n, offset) if i in tops else n for i, n in enumerate(model.nodes)]
    return replace(model, nodes=tuple(nodes))


class Basis:
    """What a change of basis does to each part of a model."""

    def __init__(self, scale: float, turn: Matrix) -> None:
        self.scale, self.turn = scale, turn
        self.mirror = float(np.sign(np.linalg.det(turn)))  # a rotation's axis is a pseudovector
        self.whole = np.eye(4)
        self.whole[:3, :3] = scale * turn
        self.back = np.linalg.inv(self.whole)
        self.by_name: dict[str, Change] = {
            "POSITION": self.point, "TRANSLATION": self.point, "translation": self.point,
            "NORMAL": self.direction, "TANGENT": self.direction,
            "ROTATION": self.rotation, "rotation": self.rotation,
            "SCALE": self.size, "scale": self.size,
        }  # fmt: skip

    def point(self, values: Values) -> Values:
        return _like(values, values.floats().astype(np.float64) @ (self.scale * self.turn).T)

    def direction(self, values: Values) -> Values:
        """Normals (n, 3), and tangents (n, 4) whose last number is a handedness."""
        rows = values.floats().astype(np.float64)
        return _like(values, np.hstack([rows[:, :3] @ self.turn.T, self.mirror * rows[:, 3:]]))

    def rotation(self, values: Values) -> Values:
        rows = values.floats().astype(np.float64)
        return _like(values, np.hstack([self.mirror * rows[:, :3] @ self.turn.T, rows[:, 3:]]))

    def size(self, values: Values) -> Values:
        return _like(values, values.floats().astype(np.float64) @ np.abs(self.turn).T)

    def attributes(self, attributes: Attributes) -> Attributes:
        return {n: self.by_name[n](v) if n in self.by_name else v for n, v in attributes.items()}

    def primitive(self, primitive: Primitive) -> Primitive:
        changed = replace(
            primitive,
            attributes=self.attributes(primitive.attributes),
            targets=tuple(map(self.attributes, primitive.targets)),
        )
        return changed if self.mirror > 0 else _wound_back(changed)

    def node(self, node: Node) -> Node:
        matrix = node.matrix
        if matrix is not None:
            matrix = column_major(self.whole @ _square(matrix) @ self.back)
        return replace(
            node,
            matrix=matrix,
            translation=self._row(self.point, node.translation),
            rotation=self._row(self.rotation, node.rotation),
            scale=self._row(self.size, node.scale),
            instancing=self.attributes(node.instancing),
        )

    def _row(self, change: Change, row: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if row is None:
            return None
        return tuple(change(Values(np.array([row]), "")).array[0].tolist())

    def skin(self, skin: Skin) -> Skin:
        if skin.inverse_bind_matrices is None:
            return skin
        rows = skin.inverse_bind_matrices.array.astype(np.float64).reshape(-1, 4, 4)
        turned = self.whole @ rows.transpose(0, 2, 1) @ self.back
        matrices = turned.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
        return replace(skin, inverse_bind_matrices=Values(matrices, "MAT4"))

    def animation(self, animation: Animation) -> Animation:
        channels, samplers = [], []
        for channel in animation.channels:
            sampler = animation.samplers[channel["sampler"]]
            change = self.by_name.get(channel["target"].get("path", ""))
            samplers.append(self._sampler(sampler, change))
            channels.append({**channel, "sampler": len(samplers) - 1})
        return replace(animation, channels=tuple(channels), samplers=tuple(samplers))

    def _sampler(self, sampler: AnimationSampler, change: Change | None) -> AnimationSampler:
        return sampler if change is None else replace(sampler, values=change(sampler.values))

    def material(self, material: Json) -> Json:
        volume = material.get("extensions", {}).get(VOLUME)
        if volume is None:
            return material
        scaled = {k: v * self.scale if k in LENGTHS else v for k, v in volume.items()}
        return {**material, "extensions": {**material["extensions"], VOLUME: scaled}}


def column_major(matrix: Matrix) -> tuple[float, ...]:
    """A 4×4 matrix for column vectors as a Node holds it."""
    return tuple(np.asarray(matrix, np.float64).T.ravel().tolist())


def _square(matrix: tuple[float, ...]) -> Matrix:
    return np.array(matrix, np.float64).reshape(4, 4).T


def _like(values: Values, rows: NDArray[np.float64]) -> Values:
    array = rows if values.array.dtype == np.float64 else rows.astype(np.float32)
    return replace(values, array=array, normalized=False, octahedral_bits=0)


def _wound_back(primitive: Primitive) -> Primitive:
    """The triangles with their corners the other way round, as a mirror leaves them."""
    indices = primitive.indices
    if indices is None:
        indices = np.arange(primitive.vertices, dtype=np.uint32)
    if primitive.triangles * 3 != len(indices):
        return primitive
    return replace(primitive, indices=indices.reshape(-1, 3)[:, ::-1].ravel())


def _plain(node: Node) -> bool:
    transform = (node.matrix, node.translation, node.rotation, node.scale)
    return all(part is None for part in transform) and not node.instancing


def _outermost(model: Model) -> set[int]:
    """The first nodes on the way in that have something to move; no root without content."""
    children = {child for node in model.nodes for child in node.children}
    found, todo = set(), [i for i in range(len(model.nodes)) if i not in children]
    while todo:
        index = todo.pop()
        node = model.nodes[index]
        if _plain(node) and node.mesh is None and node.children:
            todo.extend(node.children)
        else:
            found.add(index)
    return found


def _shifted(primitive: Primitive, offset: NDArray[np.float64]) -> Primitive:
    positions = primitive.attributes["POSITION"]
    rows = positions.floats().astype(np.float64) + offset
    return replace(
        primitive, attributes={**primitive.attributes, "POSITION": _like(positions, rows)}
    )


def _shifted_node(node: Node, offset: NDArray[np.float64]) -> Node:
    if node.matrix is not None:
        matrix = _square(node.matrix)
        matrix[:3, 3] += offset
        return replace(node, matrix=column_major(matrix))
    here = np.array(node.translation or (0.0, 0.0, 0.0)) + offset
    return replace(node, translation=tuple(here.tolist()))
