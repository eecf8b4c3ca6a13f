"""Colour under transparent pixels, so that edges don't turn dark."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import image_slots
from assets_pipeline.model import Image, Model

Pixels = NDArray[np.uint8]
STRIP = 256  # rows; even
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
        images = (bled(image, slots[i]) for i, image in enumerate(model.images))
        return replace(model, images=tuple(images))


def bled(image: Image, slots: set[str]) -> Image:
    """The source's file stays: it looks the same, and may yet be the smaller one."""
    pixels = image.pixels
    if pixels is None or pixels.shape[2:] != (4,) or not slots or not slots <= COVERAGE:
        return image
    visible = pixels[..., 3] > 0
    if visible.all() or not visible.any():
        return image
    pixels = pixels.copy()
    fill(pixels[..., :3], visible)
    return replace(image, pixels=pixels)


def fill(colour: Pixels, known: NDArray[np.bool_]) -> None:
    """Change `colour` (height, width, 3) where it is not `known`, to ever coarser means of what
    is. Strip by strip, because 8192 × 8192 pixels are large enough once."""
    if known.all() or max(known.shape) == 1:
        return
    coarse, coarsely = _halved(colour, known)
    fill(coarse, coarsely)
    for top in range(0, len(colour), STRIP):
        rows, unknown = colour[top : top + STRIP], ~known[top : top + STRIP, :, None]
        wide = coarse[top // 2 : (top + STRIP) // 2].repeat(2, axis=0)[: len(rows)]
        np.copyto(rows, wide.repeat(2, axis=1)[:, : colour.shape[1]], where=unknown)


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
