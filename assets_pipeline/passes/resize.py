"""Textures no larger than a device can show."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Model


@dataclass(frozen=True)
class ResizeTextures:
    """Shrink decoded images whose longer side is above `max_size` pixels; never enlarge."""

    max_size: int

    def __call__(self, model: Model) -> Model:
        slots = image_slots(model)
        images = (
            self.shrink(image, role(slots[i]) == "normal") for i, image in enumerate(model.images)
        )
        return replace(model, images=tuple(images))

    def shrink(self, image: Image, normals: bool) -> Image:
        longest = max(image.width, image.height)
        if image.pixels is None or longest <= self.max_size:
            return image
        size = (
            max(1, round(image.width * self.max_size / longest)),
            max(1, round(image.height * self.max_size / longest)),
        )
        small = np.asarray(Pillow.fromarray(image.pixels).resize(size, Pillow.Resampling.LANCZOS))
        return image.with_pixels(unit_normals(small) if normals else small)


def unit_normals(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A normal map whose vectors have length one again; averaging had shortened them."""
    if pixels.ndim != 3:
        return pixels
    vectors = pixels[..., :3].astype(np.float32) / 127.5 - 1
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    fixed = pixels.copy()
    fixed[..., :3] = np.round((vectors + 1) * 127.5).clip(0, 255)
    return fixed
