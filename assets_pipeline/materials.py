"""Where a glTF material refers to textures, and what each place needs of the picture."""

from collections.abc import Callable, Iterator
from typing import Any

from assets_pipeline.model import Json, Model

TRANSFORM = "KHR_texture_transform"

# Channels that a slot reads, by the glTF core specification and its ratified extensions.
CHANNELS = {
    "baseColorTexture": "RGBA",
    "emissiveTexture": "RGB",
    "normalTexture": "RGB",
    "occlusionTexture": "R",
    "metallicRoughnessTexture": "GB",
    "clearcoatTexture": "R",
    "clearcoatRoughnessTexture": "G",
    "clearcoatNormalTexture": "RGB",
    "transmissionTexture": "R",
    "thicknessTexture": "G",
    "iridescenceTexture": "R",
    "iridescenceThicknessTexture": "G",
    "sheenColorTexture": "RGB",
    "sheenRoughnessTexture": "A",
    "specularTexture": "A",
    "specularColorTexture": "RGB",
    "anisotropyTexture": "RGB",
    "diffuseTransmissionTexture": "A",
    "diffuseTransmissionColorTexture": "RGB",
    "diffuseTexture": "RGBA",
    "specularGlossinessTexture": "RGBA",
}
NORMALS = {"normalTexture", "clearcoatNormalTexture", "anisotropyTexture"}
COLOURS = {
    "baseColorTexture",
    "emissiveTexture",
    "sheenColorTexture",
    "specularColorTexture",
    "diffuseTransmissionColorTexture",
    "diffuseTexture",
    "specularGlossinessTexture",
}


def texture_infos(material: Json) -> Iterator[tuple[str, Json]]:
    """Every `(slot, textureInfo)` of a material, those inside extensions too."""

    def walk(value: Any) -> Iterator[tuple[str, Json]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key.endswith("Texture") and isinstance(inner, dict) and "index" in inner:
                    yield key, inner
                elif key != "extras":
                    yield from walk(inner)

    yield from walk(material)


def change_texture_infos(material: Json, change: Callable[[str, Json], None]) -> Json:
    """A copy of the material with `change` applied to each textureInfo of the copy, in place."""
    mine: Json = unshared(material)
    for slot, info in texture_infos(mine):
        change(slot, info)
    return mine


def unshared(value: Any) -> Any:
    """A copy of JSON in which no object is in two places, as `deepcopy` would leave it: a change
    of one textureInfo must not reach another slot's."""
    if isinstance(value, dict):
        return {key: unshared(item) for key, item in value.items()}
    return [unshared(item) for item in value] if isinstance(value, list) else value


def texture_coordinates(info: Json) -> int:
    """Which TEXCOORD_n a textureInfo reads: the transform's own number wins."""
    transform = info.get("extensions", {}).get(TRANSFORM, {})
    return int(transform.get("texCoord", info.get("texCoord", 0)))


def image_slots(model: Model) -> list[set[str]]:
    """For each image, the slots that show it, in any material."""
    slots: list[set[str]] = [set() for _ in model.images]
    for material in model.materials:
        for slot, info in texture_infos(material):
            image = model.textures[info["index"]].image
            if image is not None:
                slots[image].add(slot)
    return slots


def order_matters(material: Json) -> bool:
    """Whether viewers sort what wears it by distance, draw by draw: blended, or seen through."""
    through = {"KHR_materials_transmission", "KHR_materials_volume"}
    through.add("KHR_materials_diffuse_transmission")
    return material.get("alphaMode") == "BLEND" or not through.isdisjoint(
        material.get("extensions", {})
    )


def role(slots: set[str]) -> str:
    """`normal`, `colour` or `data`: how an error in the picture shows. Unknown slots: colour."""
    if slots & NORMALS:
        return "normal"
    if slots & COLOURS or not slots <= CHANNELS.keys():
        return "colour"
    return "data"
