"""A glTF material as UsdPreviewSurface's inputs: the nearest that Quick Look can show.

Sources: UsdPreviewSurface proposal 2.6; KHR_materials_* of glTF 2.0.
"""

import math
from dataclasses import dataclass

from assets_pipeline.materials import TRANSFORM, texture_coordinates, texture_infos
from assets_pipeline.model import Json

Vector = tuple[float, float, float, float]
ONE: Vector = (1.0, 1.0, 1.0, 1.0)
ZERO: Vector = (0.0, 0.0, 0.0, 0.0)
CLEAR = 0.75  # of what clear glass lets through; the rest keeps it visible where nothing mirrors
SHOWN = {  # extensions with a counterpart, if a rough one
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_specular",
    "KHR_materials_transmission",
    "KHR_materials_unlit",
    "KHR_materials_volume",
}
READ = {  # texture slots with a counterpart
    "baseColorTexture",
    "clearcoatRoughnessTexture",
    "clearcoatTexture",
    "emissiveTexture",
    "metallicRoughnessTexture",
    "normalTexture",
    "occlusionTexture",
    "transmissionTexture",
}


@dataclass(frozen=True)
class UvSet:
    """Which texture coordinates, and how KHR_texture_transform places them."""

    number: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0  # radians
    scale: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Sample:
    """What a UsdUVTexture reads: `channels` of the texture, times `scale`, plus `bias`."""

    texture: int
    uv: UvSet
    channels: str  # rgb, r, g, b or a
    srgb: bool = False
    scale: Vector = ONE
    bias: Vector = ZERO


Input = float | tuple[float, float, float] | Sample
Surface = dict[str, Input]  # by UsdPreviewSurface's names; what is absent has its default there


def preview_surface(material: Json) -> Surface:
    """Inputs that differ from UsdPreviewSurface's defaults, and the metallic workflow's own."""
    if unlit(material):
        return _unlit(material)
    return {
        "diffuseColor": _diffuse(material),
        **_metal(material),
        **_relief(material),
        **_opacity(material),
        **_reflection(material),
        **_coat(material),
        **_emission(material),
    }


def unlit(material: Json) -> bool:
    return "KHR_materials_unlit" in material.get("extensions", {})


def lost(material: Json) -> set[str]:
    """Extensions of which nothing is left; of the others, textures that are not read."""
    extensions = material.get("extensions", {})
    gone = {n for n in extensions if "_materials_" in n and n not in SHOWN}
    kept = {n: e for n, e in extensions.items() if n not in gone}
    slots = {slot for slot, _ in texture_infos({**material, "extensions": kept})}
    return gone | (slots - READ)


def sample(info: Json, channels: str, **how: object) -> Sample:
    return Sample(int(info["index"]), uv_set(info), channels, **how)  # type: ignore[arg-type]


def uv_set(info: Json) -> UvSet:
    transform = info.get("extensions", {}).get(TRANSFORM, {})
    offset, scale = transform.get("offset", (0, 0)), transform.get("scale", (1, 1))
    return UvSet(
        texture_coordinates(info),
        (float(offset[0]), float(offset[1])),
        float(transform.get("rotation", 0)),
        (float(scale[0]), float(scale[1])),
    )


def _pbr(material: Json) -> Json:
    return dict(material.get("pbrMetallicRoughness", {}))


def _extension(material: Json, name: str) -> Json:
    return dict(material.get("extensions", {}).get(f"KHR_materials_{name}", {}))


def _base(material: Json) -> list[float]:
    return [float(x) for x in _pbr(material).get("baseColorFactor", (1, 1, 1, 1))]


def _coloured(info: Json | None, factor: list[float]) -> Input:
    """A colour, times its texture."""
    red, green, blue = factor[:3]
    if info is None:
        return red, green, blue
    return sample(info, "rgb", srgb=True, scale=(red, green, blue, 1.0))


def _diffuse(material: Json) -> Input:
    tint = _tint(material)
    factor = [f * t for f, t in zip(_base(material)[:3], tint, strict=True)]
    return _coloured(_pbr(material).get("baseColorTexture"), factor)


def _tint(material: Json) -> list[float]:
    """What a coloured glass lets through (Beer's law, straight through its thickness)."""
    volume = _extension(material, "volume")
    thickness, distance = volume.get("thicknessFactor", 0), volume.get("attenuationDistance", 0)
    if not (thickness and distance):
        return [1.0, 1.0, 1.0]
    colour = volume.get("attenuationColor", (1, 1, 1))
    return [max(float(c), 1e-6) ** (thickness / distance) for c in colour]


def _metal(material: Json) -> Surface:
    pbr = _pbr(material)
    metallic = float(pbr.get("metallicFactor", 1))
    roughness = float(pbr.get("roughnessFactor", 1))
    info = pbr.get("metallicRoughnessTexture")
    if info is None:
        return {"metallic": metallic, "roughness": roughness}
    return {
        "metallic": sample(info, "b", scale=_times(metallic)),
        "roughness": sample(info, "g", scale=_times(roughness)),
    }


def _relief(material: Json) -> Surface:
    """Bumps and the shadows in them."""
    found: Surface = {}
    if bumps := material.get("normalTexture"):
        s = float(bumps.get("scale", 1))
        found["normal"] = sample(
            bumps, "rgb", scale=(2 * s, 2 * s, 2.0, 1.0), bias=(-s, -s, -1.0, 0.0)
        )
    if shadows := material.get("occlusionTexture"):
        s = float(shadows.get("strength", 1))
        found["occlusion"] = sample(shadows, "r", scale=_times(s), bias=_plus(1 - s))
    return found


def _opacity(material: Json) -> Surface:
    """Alpha by its mode. What transmits light becomes see-through, because Quick Look refracts
    nothing; of a texture for each, alpha's is left out then."""
    mode = material.get("alphaMode", "OPAQUE")
    alpha = 1.0 if mode == "OPAQUE" else _base(material)[3]
    transmission = _extension(material, "transmission")
    through = CLEAR * float(transmission.get("transmissionFactor", 0))
    if through and (info := transmission.get("transmissionTexture")):
        return {
            "opacity": sample(info, "r", scale=_times(-through * alpha), bias=_plus(alpha)),
        }
    alpha *= 1 - through
    info = None if mode == "OPAQUE" else _pbr(material).get("baseColorTexture")
    found: Surface = {"opacity": alpha}
    if info is not None:
        found["opacity"] = sample(info, "a", srgb=True, scale=_times(alpha))
    if mode == "MASK":
        found["opacityThreshold"] = float(material.get("alphaCutoff", 0.5))
    return found


def _reflection(material: Json) -> Surface:
    """KHR_materials_specular weakens the mirror of what is no metal: a lower index does that."""
    ior = float(_extension(material, "ior").get("ior", 1.5))
    specular = _extension(material, "specular")
    colour = specular.get("specularColorFactor", (1, 1, 1))
    weight = float(specular.get("specularFactor", 1)) * sum(map(float, colour)) / 3
    root = min(math.sqrt(max(weight, 0.0)) * abs(ior - 1) / (ior + 1), 0.9)
    mirrored = (1 + root) / (1 - root)
    return {} if math.isclose(mirrored, 1.5, rel_tol=1e-6) else {"ior": mirrored}


def _coat(material: Json) -> Surface:
    coat = _extension(material, "clearcoat")
    factor = float(coat.get("clearcoatFactor", 0))
    if not factor:
        return {}
    roughness = float(coat.get("clearcoatRoughnessFactor", 0))
    thick, rough = coat.get("clearcoatTexture"), coat.get("clearcoatRoughnessTexture")
    return {
        "clearcoat": sample(thick, "r", scale=_times(factor)) if thick else factor,
        "clearcoatRoughness": sample(rough, "g", scale=_times(roughness)) if rough else roughness,
    }


def _emission(material: Json) -> Surface:
    strength = float(_extension(material, "emissive_strength").get("emissiveStrength", 1))
    factor = [float(f) * strength for f in material.get("emissiveFactor", (0, 0, 0))]
    if not any(factor):
        return {}
    return {"emissiveColor": _coloured(material.get("emissiveTexture"), factor)}


def _unlit(material: Json) -> Surface:
    lit = _coloured(_pbr(material).get("baseColorTexture"), _base(material))
    black = (0.0, 0.0, 0.0)
    return {"diffuseColor": black, "emissiveColor": lit, "roughness": 1.0, **_opacity(material)}


def _times(factor: float) -> Vector:
    return (factor, factor, factor, factor)


def _plus(value: float) -> Vector:
    return (value, value, value, value) if value else ZERO
