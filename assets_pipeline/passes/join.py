"""Fewer draw calls: what looks the same and moves together becomes one primitive."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import order_matters
from assets_pipeline.model import TRIANGLES, Mesh, Model, Node, Primitive, Values
from assets_pipeline.passes.prune import KNOWN, prune_meshes, prune_nodes
from assets_pipeline.transforms import Matrix, local_matrix, meant_nodes


@dataclass(frozen=True)
class Join:
    """Join primitives of the same material and kind of vertices.

    Inside a mesh, and across sibling nodes that are nothing but places of nameless meshes: those
    are drawn where they stood, from one mesh. Not joined is whatever could then look different
    or no longer be found: what is blended or transmits light (its parts are sorted by distance),
    has morph targets, differs in variants, has a name or extras, or is drawn more than once.
    Runs on floats, before quantizing.
    """

    def __call__(self, model: Model) -> Model:
        if not all(KNOWN.fullmatch(name) for name in model.used | model.required):
            return model
        model = join_siblings(model)
        return replace(model, meshes=tuple(join_mesh(mesh, model) for mesh in model.meshes))


def join_mesh(mesh: Mesh, model: Model) -> Mesh:
    groups: dict[Hashable, list[Primitive]] = {}
    for index, primitive in enumerate(mesh.primitives):
        key = index if order_kept(primitive, model) else kind(primitive)
        groups.setdefault(key, []).append(primitive)
    return replace(mesh, primitives=tuple(map(joined, groups.values())))


def order_kept(primitive: Primitive, model: Model) -> bool:
    """Whether it has to stay a draw call of its own."""
    return (
        primitive.mode != TRIANGLES
        or primitive.indices is None
        or bool(primitive.targets)
        or primitive.extras is not None
        or any(order_matters(model.materials[m]) for m in primitive.materials)
    )


def kind(primitive: Primitive) -> Hashable:
    """What primitives must have in common to be drawn at once."""
    vertices = tuple(
        (name, v.kind, v.normalized, v.array.dtype.str)
        for name, v in sorted(primitive.attributes.items())
    )
    return (primitive.material, repr(sorted(primitive.extensions.items())), vertices)


def joined(primitives: list[Primitive]) -> Primitive:
    first = primitives[0]
    if len(primitives) == 1:
        return first
    starts = np.cumsum([0, *(p.vertices for p in primitives[:-1])])
    attributes = {
        name: replace(v, array=np.concatenate([p.attributes[name].array for p in primitives]))
        for name, v in first.attributes.items()
    }
    lists = [
        p.indices + start
        for p, start in zip(primitives, starts, strict=True)
        if p.indices is not None
    ]
    return replace(first, attributes=attributes, indices=np.concatenate(lists).astype(np.uint32))


def join_siblings(model: Model) -> Model:
    """Bakes the places of siblings whose meshes would then be joined into one mesh of them all."""
    meshes, nodes = list(model.meshes), list(model.nodes)
    gone: set[int] = set()
    for group in siblings(model):
        parts = [
            placed(primitive, local_matrix(nodes[index]))
            for index in group
            for primitive in meshes[nodes[index].mesh or 0].primitives
        ]
        nodes[group[0]] = Node(mesh=len(meshes))
        meshes.append(Mesh(tuple(parts)))
        gone |= set(group[1:])
    if not gone:
        return model
    model = replace(model, meshes=tuple(meshes), nodes=tuple(nodes))
    return prune_meshes(without_nodes(model, gone))


def siblings(model: Model) -> Iterator[list[int]]:
    """Nodes that stand below one parent, or at the root of the same scenes, and may be joined."""
    users = Counter(node.mesh for node in model.nodes if node.mesh is not None)
    meant = meant_nodes(model)
    groups: dict[Hashable, list[int]] = {}
    for parent, index in parented(model):
        node = model.nodes[index]
        if node.mesh is None or index in meant or users[node.mesh] > 1 or node.weights:
            continue
        mesh = model.meshes[node.mesh]
        named = mesh.name is not None or mesh.extras is not None or mesh.extensions
        if named or any(order_kept(p, model) or not _floats(p) for p in mesh.primitives):
            continue
        if abs(np.linalg.det(local_matrix(node)[:3, :3])) > 0:
            kinds = tuple(sorted(map(repr, map(kind, mesh.primitives))))
            groups.setdefault((parent, kinds), []).append(index)
    yield from (group for group in groups.values() if len(group) > 1)


def parented(model: Model) -> Iterator[tuple[Hashable, int]]:
    """Every node that a scene shows or that has a parent, with what stands for its parent."""
    for index, node in enumerate(model.nodes):
        yield from ((index, child) for child in node.children)
    roots: dict[int, list[int]] = {}
    for number, scene in enumerate(model.scenes):
        for node_index in scene.get("nodes", []):
            roots.setdefault(node_index, []).append(number)
    yield from ((("scenes", *scenes), index) for index, scenes in roots.items())


def without_nodes(model: Model, gone: set[int]) -> Model:
    """Without nodes that have become empty, nor those that no scene shows."""
    nodes = tuple(
        replace(
            node,
            mesh=None if index in gone else node.mesh,
            children=tuple(child for child in node.children if child not in gone),
        )
        for index, node in enumerate(model.nodes)
    )
    scenes = tuple(
        scene
        | ({"nodes": [n for n in scene["nodes"] if n not in gone]} if "nodes" in scene else {})
        for scene in model.scenes
    )
    return prune_nodes(replace(model, nodes=nodes, scenes=scenes))


def _floats(primitive: Primitive) -> bool:
    return all(
        v.array.dtype.kind == "f"
        for name, v in primitive.attributes.items()
        if name in ("POSITION", "NORMAL", "TANGENT")
    )


def placed(primitive: Primitive, matrix: Matrix) -> Primitive:
    """The primitive as it looks from outside its node. A mirrored one keeps facing outwards."""
    mirrored = np.linalg.det(matrix[:3, :3]) < 0
    attributes = dict(primitive.attributes)
    points = attributes["POSITION"].array @ matrix[:3, :3].T + matrix[:3, 3]
    attributes["POSITION"] = Values(points.astype(np.float32), "VEC3")
    if "NORMAL" in attributes:
        turned = _unit(attributes["NORMAL"].array @ np.linalg.inv(matrix[:3, :3]))
        attributes["NORMAL"] = Values(turned, "VEC3")
    if "TANGENT" in attributes:
        along, hand = np.split(attributes["TANGENT"].array, [3], axis=1)
        turned = np.hstack([_unit(along @ matrix[:3, :3].T), -hand if mirrored else hand])
        attributes["TANGENT"] = Values(turned, "VEC4")
    indices = primitive.indices
    if mirrored and indices is not None:
        indices = indices.reshape(-1, 3)[:, ::-1].ravel()
    return replace(primitive, attributes=attributes, indices=indices)


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
