"""What nothing refers to goes, and numbers close ranks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from assets_pipeline.materials import (
    NORMALS,
    TRANSFORM,
    change_texture_infos,
    texture_coordinates,
    texture_infos,
)
from assets_pipeline.model import VARIANTS, Attributes, Json, Model, Primitive

# Extensions whose references this pass knows. Beside any other one, which may hold numbers of
# nodes or materials, everything keeps its number.
KNOWN = re.compile(
    r"KHR_materials_\w+|KHR_texture_transform|KHR_lights_punctual|KHR_mesh_quantization"
    r"|EXT_texture_\w+|EXT_mesh_gpu_instancing|EXT_meshopt_compression|KHR_node_visibility"
)


@dataclass(frozen=True)
class Prune:
    """Drop unused nodes, meshes, skins, materials, textures, images, samplers and attributes.

    A texture coordinate set that only a variant's material reads is in use. Sets that nobody
    reads go, and the others move up, because glTF wants them without gaps.
    """

    def __call__(self, model: Model) -> Model:
        if all(KNOWN.fullmatch(name) for name in model.used | model.required):
            model = prune_nodes(model)
            model = prune_meshes(model)
            model = prune_materials(model)
            model = prune_textures(model)
            model = close_texture_coordinates(model)
        return model.map_primitives(lambda p: prune_attributes(p, model))


def places(used: Iterable[int]) -> dict[int, int]:
    """New numbers for those that stay."""
    return {old: new for new, old in enumerate(sorted(used))}


def keep(items: tuple[Any, ...], place: dict[int, int]) -> tuple[Any, ...]:
    return tuple(items[old] for old in place)


def prune_nodes(model: Model) -> Model:
    """Without nodes outside every scene, unless a skin needs them; nor what animates only those."""
    if not model.scenes:
        return model
    todo = [n for scene in model.scenes for n in scene.get("nodes", [])]
    used: set[int] = set()
    while todo:
        index = todo.pop()
        if index in used:
            continue
        used.add(index)
        node = model.nodes[index]
        todo += node.children
        if node.skin is not None:
            skin = model.skins[node.skin]
            todo += [*skin.joints, *([] if skin.skeleton is None else [skin.skeleton])]
    place = places(used)
    return replace(
        model,
        nodes=tuple(
            replace(node, children=tuple(place[c] for c in node.children))
            for node in keep(model.nodes, place)
        ),
        scenes=tuple(
            {**s, "nodes": [place[n] for n in s["nodes"]]} if "nodes" in s else s
            for s in model.scenes
        ),
        skins=_move_joints(model, place),
        animations=_move_targets(model, place),
    )


def _move_joints(model: Model, place: dict[int, int]) -> tuple[Any, ...]:
    """Skins by the new node numbers. One that nobody wears keeps no joint, and goes next."""
    return tuple(
        replace(
            skin,
            joints=tuple(place[j] for j in skin.joints if j in place),
            skeleton=None if skin.skeleton is None else place.get(skin.skeleton),
        )
        for skin in model.skins
    )


def _move_targets(model: Model, place: dict[int, int]) -> tuple[Any, ...]:
    moved = []
    for animation in model.animations:
        channels = []
        for channel in animation.channels:
            node = channel["target"].get("node")
            if node is None:
                channels.append(channel)
            elif node in place:
                channels.append({**channel, "target": {**channel["target"], "node": place[node]}})
        if channels:
            moved.append(replace(animation, channels=tuple(channels)))
    return tuple(moved)


def prune_meshes(model: Model) -> Model:
    meshes = places({n.mesh for n in model.nodes if n.mesh is not None})
    skins = places({n.skin for n in model.nodes if n.skin is not None})
    return replace(
        model,
        meshes=keep(model.meshes, meshes),
        skins=keep(model.skins, skins),
        nodes=tuple(
            replace(
                node,
                mesh=None if node.mesh is None else meshes[node.mesh],
                skin=None if node.skin is None else skins[node.skin],
            )
            for node in model.nodes
        ),
    )


def prune_materials(model: Model) -> Model:
    place = places({m for p in model.primitives for m in p.materials})
    moved = model.map_primitives(lambda p: move_materials(p, place))
    return replace(moved, materials=keep(model.materials, place))


def move_materials(primitive: Primitive, place: dict[int, int]) -> Primitive:
    """The primitive with its own material and those of its variants by new numbers."""
    extensions = primitive.extensions
    if VARIANTS in extensions:
        mappings = [{**m, "material": place[m["material"]]} for m in primitive.variant_mappings]
        extensions = {**extensions, VARIANTS: {**extensions[VARIANTS], "mappings": mappings}}
    own = None if primitive.material is None else place[primitive.material]
    return replace(primitive, material=own, extensions=extensions)


def prune_textures(model: Model) -> Model:
    infos = [info for m in model.materials for _, info in texture_infos(m)]
    textures = places({info["index"] for info in infos})
    kept = keep(model.textures, textures)
    images = places({t.image for t in kept if t.image is not None})
    samplers = places({t.sampler for t in kept if t.sampler is not None})

    def move(_: str, info: Json) -> None:
        info["index"] = textures[info["index"]]

    return replace(
        model,
        materials=tuple(change_texture_infos(m, move) for m in model.materials),
        textures=tuple(
            replace(
                t,
                image=None if t.image is None else images[t.image],
                sampler=None if t.sampler is None else samplers[t.sampler],
            )
            for t in kept
        ),
        images=keep(model.images, images),
        samplers=keep(model.samplers, samplers),
    )


def close_texture_coordinates(model: Model) -> Model:
    """Sets that no material reads go, the others move up: in all primitives and materials alike."""
    read = {texture_coordinates(info) for m in model.materials for _, info in texture_infos(m)}
    place = places(read)

    def move(_: str, info: Json) -> None:
        number = place[texture_coordinates(info)]
        if "texCoord" in info.get("extensions", {}).get(TRANSFORM, {}):
            info["extensions"][TRANSFORM]["texCoord"] = number
        info.pop("texCoord", None)
        if number:
            info["texCoord"] = number

    def renamed(attributes: Attributes) -> Attributes:
        kept = {}
        for name, values in attributes.items():
            number = _texture_set(name)
            if number is None:
                kept[name] = values
            elif number in place:
                kept[f"TEXCOORD_{place[number]}"] = values
        return kept

    def rename(primitive: Primitive) -> Primitive:
        return replace(
            primitive,
            attributes=renamed(primitive.attributes),
            targets=tuple(map(renamed, primitive.targets)),
        )

    moved = replace(model, materials=tuple(change_texture_infos(m, move) for m in model.materials))
    return moved.map_primitives(rename)


def prune_attributes(primitive: Primitive, model: Model) -> Primitive:
    """Without texture sets above the last that its materials read, and tangents nobody reads."""
    infos = [pair for m in primitive.materials for pair in texture_infos(model.materials[m])]
    last = max((texture_coordinates(info) for _, info in infos), default=-1)
    bumpy = any(slot in NORMALS for slot, _ in infos) or any(
        "KHR_materials_anisotropy" in model.materials[m].get("extensions", {})
        for m in primitive.materials
    )

    def wanted(name: str) -> bool:
        number = _texture_set(name)
        if number is not None:
            return number <= last
        return name != "TANGENT" or bumpy

    return replace(
        primitive,
        attributes={n: v for n, v in primitive.attributes.items() if wanted(n)},
        targets=tuple({n: v for n, v in t.items() if wanted(n)} for t in primitive.targets),
    )


def _texture_set(name: str) -> int | None:
    match = re.fullmatch(r"TEXCOORD_(\d+)", name)
    return int(match[1]) if match else None
