"""Pixels as AVIF."""

import imagecodecs
import numpy as np

from assets_pipeline.writers.codec import AVIF, Codec, Pixels

# Of 0 to 10, where 0 is the slowest and 9 as fast as 10. At 8 2048 × 2048 takes 0.2–0.6 s on one
# thread. 9 takes a half to a third of that and has the same error for the same quality: colour is
# 0–6 % larger, smooth data up to half, which is little of the whole. Normals err more there.
SPEED, NORMAL_SPEED = 9, 8
# Normals and data as R G B themselves (the identity matrix): a conversion to luma would round
# them, and Pillow's own tilts flat normals by up to 1.4 of 255 at every quality.
# (By number: imagecodecs calls these 444 and 420, and since 2026.10 YUV444 and YUV420.)
EXACT = (imagecodecs.AVIF.PIXEL_FORMAT.YUV444, 0)
COLOUR = (imagecodecs.AVIF.PIXEL_FORMAT.YUV420, 1)  # full chroma: 3 % more bytes, 20 % more time


def encode(pixels: Pixels, quality: int, role: str) -> bytes:
    """Grey goes as colour without any: 20 % faster than Pillow's own grey, and as small."""
    grey = pixels.ndim == 2
    layout, matrix = COLOUR if grey or role == "colour" else EXACT
    whole = np.repeat(pixels[..., None], 3, axis=2) if grey else np.ascontiguousarray(pixels)
    speed = NORMAL_SPEED if role == "normal" else SPEED
    return bytes(
        imagecodecs.avif_encode(
            whole,
            level=quality,
            speed=speed,
            pixelformat=layout,
            matrix=matrix,
            numthreads=1,
        )
    )


def decode(content: bytes) -> Pixels:
    pixels: Pixels = imagecodecs.avif_decode(content, numthreads=1)
    return pixels


CODEC = Codec(AVIF, encode, decode,
    overhead=310, lowest=20, highest=97,
    usual={"colour": 56, "normal": 43, "data": 32}, slope=0.042,
)  # fmt: skip
