"""Pixels as JPEG and PNG: what every glTF 2.0 loader reads."""

import io

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFile

from assets_pipeline.writers.codec import JPEG, Codec, Pixels


def jpeg(pixels: Pixels, quality: int, role: str) -> bytes:
    stream = io.BytesIO()
    # Pillow guesses a buffer of a byte per pixel, which fine noise outgrows: "broken data stream".
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * pixels.shape[0] * pixels.shape[1])
    # Normals and packed data have no colour to blur: all three channels at full size.
    sampling = "4:2:0" if role == "colour" else "4:4:4"
    Pillow.fromarray(pixels).save(
        stream, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=sampling
    )
    return stream.getvalue()


def png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def decode(content: bytes) -> Pixels:
    with Pillow.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as opened:
        return np.asarray(opened)


CODEC = Codec(JPEG, jpeg, decode,
    overhead=320, lowest=40, highest=98,
    usual={"colour": 70, "normal": 65, "data": 50}, slope=0.025,
)  # fmt: skip
