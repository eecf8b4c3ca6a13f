"""Colour under transparent pixels, so that edges don't turn dark."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import image_slots
from assets_pipeline.model import Image, Model

Pixels = NDArray[np.uint8]
COVERAGE = {"baseColorTexture", "diffuseTexture"}  # slots whose alpha hides their colour


@dataclass(frozen=True)
class BleedColour:
    """Give fully transparent pixels the colour of what is visible next to them.

    Filters mix neighbours before alpha is looked at: mip levels, lossy codecs, resizing. The black
    that exporters leave there would show as a dark seam. Where alpha is a datum of its own, such
    as glossiness, nothing is hidden and nothing changes.
    """

    def __call__(self, model: Model) -> Model:
        slots = image_slots(model)
        images = (
            bled(image) if slots[i] and slots[i] <= COVERAGE else image
            for i, image in enumerate(model.images)
        )
        return replace(model, images=tuple(images))


def bled(image: Image) -> Image:
    """The source's file stays: it looks the same, and may yet be the smaller one."""
    pixels = image.pixels
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        return image
    visible = pixels[..., 3] > 0
    if visible.all() or not visible.any():
        return image
    colour = filled(pixels[..., :3], visible)
    return replace(image, pixels=np.concatenate([colour, pixels[..., 3:]], axis=2))


def filled(colour: Pixels, known: NDArray[np.bool_]) -> Pixels:
    """`colour` (height, width, 3), where not `known` taken from ever coarser means of what is."""
    if known.all() or min(known.shape) == 0 or max(known.shape) == 1:
        return colour
    coarse, coarsely = _halved(colour, known)
    below = filled(coarse, coarsely)
    height, width = known.shape
    wide = below.repeat(2, axis=0)[:height].repeat(2, axis=1)[:, :width]
    return np.where(known[..., None], colour, wide)


def _halved(colour: Pixels, known: NDArray[np.bool_]) -> tuple[Pixels, NDArray[np.bool_]]:
    """Means of the known ones of 2 × 2 pixels, and whether there are any."""
    height, width = known.shape
    total = np.zeros((-(-height // 2), -(-width // 2), 3), np.uint16)
    count = np.zeros(total.shape[:2], np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            part = known[row::2, column::2]
            rows, columns = part.shape
            total[:rows, :columns] += colour[row::2, column::2] * part[..., None]
            count[:rows, :columns] += part
    mean = (total + count[..., None] // 2) // np.maximum(count, 1)[..., None]
    return mean.astype(np.uint8), count > 0
