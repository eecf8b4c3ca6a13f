"""Pixels as WebP."""

import io

import imagecodecs
from PIL import Image as Pillow

from assets_pipeline.writers.codec import WEBP, Codec, Pixels

LARGEST = 16383  # pixels a side: the format has 14 bits


def encode(pixels: Pixels, quality: int, role: str = "colour", *, method: int = 5) -> bytes:
    """On sample textures method 5 was 5 % smaller than 4 in the same time; 6 took 1.9 times that
    for 1 %."""
    stream = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    picture = picture.convert("RGB") if picture.mode == "L" else picture
    picture.save(stream, "WEBP", quality=quality, alpha_quality=90, method=method)
    return stream.getvalue()


def decode(content: bytes) -> Pixels:
    pixels: Pixels = imagecodecs.webp_decode(content)
    return pixels


CODEC = Codec(WEBP, encode, decode,
    overhead=44, lowest=20, highest=99,
    usual={"colour": 80, "normal": 86, "data": 50}, slope=0.015,
)  # fmt: skip
