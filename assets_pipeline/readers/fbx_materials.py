"""FBX's materials as surfaces: Phong and Lambert, and the PBR ones of Maya, 3ds Max and Arnold.

Phong has no metal: it becomes 0. Its exponent becomes roughness, see
surface.roughness_of_shininess; Lambert is fully rough. Blender keeps roughness r as an exponent of
100 · (1 − r)², and metal as reflection. Colours are what the screen shows, except from Blender,
which writes linear light.
"""

import base64
import binascii
from dataclasses import replace
from typing import Any

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Json
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.fbx_nodes import Record
from assets_pipeline.readers.fbx_objects import Objects, Properties, number, plain_name, three
from assets_pipeline.readers.packing import ALPHA, CLAMP, REPEAT, Map, bumps, pixels_of
from assets_pipeline.readers.surface import Surface, Three, linear, roughness_of_shininess

# By the last word of a property, in small letters, without "tex_", "_map" and "_".
SLOTS = {
    "diffusecolor": "colour", "diffuse": "colour", "basecolor": "colour", "color": "colour",
    "metallic": "metallic", "metalness": "metallic", "reflectionfactor": "metallic",
    "roughness": "roughness", "specularroughness": "roughness", "glossiness": "gloss",
    "shininessexponent": "shininess", "shininess": "shininess",
    "emissivecolor": "emissive", "emissive": "emissive", "emissioncolor": "emissive",
    "emitcolor": "emissive", "normalmap": "normal", "normal": "normal", "norm": "normal",
    "normalcamera": "normal", "bump": "normal", "ao": "occlusion", "ambientocclusion": "occlusion",
    "opacity": "alpha", "cutout": "alpha", "transparentcolor": "alpha",
    "transparencyfactor": "alpha",
}  # fmt: skip
BASE, METAL = ("base_color", "baseColor", "basecolor"), ("metallic", "metalness")
ROUGH = ("roughness", "specularRoughness")
GLOW, GLOW_TIMES = ("emissive", "emissionColor", "emit_color"), ("emissive_intensity", "emission")
PBR = ("Maya|", "3dsMax|")


class MaterialReader:
    def __init__(self, assembly: Assembly, objects: Objects, *, blender: bool) -> None:
        self.assembly, self.objects, self.blender = assembly, objects, blender

    def surface(self, ident: int, material: Record, uv_names: list[str]) -> Surface:
        held = self.objects.properties(material)
        own = {k.rpartition("|")[2]: v for k, v in held.items() if k.startswith(PBR)}
        surface = self._pbr(own) if any(n in own for n in BASE) else self._phong(material, held)
        maps = self._maps(ident, plain_name(material), uv_names)
        return _with_maps(replace(surface, name=plain_name(material)), maps, blender=self.blender)

    def _light(self, colour: Three) -> Three:
        return colour if self.blender else linear(colour)

    def _pbr(self, own: Properties) -> Surface:
        def one(names: tuple[str, ...], default: float) -> float:
            return next((number(own, n, default) for n in names if n in own), default)

        def colour(names: tuple[str, ...], default: float) -> Three:
            return next((three(own, n, default) for n in names if n in own), (default,) * 3)

        r, g, b = self._light(colour(GLOW, 0.0))
        times = one(GLOW_TIMES, 1.0 if "emissive" in own or "emit_color" in own else 0.0)
        return Surface(
            colour=self._light(colour(BASE, 1.0)),
            alpha=max(three(own, "opacity", 1.0)),
            metallic=one(METAL, 0.0),
            roughness=one(ROUGH, 0.5),
            emissive=(r * times, g * times, b * times),
        )

    def _phong(self, material: Record, held: Properties) -> Surface:
        return Surface(
            colour=self._dimmed(held, "Diffuse", 0.8),
            alpha=_alpha(held),
            metallic=number(held, "ReflectionFactor", 0.0) if self.blender else 0.0,
            roughness=self._roughness(material, held),
            emissive=self._dimmed(held, "Emissive", 0.0),
        )

    def _dimmed(self, held: Properties, name: str, default: float) -> Three:
        """A colour times its factor, both as the program shows them."""
        r, g, b = three(held, f"{name}Color", default)
        factor = number(held, f"{name}Factor", 1.0)
        return self._light((r * factor, g * factor, b * factor))

    def _roughness(self, material: Record, held: Properties) -> float:
        exponent = number(held, "ShininessExponent", number(held, "Shininess", 20.0))
        if self.blender:
            return float(max(0.0, 1 - max(0.0, exponent) ** 0.5 / 10))
        shine = max(three(held, "SpecularColor", 0.2)) * number(held, "SpecularFactor", 1.0)
        if material.word("ShadingModel").lower() == "lambert" or shine <= 0:
            return 1.0
        return roughness_of_shininess(exponent)

    def _maps(self, ident: int, name: str, uv_names: list[str]) -> dict[str, Map]:
        """Each slot's picture; the first counts where several are connected."""
        found: dict[str, Map] = {}
        for texture_id, texture, slot in self.objects.inside(ident, "Texture"):
            word = slot.rpartition("|")[2].lower().removeprefix("tex_").removesuffix("_map")
            kind = SLOTS.get(word.replace("_", ""))
            if kind is None or kind in found:
                continue
            shown = self._map(texture_id, texture, name, uv_names)
            if shown is not None:
                found[kind] = shown
        return found

    def _map(self, ident: int, texture: Record, name: str, uv_names: list[str]) -> Map | None:
        reference = texture.word("RelativeFilename") or texture.word("FileName")
        data = None
        for _, video, _ in self.objects.inside(ident, "Video"):
            reference = reference or video.word("RelativeFilename") or video.word("Filename")
            data = _content(video) or data
        if not reference and data is None:
            self.assembly.warn(f"Material {name!r} has a texture that names no file.")
            return None
        by = f"material {name!r}"
        image = self.assembly.picture(reference or f"of texture {ident}", data, by)
        if image is None:
            return None
        held = self.objects.properties(texture)
        wanted = next(iter(held.get("UVSet", [])), "")
        wraps = [CLAMP if number(held, f"WrapMode{axis}", 0) == 1 else REPEAT for axis in "UV"]
        return Map(
            image,
            uv=uv_names.index(wanted) if wanted in uv_names else 0,
            transform=_transform(held),
            wrap=(wraps[0], wraps[1]),
        )


def _with_maps(surface: Surface, maps: dict[str, Map], *, blender: bool) -> Surface:
    """Pictures replace the numbers of their slots, as in the programs that wrote them."""
    white = (1.0, 1.0, 1.0)
    changes: dict[str, Any] = {}
    if "colour" in maps:
        changes |= {"colour_map": maps["colour"], "colour": white}
    if "emissive" in maps:
        changes |= {"emissive_map": maps["emissive"], "emissive": white}
    if "metallic" in maps and (blender or "roughness" in maps or surface.metallic > 0):
        changes |= {"metallic_map": maps["metallic"], "metallic": 1.0}
    rough = maps.get("roughness") or (maps.get("shininess") if blender else None)
    if rough is not None:
        changes |= {"roughness_map": rough, "roughness": 1.0}
    elif "gloss" in maps:
        changes |= {"roughness_map": replace(maps["gloss"], inverted=True), "roughness": 1.0}
    if "normal" in maps:
        changes["normal_map"] = _normals(maps["normal"])
    if "occlusion" in maps:
        changes["occlusion_map"] = maps["occlusion"]
    if "alpha" in maps and (opacity := _opacity(maps["alpha"], maps.get("colour"))):
        changes |= {"alpha_map": opacity, "alpha": 1.0}
    return replace(surface, **changes)


def _opacity(shown: Map, base: Map | None) -> Map | None:
    """A picture's alpha where it has one; else what it shows, unless that is the colour itself."""
    try:
        pixels = pixels_of(shown.image)
    except InvalidModel:
        return None
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return replace(shown, channel=ALPHA)
    return None if base is not None and base.image is shown.image else replace(shown, channel=0)


def _normals(shown: Map) -> Map | None:
    try:
        return bumps(shown)
    except InvalidModel:
        return None  # it is damaged, and the common checks say so where it is shown


def _alpha(held: Properties) -> float:
    """Exporters do not agree on what transparency means; nobody sells what cannot be seen, so a
    product that would vanish is opaque."""
    if "Opacity" in held:
        alpha = number(held, "Opacity", 1.0)
    else:
        colour = max(three(held, "TransparentColor", 1.0))
        alpha = 1 - number(held, "TransparencyFactor", 0.0) * colour
    return alpha if alpha > 0 else 1.0


def _transform(held: Properties) -> Json:
    """FBX shifts and scales where v goes upwards."""
    sx, sy, _ = three(held, "Scaling", 1.0)
    tx, ty, _ = three(held, "Translation", 0.0)
    if (sx, sy, tx, ty) == (1, 1, 0, 0):
        return {}
    return {"offset": [tx, 1 - ty - sy], "scale": [sx, sy]}


def _content(video: Record) -> bytes | None:
    """An embedded file: bytes, or in text files base64 in pieces."""
    held = video.first("Content")
    values = held.values if held is not None else []
    found = b"".join(value for value in values if isinstance(value, bytes))
    pieces = [value for value in values if isinstance(value, str)]
    try:
        return found or b"".join(base64.b64decode(piece, validate=True) for piece in pieces) or None
    except (binascii.Error, ValueError):
        return None
