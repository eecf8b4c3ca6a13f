"""Texture files: what they are and how large, told before anything is decoded."""

import io
import struct
from dataclasses import replace

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Image
from assets_pipeline.readers import ktx2
from assets_pipeline.readers.limits import Limits
from assets_pipeline.readers.sniff import sniff

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif",
           "BMP": "image/bmp", "TGA": "image/x-tga"}  # fmt: skip
KTX2 = "image/ktx2"
RGB, RGBA = 2, 6  # PNG's numbers of colour types
Pixels = NDArray[np.uint8]
Pillow.MAX_IMAGE_PIXELS = None  # Limits.image_pixels is stricter, and can tell the true count


def picture(data: bytes, where: str, limits: Limits) -> Image:
    """An undecoded Image. Raises InvalidModel, UnsupportedModel or TooLarge, naming `where`.

    UnsupportedModel is for KTX2 of a kind that glTF does not allow.
    """
    if sniff(data[:64], len(data)) == KTX2:
        found = ktx2.header(data, where, limits)
        return Image(data=data, mime=KTX2, width=found.width, height=found.height)
    try:
        with Pillow.open(io.BytesIO(data), formats=list(FORMATS)) as opened:
            (width, height), form = opened.size, opened.format or ""
    except (OSError, ValueError, SyntaxError, RuntimeError) as error:
        raise InvalidModel(reason=f"{where} is not a picture that can be read") from error
    limits.check(f"Pixels in {where}", width * height, limits.image_pixels)
    return Image(data=data, mime=FORMATS[form], width=width, height=height)


def decode(image: Image, where: str, limits: Limits | None = None) -> Image:
    """The image with its pixels as 8-bit grey, RGB or RGBA. Raises InvalidModel, naming `where`,
    and UnsupportedModel for KTX2 where basisu is missing.

    Colour profiles and orientation tags are ignored, as glTF 2.0 section 3.8.3 asks.
    """
    if image.pixels is not None:
        return image
    if image.mime == KTX2:
        pixels = ktx2.decode(image.data, where, limits or Limits())
    else:
        pixels = _decoded(image.data, where)
    height, width = pixels.shape[:2]
    return replace(image, pixels=pixels, width=width, height=height)


def _decoded(data: bytes, where: str) -> Pixels:
    try:
        depth, kind = _png_layout(data)
        if depth == 16:
            return _eight_bits(imagecodecs.png_decode(data))
        if depth == 8 and kind in (RGB, RGBA) and not _has_colour_key(data):
            pixels: Pixels = imagecodecs.spng_decode(data)  # twice as fast as Pillow
            return pixels
        with Pillow.open(io.BytesIO(data), formats=list(FORMATS)) as opened:
            return _to_array(opened)
    except (OSError, ValueError, SyntaxError, RuntimeError) as error:
        raise InvalidModel(reason=f"{where} is damaged: {error}") from error


def _to_array(opened: Pillow.Image) -> Pixels:
    if opened.mode in ("1", "L") and "transparency" not in opened.info:
        return np.asarray(opened.convert("L"))
    transparent = opened.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in opened.info
    return np.asarray(opened.convert("RGBA" if transparent else "RGB"))


def _eight_bits(pixels: NDArray[np.uint16]) -> Pixels:
    """The nearest of 256 values; Pillow takes the upper byte, which is half a step too dark. By
    rows, because the sum needs 32 bits."""
    small = np.empty_like(pixels, dtype=np.uint8)
    for number, row in enumerate(pixels):
        small[number] = (row.astype(np.uint32) * 255 + 32895) >> 16
    channels = small.shape[2] if small.ndim == 3 else 1
    if channels == 1:
        return small.reshape(small.shape[:2])
    return np.ascontiguousarray(small[..., [0, 0, 0, 1]]) if channels == 2 else small


def _png_layout(data: bytes) -> tuple[int, int]:
    """Bits per channel and colour type; zeros where it is no PNG."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 26:
        return 0, 0
    return data[24], data[25]


def _has_colour_key(data: bytes) -> bool:
    """Whether a tRNS chunk comes before the pixels: a colour that stands for transparency."""
    position = 8
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if name in (b"tRNS", b"IDAT"):
            return bool(name == b"tRNS")
        position += length + 12
    return False
