"""Numbers as small as the eye allows: KHR_mesh_quantization.

Positions lie on a cubic grid, one for the whole model so that neighbouring parts meet without
gaps. A mesh then hangs below its node in a node of its own that turns grid steps back into
metres; a skin takes that into its bind matrices instead. Texture coordinates count steps, and
KHR_texture_transform turns them back. Normals lie on an octahedral grid.
"""

from dataclasses import dataclass, replace
from typing import Any

import meshopt
import numpy as np

from assets_pipeline.model import Attributes, Json, Model, Primitive, Values
from assets_pipeline.passes.grids import MOST_STEPS, VOLUME, Grid, choose_grids, volumes
from assets_pipeline.passes.keyframes import quantize_rotations
from assets_pipeline.passes.plain import QUANTIZATION
from assets_pipeline.passes.texcoords import quantize_uv
from assets_pipeline.transforms import meant_nodes

POINTER = "KHR_animation_pointer"  # may animate anything by its number or its property


@dataclass(frozen=True)
class Quantize:
    """Positions, directions, texture coordinates, colours, weights, rotations as small integers.

    No position moves by more than `tolerance` metres, nor by more than the longest side /
    2^(position_bits + 1) along any axis. `uv_bits` is per repetition of a texture of 2048 pixels:
    13 bits are an eighth of a texel at most. Larger or tiled textures take more, small ones fewer.
    Left as floats: meshes too large for 16 bits, coordinates that extensions unknown to us read,
    and everything that KHR_animation_pointer could animate.
    """

    position_bits: int = 12
    normal_bits: int = 10
    uv_bits: int = 13
    tolerance: float = 0.0001

    def __call__(self, model: Model) -> Model:
        model = quantize_rotations(model.map_primitives(self.quantize_vectors))
        if POINTER not in model.used:
            model = quantize_uv(model, self.uv_bits)
            model = quantize_positions(
                model, choose_grids(model, self.position_bits, self.tolerance)
            )
        return replace(
            model,
            used=model.used | {QUANTIZATION},
            required=model.required | {QUANTIZATION},
        )

    def quantize_vectors(self, primitive: Primitive) -> Primitive:
        attributes = dict(primitive.attributes)
        for name, values in primitive.attributes.items():
            if name in ("NORMAL", "TANGENT"):
                attributes[name] = octahedral(values, self.normal_bits)
            elif name.startswith("COLOR_"):
                attributes[name] = fractions(values)
            elif name.startswith("JOINTS_") and len(values) and values.array.max() < 256:
                attributes[name] = replace(values, array=values.array.astype(np.uint8))
        targets = tuple({n: difference(n, v) for n, v in t.items()} for t in primitive.targets)
        return replace(primitive, attributes=attributes | weights(attributes), targets=targets)


def octahedral(values: Values, bits: int) -> Values:
    """Unit vectors (n, 3 or 4) on the octahedral grid that the codec's filter stores exactly.

    8 bits are at most 1.2° off and 10 bits 0.25°.
    """
    vectors = values.floats()
    padded = np.zeros((len(vectors), 4), np.float32)
    padded[:, : vectors.shape[1]] = vectors
    lengths = np.linalg.norm(padded[:, :3], axis=1, keepdims=True)
    padded[:, :3] /= np.where(lengths > 0, lengths, 1)
    stride, dtype = (4, np.int8) if bits <= 8 else (8, np.int16)
    packed = meshopt.encode_gltf_buffer(
        meshopt.encode_filter_oct(padded, stride, bits), "ATTRIBUTES"
    )
    rows = meshopt.decode_gltf_buffer(packed, len(padded), stride, "ATTRIBUTES", "OCTAHEDRAL")
    whole = np.frombuffer(rows.tobytes(), dtype).reshape(-1, 4)[:, : vectors.shape[1]].copy()
    if vectors.shape[1] == 4:
        whole[:, 3] = np.where(vectors[:, 3] < 0, -1, 1) * np.iinfo(dtype).max
    return Values(whole, values.kind, normalized=True, octahedral_bits=bits)


def fractions(values: Values) -> Values:
    """Floats from 0 to 1 as 16-bit fractions; colours are linear light, so 8 bits would band."""
    array = values.array
    if array.dtype.kind != "f" or not len(array) or array.min() < 0 or array.max() > 1:
        return values
    return Values(np.round(array * MOST_STEPS).astype(np.uint16), values.kind, normalized=True)


def weights(attributes: Attributes) -> dict[str, Values]:
    """Those of all joints of a vertex as 16-bit fractions that still add up to one exactly.

    8 bits would move a vertex by 1/500 of what its joints are apart.
    """
    sets = {n: v for n, v in attributes.items() if n.startswith("WEIGHTS_")}
    if not sets or any(v.array.dtype.kind != "f" or not len(v) for v in sets.values()):
        return {}
    together = np.hstack([v.array for v in sets.values()]).clip(0, None).astype(np.float64)
    totals = together.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        return {}
    whole = np.round(together / totals * MOST_STEPS).astype(np.int64)
    largest = whole.argmax(axis=1)
    whole[np.arange(len(whole)), largest] += MOST_STEPS - whole.sum(axis=1)
    parts = np.split(whole.astype(np.uint16), len(sets), axis=1)
    return {n: Values(part, "VEC4", True) for n, part in zip(sets, parts, strict=True)}


def difference(name: str, values: Values) -> Values:
    """What a morph target adds to a direction, as bytes: 0.2° off at most."""
    floats = values.array
    if name not in ("NORMAL", "TANGENT") or floats.dtype.kind != "f" or not len(floats):
        return values
    if np.abs(floats).max() > 1:
        return values
    return Values(np.round(floats * 127).astype(np.int8), values.kind, normalized=True)


def quantize_positions(model: Model, grids: dict[int, Grid]) -> Model:
    meshes = []
    steps: dict[int, float] = {}
    for index, mesh in enumerate(model.meshes):
        if index not in grids:
            meshes.append(mesh)
            continue
        grid = grids[index]
        meshes.append(
            replace(mesh, primitives=tuple(snap_primitive(p, grid) for p in mesh.primitives))
        )
        steps.update((material, grid.step) for p in mesh.primitives for material in p.materials)
    glass = {material for material in volumes(model) if material in steps}
    materials = tuple(
        _thicker(m, steps[i]) if i in glass else m for i, m in enumerate(model.materials)
    )
    return place_grids(replace(model, meshes=tuple(meshes), materials=materials), grids)


def snap_primitive(primitive: Primitive, grid: Grid) -> Primitive:
    def target(attributes: Attributes) -> Attributes:
        if "POSITION" not in attributes:
            return attributes
        moved = grid.snap_difference(attributes["POSITION"].floats())
        return {**attributes, "POSITION": moved}

    position = grid.snap(primitive.attributes["POSITION"].floats())
    return replace(
        primitive,
        attributes={**primitive.attributes, "POSITION": position},
        targets=tuple(map(target, primitive.targets)),
    )


def _thicker(material: Json, step: float) -> Json:
    extensions = material["extensions"]
    volume = extensions[VOLUME]
    thick = {**volume, "thicknessFactor": volume["thicknessFactor"] / step}
    return {**material, "extensions": {**extensions, VOLUME: thick}}


def place_grids(model: Model, grids: dict[int, Grid]) -> Model:
    """Nodes and skins that undo the grids.

    The mesh moves to a new child, with its morph weights and their animation; the node keeps its
    name, place, pivot and children, so what the author or an animation does to it stays right.
    Nodes that are nothing but the place of a mesh take the grid in themselves.
    """
    known = meant_nodes(model)
    nodes, added = list(model.nodes), {}
    skins, skin_of = list(model.skins), {}
    for index, node in enumerate(model.nodes):
        if node.mesh is None or node.mesh not in grids:
            continue
        grid = grids[node.mesh]
        if node.skin is not None:
            if (node.skin, grid) not in skin_of:
                skin_of[node.skin, grid] = len(skins)
                skins.append(_bind(model.skins[node.skin], grid))
            nodes[index] = replace(node, skin=skin_of[node.skin, grid])
            continue
        if node.instancing or index not in known:
            nodes[index] = grid.under(node)
            continue
        added[index] = len(nodes)
        nodes[index] = replace(node, mesh=None, weights=None, children=(*node.children, len(nodes)))
        nodes.append(replace(grid.node, mesh=node.mesh, weights=node.weights))
    animations = tuple(
        replace(a, channels=tuple(_retarget(c, added) for c in a.channels))
        for a in model.animations
    )
    return _without_unworn(
        replace(model, nodes=tuple(nodes), skins=tuple(skins), animations=animations)
    )


def _without_unworn(model: Model) -> Model:
    worn = sorted({node.skin for node in model.nodes if node.skin is not None})
    nodes = tuple(n if n.skin is None else replace(n, skin=worn.index(n.skin)) for n in model.nodes)
    return replace(model, nodes=nodes, skins=tuple(model.skins[s] for s in worn))


def _bind(skin: Any, grid: Grid) -> Any:
    """The skin with bind matrices that first turn grid steps into metres."""
    matrices = np.tile(np.eye(4), (len(skin.joints), 1, 1))
    if skin.inverse_bind_matrices is not None:
        rows = skin.inverse_bind_matrices.array[: len(skin.joints)].astype(np.float64)
        matrices = rows.reshape(-1, 4, 4).transpose(0, 2, 1)
    undo = np.diag([grid.step, grid.step, grid.step, 1.0])
    undo[:3, 3] = grid.offset
    bound = (matrices @ undo).transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
    return replace(skin, inverse_bind_matrices=Values(bound, "MAT4"))


def _retarget(channel: Json, added: dict[int, int]) -> Json:
    target = channel["target"]
    if target.get("path") == "weights" and target.get("node") in added:
        return {**channel, "target": {**target, "node": added[target["node"]]}}
    return channel
