"""Texture files: what they are and how large, told before anything is decoded."""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.model import Image
from assets_pipeline.readers.limits import Limits
from assets_pipeline.readers.sniff import sniff

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif",
           "BMP": "image/bmp", "TGA": "image/x-tga"}  # fmt: skip
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I")
Pillow.MAX_IMAGE_PIXELS = None  # Limits.image_pixels is stricter, and can tell the true count


def picture(data: bytes, where: str, limits: Limits) -> Image:
    """An undecoded Image. Raises InvalidModel, UnsupportedModel or TooLarge, naming `where`."""
    if sniff(data[:64], len(data)) == "image/ktx2":
        raise UnsupportedModel(
            found=f"{where} is a KTX2 texture", remedy="Export it with PNG, JPEG or WebP textures."
        )
    try:
        with Pillow.open(io.BytesIO(data), formats=list(FORMATS)) as opened:
            (width, height), form = opened.size, opened.format or ""
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidModel(reason=f"{where} is not a picture that can be read") from error
    limits.check(f"Pixels in {where}", width * height, limits.image_pixels)
    return Image(data=data, mime=FORMATS[form], width=width, height=height)


def decode(image: Image, where: str) -> Image:
    """The image with its pixels as 8-bit grey, RGB or RGBA. Raises InvalidModel, naming `where`.

    Colour profiles and orientation tags are ignored, as glTF 2.0 section 3.8.3 asks.
    """
    if image.pixels is not None:
        return image
    try:
        with Pillow.open(io.BytesIO(image.data), formats=list(FORMATS)) as opened:
            pixels = _to_array(opened)
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidModel(reason=f"{where} is damaged: {error}") from error
    height, width = pixels.shape[:2]
    return replace(image, pixels=pixels, width=width, height=height)


def _to_array(opened: Pillow.Image) -> NDArray[np.uint8]:
    if opened.mode in SIXTEEN_BIT:
        return (np.asarray(opened).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
    if opened.mode in ("1", "L"):
        return np.asarray(opened.convert("L"))
    transparent = opened.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in opened.info
    return np.asarray(opened.convert("RGBA" if transparent else "RGB"))
