"""Texture coordinates as whole numbers of steps, undone by KHR_texture_transform."""

import math
from dataclasses import replace

import numpy as np

from assets_pipeline.materials import (
    CHANNELS,
    TRANSFORM,
    change_texture_infos,
    texture_coordinates,
    texture_infos,
)
from assets_pipeline.model import Image, Json, Model, Primitive, Values
from assets_pipeline.passes.grids import MOST_STEPS

USUAL, SMALLEST, LARGEST = 2048, 256, 2.0**40  # pixels of a texture's longer side, tiles counted


def quantize_uv(model: Model, bits: int) -> Model:
    """Texture coordinates in steps of 2^-bits, undone by every material's texture transform."""
    infos = [pair for material in model.materials for pair in texture_infos(material)]
    unknown = any(slot not in CHANNELS for slot, _ in infos)
    steps = {}
    for number in {texture_coordinates(info) for _, info in infos}:
        finer = bits + finer_bits(model, number)
        step = None if unknown else _uv_step(model, f"TEXCOORD_{number}", finer)
        if step is not None:
            steps[number] = step
    if not steps:
        return model

    def scale(_: str, info: Json) -> None:
        step = steps.get(texture_coordinates(info))
        if step is not None:
            transform = info.setdefault("extensions", {}).setdefault(TRANSFORM, {})
            u, v = transform.get("scale", (1.0, 1.0))
            # Scale acts before rotation and offset, so these stay as they are.
            transform["scale"] = [u * step, v * step]

    def snap(primitive: Primitive) -> Primitive:
        attributes = dict(primitive.attributes)
        for number, step in steps.items():
            if (name := f"TEXCOORD_{number}") in attributes:
                whole = np.round(attributes[name].floats().astype(np.float64) / step)
                small = np.int16 if whole.size and whole.min() < 0 else np.uint16
                attributes[name] = Values(whole.astype(small), "VEC2")
        return replace(primitive, attributes=attributes)

    return replace(
        model.map_primitives(snap),
        materials=tuple(change_texture_infos(m, scale) for m in model.materials),
        used=model.used | {TRANSFORM},
        required=model.required | {TRANSFORM},
    )


def finer_bits(model: Model, number: int) -> int:
    """By how many bits the textures of a coordinate set are larger than 2048 pixels, tiles counted.

    Below zero where they are smaller.
    """
    widest = 0.0
    for material in model.materials:
        for _, info in texture_infos(material):
            if texture_coordinates(info) == number:
                image = model.textures[info["index"]].image
                size = USUAL if image is None else _size(model.images[image])
                scale = info.get("extensions", {}).get(TRANSFORM, {}).get("scale", (1, 1))
                widest = max(widest, size * max(map(abs, scale)))
    return round(math.log2(min(max(widest, SMALLEST), LARGEST) / USUAL))


def _size(image: Image) -> int:
    return max(image.width, image.height) or USUAL


def _uv_step(model: Model, name: str, bits: int) -> float | None:
    """2^-bits, or twice that where not all coordinates of the set fit, or None."""
    if any(name in target for p in model.primitives for target in p.targets):
        return None
    arrays = [p.attributes[name].floats() for p in model.primitives if name in p.attributes]
    arrays = [array for array in arrays if len(array)]
    if not arrays:
        return None
    low, high = min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)
    most = 32767 if low < 0 else MOST_STEPS
    for finer in (bits, bits - 1):
        if max(-low, high) * 2.0**finer <= most:
            return float(2.0**-finer)
    return None
