"""Pixels as AVIF."""

import io

import imagecodecs
import numpy as np
from PIL import Image as Pillow

from assets_pipeline.writers.codec import AVIF, Codec, Pixels

# Of 0 to 10, where 0 is the slowest. 2048 × 2048 takes 0.2–0.9 s on one thread. On textures of up
# to 1024 × 1024, 7 takes 1.8 times as long for 4 % less, 6 takes 2.7 times as long for 16 %; on
# larger ones 7 saves 2–4 %.
SPEED = 8
# Normals and data as R G B themselves (the identity matrix): a conversion to luma would round
# them, and Pillow's own tilts flat normals by up to 1.4 of 255 at every quality.
EXACT = ("444", 0)
COLOUR = ("420", 1)  # full-size chroma: 3 % more bytes, 20 % more time


def encode(pixels: Pixels, quality: int, role: str) -> bytes:
    if pixels.ndim == 2:
        return _grey(pixels, quality)
    layout, matrix = COLOUR if role == "colour" else EXACT
    whole = np.ascontiguousarray(pixels)
    return bytes(
        imagecodecs.avif_encode(
            whole, level=quality, speed=SPEED, pixelformat=layout, matrix=matrix, numthreads=1
        )
    )


def decode(content: bytes) -> Pixels:
    pixels: Pixels = imagecodecs.avif_decode(content, numthreads=1)
    return pixels


def _grey(pixels: Pixels, quality: int) -> bytes:
    """By Pillow, which is exact here: imagecodecs' files of one channel are ten times as large."""
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(
        stream, "AVIF", quality=quality, speed=SPEED, subsampling="4:0:0", max_threads=1
    )
    return stream.getvalue()


CODEC = Codec(AVIF, encode, decode,
    overhead=310, lowest=20, highest=97,
    usual={"colour": 56, "normal": 43, "data": 32}, slope=0.042,
)  # fmt: skip
