"""What is there twice is kept once."""

import hashlib
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assets_pipeline.materials import change_texture_infos
from assets_pipeline.model import Attributes, Json, Mesh, Model, Primitive
from assets_pipeline.passes.keyframes import without_repeats
from assets_pipeline.passes.prune import (
    KNOWN,
    move_materials,
    prune_materials,
    prune_meshes,
    prune_textures,
)


@dataclass(frozen=True)
class Dedup:
    """Merge equal samplers, textures, materials and meshes. Runs after ShareImages.

    One goes into another only where nothing is lost: it has no extras, and no name or the same
    one. Named materials and meshes stay: an author may look for every one. Equal accessors are
    the writer's to share. Keyframes that repeat their neighbours go.
    """

    def __call__(self, model: Model) -> Model:
        model = without_repeats(model)
        if not all(KNOWN.fullmatch(name) for name in model.used | model.required):
            return model  # an extension may refer to anything by its number
        model = merge_textures(model)
        model = merge_materials(model)
        return merge_meshes(model)


def merge_textures(model: Model) -> Model:
    samplers = first_of([_text(sampler) for sampler in model.samplers])
    textures = tuple(
        replace(
            texture,
            sampler=None if texture.sampler is None else samplers[texture.sampler],
        )
        for texture in model.textures
    )
    place = first_of([_text([vars(t), t.extras]) if t.extras is None else None for t in textures])

    def move(_: str, info: Json) -> None:
        info["index"] = place[info["index"]]

    materials = tuple(change_texture_infos(m, move) for m in model.materials)
    return prune_textures(replace(model, textures=textures, materials=materials))


def merge_materials(model: Model) -> Model:
    """Nameless ones go into the first that looks alike, whatever its name."""
    looks = [{k: v for k, v in m.items() if k not in ("name", "extras")} for m in model.materials]
    keys = [_text(look) for look in looks]
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    place = {
        index: index if "name" in m or "extras" in m else first[keys[index]]
        for index, m in enumerate(model.materials)
    }
    return prune_materials(model.map_primitives(lambda p: move_materials(p, place)))


def merge_meshes(model: Model) -> Model:
    """Nameless ones go into the first of the same content, whatever its name."""
    keys = [_mesh_key(mesh) for mesh in model.meshes]
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    place = [
        first[key] if mesh.name is None and _bare(mesh) else index
        for index, (key, mesh) in enumerate(zip(keys, model.meshes, strict=True))
    ]
    nodes = (n if n.mesh is None else replace(n, mesh=place[n.mesh]) for n in model.nodes)
    return prune_meshes(replace(model, nodes=tuple(nodes)))


def first_of(keys: Sequence[Hashable | None]) -> list[int]:
    """For each place that of the first equal key; for None its own."""
    first: dict[Hashable, int] = {}
    return [
        index if key is None else first.setdefault(key, index) for index, key in enumerate(keys)
    ]


def _bare(mesh: Mesh) -> bool:
    return mesh.extras is None and all(p.extras is None for p in mesh.primitives)


def _mesh_key(mesh: Mesh) -> Hashable:
    rest = _text([mesh.weights, mesh.extensions, mesh.extras])
    return (rest, *map(_primitive_key, mesh.primitives))


def _primitive_key(primitive: Primitive) -> Hashable:
    rest = _text([primitive.mode, primitive.material, primitive.extensions, primitive.extras])
    indices = b"" if primitive.indices is None else primitive.indices.tobytes()
    sets = (primitive.attributes, *primitive.targets)
    return (rest, hashlib.sha256(indices).digest(), *map(_attributes_key, sets))


def _attributes_key(attributes: Attributes) -> Hashable:
    return tuple(
        (n, v.kind, v.normalized, v.array.dtype.str, hashlib.sha256(v.array.tobytes()).digest())
        for n, v in sorted(attributes.items())
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
