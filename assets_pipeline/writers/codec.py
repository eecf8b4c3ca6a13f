"""What a lossy picture format has to offer for its quality to be searched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (height, width) grey, or (height, width, 3 or 4)

AVIF, WEBP, KTX2 = "image/avif", "image/webp", "image/ktx2"
JPEG, PNG = "image/jpeg", "image/png"


@dataclass(frozen=True)
class Codec:
    """`encode(pixels, quality, role)` gives a file, `decode(file)` pixels of the same shape.

    `overhead` is what a file weighs before its first pixel, in bytes: a mosaic's file is so small
    that it matters there.
    """

    media_type: str
    encode: Callable[[Pixels, int, str], bytes]
    decode: Callable[[bytes], Pixels]
    overhead: int
    lowest: int  # quality, the encoder's own number
    highest: int
    usual: Mapping[str, int] = field(hash=False)  # what a role's pictures mostly turn out to need
    slope: float  # by which log error falls with each step of quality


def like(pixels: Pixels, model: Pixels) -> Pixels:
    """Decoded pixels with the channels that `model` has: grey comes back as three equal ones."""
    if model.ndim == 2 and pixels.ndim == 3:
        return np.ascontiguousarray(pixels[..., 1])
    if model.ndim == 3 and pixels.ndim == 2:
        return np.repeat(pixels[..., None], model.shape[2], axis=2)
    if model.ndim == 3 and pixels.shape[2] < model.shape[2]:  # full alpha is left out by encoders
        return np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
    return pixels
