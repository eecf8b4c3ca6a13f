"""Slips of exporters that have one obvious remedy, where a refusal would help nobody.

What comes out is valid glTF; each remedy that could be seen is a warning.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assets_pipeline.materials import texture_coordinates, texture_infos
from assets_pipeline.model import VARIANTS, Attributes, Json, Model, Primitive
from assets_pipeline.readers.directions import settle_directions
from assets_pipeline.readers.ranges import bring_inside
from assets_pipeline.readers.turns import settle_turns
from assets_pipeline.readers.weights import settle_bind_matrices, settle_weights

UNMAPPED = "A surface has no texture coordinates for its textures; it goes without these."
SEMANTIC = re.compile(
    r"POSITION|NORMAL|TANGENT|(TEXCOORD|COLOR|JOINTS|WEIGHTS)_(0|[1-9]\d{0,3})|_.*", re.S
)


def mend(model: Model) -> Model:
    """The same model when there is nothing to mend. Expects what `check` has let pass.

    Raises InvalidModel when a vertex hangs on a joint that its skin does not have.
    """
    model = settle_directions(settle_bind_matrices(settle_weights(model)))
    model = bring_inside(_mark_foreign_attributes(settle_turns(model)))
    return _leave_unmapped_textures(model)


def _mark_foreign_attributes(model: Model) -> Model:
    """Attributes that glTF does not know begin with an underscore. Source: section 3.7.2.1."""
    names = {name for p in model.primitives for a in (p.attributes, *p.targets) for name in a}
    if all(map(SEMANTIC.fullmatch, names)):
        return model

    def marked(attributes: Attributes) -> Attributes:
        return {n if SEMANTIC.fullmatch(n) else f"_{n}": v for n, v in attributes.items()}

    def change(primitive: Primitive) -> Primitive:
        targets = tuple(map(marked, primitive.targets))
        return replace(primitive, attributes=marked(primitive.attributes), targets=targets)

    return model.map_primitives(change)


def _leave_unmapped_textures(model: Model) -> Model:
    """A primitive without the coordinates that a texture reads wears its material without it."""
    materials = list(model.materials)
    places: dict[tuple[int, frozenset[int]], int] = {}
    read = [{texture_coordinates(i) for _, i in texture_infos(m)} for m in model.materials]

    def fitting(index: int, have: frozenset[int]) -> int:
        if read[index] <= have:
            return index
        key = (index, have & read[index])
        if key not in places:
            places[key] = len(materials)
            materials.append(_without_textures(model.materials[index], have))
        return places[key]

    def change(primitive: Primitive) -> Primitive:
        have = frozenset(
            int(number)
            for name in primitive.attributes
            if name.startswith("TEXCOORD_") and (number := name[9:]).isdecimal()
        )
        return _dressed(primitive, lambda index: fitting(index, have))

    changed = model.map_primitives(change)
    if not places:
        return model
    return replace(changed, materials=tuple(materials)).warn(UNMAPPED)


def _dressed(primitive: Primitive, fitting: Callable[[int], int]) -> Primitive:
    """The primitive with other numbers for its materials, those of variants too."""
    own = None if primitive.material is None else fitting(primitive.material)
    mappings = [{**m, "material": fitting(m["material"])} for m in primitive.variant_mappings]
    if own == primitive.material and mappings == primitive.variant_mappings:
        return primitive
    extensions = dict(primitive.extensions)
    if mappings:
        extensions[VARIANTS] = {**extensions[VARIANTS], "mappings": mappings}
    return replace(primitive, material=own, extensions=extensions)


def _without_textures(value: Any, have: frozenset[int]) -> Json:
    """A copy of a material, or of a part of it, with only the textures that read these sets."""
    kept: Json = {}
    for key, inner in value.items():
        if not isinstance(inner, dict) or key == "extras":
            kept[key] = inner
        elif not (key.endswith("Texture") and "index" in inner):
            kept[key] = _without_textures(inner, have)
        elif texture_coordinates(inner) in have:
            kept[key] = inner
    return kept
