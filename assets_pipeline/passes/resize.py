"""Textures no larger than a device can show."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Model

Pixels = NDArray[np.uint8]
Size = tuple[int, int]  # width, height
SMALLEST_BLOCK = 4  # pixels: GPUs compress 4 × 4 of them together
NEARLY = 0.8  # of the next power of two: enlarging to it costs less than halving loses


@dataclass(frozen=True)
class ResizeTextures:
    """Shrink decoded images whose longer side is above `max_size` pixels.

    With `power_of_two` each side becomes the power below it, or above it where that is near: what
    block compression and all mip levels need. Else nothing is ever enlarged.

    Colour is averaged as light (its mean in sRGB is too dark), which is also how GPUs make mip
    levels; normals get their length back.
    """

    max_size: int
    power_of_two: bool = False

    def __call__(self, model: Model) -> Model:
        slots = image_slots(model)
        images = (self.resize(image, role(slots[i])) for i, image in enumerate(model.images))
        return replace(model, images=tuple(images))

    def resize(self, image: Image, role: str) -> Image:
        """`role` as materials tell it: normal, colour or data. Needs nothing of a model, so that
        each picture can be made small as soon as it is decoded."""
        if image.pixels is None:
            return image
        size = self.size(image.width, image.height)
        if size == (image.width, image.height):
            return image
        return image.with_pixels(resized(image.pixels, size, role))

    def size(self, width: int, height: int) -> Size:
        scale = min(1.0, self.max_size / max(width, height))
        if self.power_of_two:
            return _power(width * scale), _power(height * scale)
        return max(1, round(width * scale)), max(1, round(height * scale))


def resized(pixels: Pixels, size: Size, role: str) -> Pixels:
    if role == "colour":
        return _resized_light(pixels, size)
    small = np.asarray(Pillow.fromarray(pixels).resize(size, Pillow.Resampling.LANCZOS))
    return unit_normals(small) if role == "normal" else small


def unit_normals(pixels: Pixels) -> Pixels:
    """A normal map whose vectors have length one again; averaging had shortened them."""
    if pixels.ndim != 3:
        return pixels
    vectors = pixels[..., :3].astype(np.float32) / 127.5 - 1
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    fixed = pixels.copy()
    fixed[..., :3] = np.round((vectors + 1) * 127.5).clip(0, 255)
    return fixed


def _resized_light(pixels: Pixels, size: Size) -> Pixels:
    """Channel by channel, in float: light in 8 bits has no dark tones left. Alpha as it is."""
    planes = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, 2, 0))
    done = [_light_plane(plane, size) for plane in planes[:3]]
    done += [
        np.asarray(Pillow.fromarray(plane).resize(size, Pillow.Resampling.LANCZOS))
        for plane in planes[3:]
    ]
    return done[0] if pixels.ndim == 2 else np.stack(done, axis=2)


def _light_plane(plane: Pixels, size: Size) -> Pixels:
    light = Pillow.fromarray(LIGHT[plane])
    # A box filter takes the first step of a long way: a fifth of the time, and no visible loss.
    small = np.asarray(light.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0))
    return SRGB[(small.clip(0, 1) * (len(SRGB) - 1)).astype(np.uint16)]


def _power(side: float) -> int:
    power = 1 << math.ceil(math.log2(max(1.0, side)))
    return max(SMALLEST_BLOCK, power if side >= NEARLY * power else power // 2)


def _light(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Linear light of sRGB values from 0 to 1. Source: IEC 61966-2-1."""
    bright = ((values + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, bright).astype(np.float32)


LIGHT = _light(np.arange(256) / 255)  # of each 8-bit value
# The way back, by light in 16 bits: the darkest step of sRGB is twenty of those.
SRGB = np.searchsorted(_light((np.arange(255) + 0.5) / 255), np.arange(65536) / 65535).astype(
    np.uint8
)
