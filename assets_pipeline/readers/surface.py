"""What a surface looks like, in the words that all formats share, and as a glTF material.

Formats keep roughness, metal and opacity in pictures of their own; glTF wants them as channels of
two pictures. They are put together here, so that no reader has to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.materials import TRANSFORM
from assets_pipeline.model import Image, Json, Texture
from assets_pipeline.readers.packing import (
    ALPHA,
    BLUE,
    GREEN,
    Map,
    grey,
    is_cut_out,
    metal_rough,
    with_alpha,
)

OPAQUE_ABOVE = 0.999
Three = tuple[float, float, float]
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Surface:
    """Colours are linear light. Numbers multiply their maps."""

    name: str = ""
    colour: Three = (1.0, 1.0, 1.0)
    alpha: float = 1.0
    metallic: float = 0.0
    roughness: float = 0.7
    emissive: Three = (0.0, 0.0, 0.0)
    normal_scale: float = 1.0
    cutoff: float | None = None  # below this alpha nothing is drawn
    double_sided: bool = False
    extensions: Json = field(default_factory=dict)
    colour_map: Map | None = None
    alpha_map: Map | None = None
    metallic_map: Map | None = None
    roughness_map: Map | None = None
    emissive_map: Map | None = None
    normal_map: Map | None = None
    occlusion_map: Map | None = None


class Materials:
    """Surfaces become materials; what they show is collected in `images` and `textures`."""

    def __init__(self) -> None:
        self.materials: list[Json] = []
        self.textures: list[Texture] = []
        self.images: list[Image] = []
        self.samplers: list[Json] = []
        self.warnings: list[str] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._packs: dict[tuple[object, ...], Map | None] = {}
        self._kept: list[Map] = []  # what the ids in keys stand for must not be freed

    def add(self, surface: Surface) -> int:
        """The number of the new material."""
        pbr: Json = {
            "baseColorFactor": [*_clipped(surface.colour), _clip(surface.alpha)],
            "metallicFactor": _clip(surface.metallic),
            "roughnessFactor": _clip(surface.roughness),
        }
        material: Json = {"name": surface.name, "pbrMetallicRoughness": pbr}
        self._add_colour(surface, material, pbr)
        self._add_metal(surface, pbr)
        self._add_emission(surface, material)
        if bumps := self._info(surface.normal_map):
            scale = surface.normal_scale
            material["normalTexture"] = {**bumps, **({} if scale == 1 else {"scale": scale})}
        if occlusion := surface.occlusion_map:
            shade = self._packed((None, None, occlusion), partial(grey, occlusion), surface)
            material |= {"occlusionTexture": self._info(shade)} if shade else {}
        if surface.double_sided:
            material["doubleSided"] = True
        if surface.extensions:
            material["extensions"] = {**material.get("extensions", {}), **surface.extensions}
        self.materials.append(material)
        return len(self.materials) - 1

    @property
    def used(self) -> frozenset[str]:
        """The glTF extensions that the materials need."""
        infos = str(self.materials)
        names = {name for m in self.materials for name in m.get("extensions", {})}
        return frozenset(names | ({TRANSFORM} if TRANSFORM in infos else set()))

    def _add_colour(self, surface: Surface, material: Json, pbr: Json) -> None:
        base, opacity = surface.colour_map, surface.alpha_map
        mode = "BLEND" if surface.alpha < OPAQUE_ABOVE else "OPAQUE"
        if opacity is not None:
            values = self._safely(opacity.values, surface)
            if values is not None and int(values.min()) < 255 * OPAQUE_ABOVE:
                native = base is not None and base.image is opacity.image
                if not (native and opacity.channel == ALPHA and not opacity.inverted):
                    pack = partial(with_alpha, base, opacity)
                    base = self._packed((base, opacity), pack, surface) or base
                mode = "MASK" if mode == "OPAQUE" and is_cut_out(values) else "BLEND"
        if info := self._info(base):
            pbr["baseColorTexture"] = info
        if surface.cutoff is not None and mode != "OPAQUE":
            mode, material["alphaCutoff"] = "MASK", surface.cutoff
        if mode != "OPAQUE":
            material["alphaMode"] = mode

    def _add_metal(self, surface: Surface, pbr: Json) -> None:
        rough, metal = surface.roughness_map, surface.metallic_map
        if rough is None and metal is None:
            return
        native = rough is not None and rough.channel == GREEN and not rough.inverted
        if metal is None:
            native = native and surface.metallic == 0  # else blue would be read as metal
        else:
            shared = rough is not None and rough.image is metal.image
            native = native and shared and metal.channel == BLUE and not metal.inverted
        packed = rough or metal
        if not native:
            pack = partial(metal_rough, rough, metal)
            packed = self._packed((None, rough, metal), pack, surface)
        if packed is not None:
            pbr["metallicRoughnessTexture"] = self._info(packed)

    def _add_emission(self, surface: Surface, material: Json) -> None:
        strength = max(1.0, *surface.emissive)
        factor = [_clip(c / strength) for c in surface.emissive]
        if info := self._info(surface.emissive_map):
            material["emissiveTexture"] = info
        if any(factor):
            material["emissiveFactor"] = factor
        if any(factor) and strength > 1:
            extension = {"emissiveStrength": strength}
            material["extensions"] = {"KHR_materials_emissive_strength": extension}

    def _info(self, shown: Map | None) -> Json:
        """A textureInfo, or nothing."""
        if shown is None:
            return {}
        info: Json = {"index": self._texture(shown)}
        if shown.uv:
            info["texCoord"] = shown.uv
        if shown.transform:
            info["extensions"] = {TRANSFORM: shown.transform}
        return info

    def _texture(self, shown: Map) -> int:
        key = ("texture", id(shown.image), shown.wrap)
        if key not in self._numbers:
            self._kept.append(shown)
            self.textures.append(Texture(self._image(shown.image), self._sampler(shown.wrap)))
            self._numbers[key] = len(self.textures) - 1
        return self._numbers[key]

    def _image(self, image: Image) -> int:
        key = ("image", id(image))
        if key not in self._numbers:
            self.images.append(image)
            self._numbers[key] = len(self.images) - 1
        return self._numbers[key]

    def _sampler(self, wrap: tuple[int, int]) -> int:
        sampler = {"magFilter": 9729, "minFilter": 9987, "wrapS": wrap[0], "wrapT": wrap[1]}
        if sampler not in self.samplers:
            self.samplers.append(sampler)
        return self.samplers.index(sampler)

    def _packed(
        self, shown: tuple[Map | None, ...], pack: Callable[[], Map], by: Surface
    ) -> Map | None:
        """Several maps as one, made once however many surfaces show it. None: they are damaged."""
        maps = [m for m in shown if m is not None]
        key = tuple(m and (id(m.image), m.channel, m.inverted) for m in shown)
        if key not in self._packs:
            self._kept += maps
            self._packs[key] = self._safely(pack, by)
        made = self._packs[key]
        return made and replace(made, uv=maps[0].uv, transform=maps[0].transform, wrap=maps[0].wrap)

    def _safely(self, make: Callable[[], Made], surface: Surface) -> Made | None:
        try:
            return make()
        except (InvalidModel, UnsupportedModel) as error:
            self.warnings.append(f"{error} Material {surface.name!r} is converted without it.")
            return None


def to_linear(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in 0–1 as linear light. Source: IEC 61966-2-1."""
    colour = np.clip(colour, 0, 1)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def linear(colour: Three) -> Three:
    r, g, b = to_linear(np.array(colour, np.float64)).tolist()
    return r, g, b


def roughness_of_shininess(exponent: float) -> float:
    """Blinn-Phong's exponent as GGX roughness. Source: Karis 2013, "Real Shading in UE4"."""
    return float((2 / (max(0.0, exponent) + 2)) ** 0.5)


def _clip(number: float) -> float:
    return float(min(1.0, max(0.0, number)))


def _clipped(colour: Three) -> list[float]:
    return [_clip(c) for c in colour]
