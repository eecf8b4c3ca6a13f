"""Pictures without what no material looks at."""

import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import CHANNELS, texture_infos
from assets_pipeline.model import Image, Json, Model

Pixels = NDArray[np.uint8]
NO_METAL = 4  # of 255: below what an 8-bit display shows of metal
FULL = 255


@dataclass(frozen=True)
class TidyTextures:
    """Make decoded images as simple as their use allows.

    Alpha goes where it is full or where no material reads it. A picture of which one channel is
    read becomes grey; other unread channels repeat a read one, so that a codec spends no colour
    on them. Metalness that is next to nothing everywhere becomes the factor 0.
    """

    def __call__(self, model: Model) -> Model:
        model = fold_metal(model)
        reads = channels_read(model)
        images = (tidy(image, reads[i]) for i, image in enumerate(model.images))
        return replace(model, images=tuple(images))


def channels_read(model: Model) -> list[set[str]]:
    """For each image the channels that some material reads, as letters R G B A."""
    reads: list[set[str]] = [set() for _ in model.images]
    for material in model.materials:
        opaque = material.get("alphaMode", "OPAQUE") == "OPAQUE"
        metal = material.get("pbrMetallicRoughness", {}).get("metallicFactor", 1.0)
        for slot, info in texture_infos(material):
            image = model.textures[info["index"]].image
            channels = set(CHANNELS.get(slot, "RGBA"))
            if slot == "baseColorTexture" and opaque:
                channels -= {"A"}
            if slot == "metallicRoughnessTexture" and metal == 0:
                channels -= {"B"}
            if image is not None:
                reads[image] |= channels
    return reads


def fold_metal(model: Model) -> Model:
    """Set metallicFactor to 0 in materials whose metal picture is next to black everywhere."""
    dark = {
        i
        for i, image in enumerate(model.images)
        if image.pixels is not None and _blue(image.pixels) <= NO_METAL
    }

    def change(material: Json) -> Json:
        pbr = material.get("pbrMetallicRoughness", {})
        info = pbr.get("metallicRoughnessTexture")
        if info is None or model.textures[info["index"]].image not in dark:
            return material
        mine = copy.copy(material)
        mine["pbrMetallicRoughness"] = {**pbr, "metallicFactor": 0.0}
        return mine

    return replace(model, materials=tuple(map(change, model.materials)))


def tidy(image: Image, read: set[str]) -> Image:
    """The image with its pixels reduced to the channels that are read."""
    pixels = image.pixels
    if pixels is None or not read:
        return image
    # The source's bytes stay: they show the same where it is read, and may yet be the smaller file.
    return replace(image, pixels=simplify(pixels, read))


def simplify(pixels: Pixels, read: set[str]) -> Pixels:
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 4 and ("A" not in read or pixels[..., 3].min() == FULL):
        pixels = pixels[..., :3]
    colours = [c for c in "RGB" if c in read]
    if pixels.shape[2] == 4:
        return pixels
    if len(colours) == 1:
        return np.ascontiguousarray(pixels[..., "RGB".index(colours[0])])
    if len(colours) == 2:
        stand_in = colours[0] if "B" not in colours else "G" if "G" in colours else "R"
        pixels = pixels.copy()
        (unread,) = set("RGB") - set(colours)
        pixels[..., "RGB".index(unread)] = pixels[..., "RGB".index(stand_in)]
        return pixels
    if (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all():
        return np.ascontiguousarray(pixels[..., 0])
    return np.ascontiguousarray(pixels)


def _blue(pixels: Pixels) -> int:
    return int((pixels if pixels.ndim == 2 else pixels[..., 2]).max())
