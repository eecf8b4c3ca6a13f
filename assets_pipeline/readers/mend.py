"""Slips of exporters that have one obvious remedy, where a refusal would help nobody.

What comes out is valid glTF; each remedy is a warning.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.materials import texture_coordinates, texture_infos
from assets_pipeline.model import VARIANTS, Attributes, Json, Model, Primitive, Values

# A sum of four rounded floats is off by less. Source: the Khronos validator allows 2e-7 a weight.
CLOSE_TO_ONE = 4e-7
UNWEIGHTED = "Joint weights did not sum to one, or named a joint twice; they were set right."
UNMAPPED = "A surface has no texture coordinates for its textures; it goes without these."


def mend(model: Model) -> Model:
    """The same model when there is nothing to mend. Expects what `check` has let pass.

    Raises InvalidModel when a vertex hangs on a joint that its skin does not have.
    """
    return _leave_unmapped_textures(_settle_weights(model))


def _settle_weights(model: Model) -> Model:
    """Weights of a vertex sum to one; no joint counts twice; those without weight are joint 0.

    Source: glTF 2.0, section 3.7.3.3.
    """
    joints = _joints_of_meshes(model)
    meshes = []
    for number, mesh in enumerate(model.meshes):
        most = joints.get(number)
        settled = tuple(_settle(p, most, f"Mesh {number}") for p in mesh.primitives)
        same = all(a is b for a, b in zip(settled, mesh.primitives, strict=True))
        meshes.append(mesh if same else replace(mesh, primitives=settled))
    if all(a is b for a, b in zip(meshes, model.meshes, strict=True)):
        return model
    return replace(model, meshes=tuple(meshes)).warn(UNWEIGHTED)


def _joints_of_meshes(model: Model) -> dict[int, int]:
    """How many joints the smallest skin has that each mesh is shown with."""
    found: dict[int, int] = {}
    for node in model.nodes:
        if node.mesh is not None and node.skin is not None:
            count = len(model.skins[node.skin].joints)
            found[node.mesh] = min(count, found.get(node.mesh, count))
    return found


def _settle(primitive: Primitive, most: int | None, where: str) -> Primitive:
    attributes = primitive.attributes
    sets = sorted(name.partition("_")[2] for name in attributes if name.startswith("JOINTS_"))
    if not sets or not primitive.vertices:
        return primitive
    joints = np.hstack([attributes[f"JOINTS_{n}"].array for n in sets])
    weights = np.hstack([attributes[f"WEIGHTS_{n}"].array for n in sets])
    scale = [attributes[f"WEIGHTS_{n}"] for n in sets]
    if len({(v.array.dtype, v.normalized) for v in scale}) > 1:
        raise InvalidModel(reason=f"{where} has joint weights of different kinds")
    new_joints, new_weights = settled(joints, weights)
    if most is not None and int(new_joints.max()) >= most:
        raise InvalidModel(
            reason=f"{where} hangs on joint {int(new_joints.max())} of a skin that has {most}"
        )
    if np.array_equal(new_joints, joints) and np.array_equal(new_weights, weights):
        return primitive
    return replace(primitive, attributes=_put_back(attributes, sets, new_joints, new_weights))


def _put_back(
    attributes: Attributes, sets: list[str], joints: NDArray[Any], weights: NDArray[Any]
) -> dict[str, Values]:
    changed = dict(attributes)
    for at, number in enumerate(sets):
        columns = slice(4 * at, 4 * at + 4)
        for name, array in ((f"JOINTS_{number}", joints), (f"WEIGHTS_{number}", weights)):
            changed[name] = replace(changed[name], array=np.ascontiguousarray(array[:, columns]))
    return changed


def settled(joints: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(n, k) each, `weights` floats or fractions of their integers' range."""
    whole = 1.0 if weights.dtype.kind == "f" else float(np.iinfo(weights.dtype).max)
    exact = np.maximum(weights.astype(np.float64), 0)
    for later in range(1, joints.shape[1]):
        for earlier in range(later):
            twice = (joints[:, later] == joints[:, earlier]) & (exact[:, later] > 0)
            twice &= exact[:, earlier] > 0
            exact[twice, earlier] += exact[twice, later]
            exact[twice, later] = 0
    total = exact.sum(axis=1)
    exact[total == 0, 0], total[total == 0] = whole, whole
    off = np.abs(total / whole - 1) > (CLOSE_TO_ONE if whole == 1 else 0)
    exact[off] *= (whole / total[off])[:, None]
    if whole > 1:
        exact = np.floor(exact)
        largest = exact.argmax(axis=1)
        exact[np.arange(len(exact)), largest] += whole - exact.sum(axis=1)
    return np.where(exact > 0, joints, 0), exact.astype(weights.dtype)


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
