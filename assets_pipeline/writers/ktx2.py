"""Pixels as KTX2 with all their mip levels, which a GPU keeps compressed in its memory."""

import io

import numpy as np
from PIL import Image as Pillow

from assets_pipeline import basisu
from assets_pipeline.writers.codec import Pixels

# Normals as UASTC; ETC1S, a twentieth of the bytes, shows blocks in a highlight. Level 0 with a
# dictionary of 512 bytes: 1024 × 1024 takes 1.2 s and 115 KB, level 1 with the default one 16 s
# and 110 KB. No level of it flips a picture: glTF's first row is KTX2's.
NORMALS = ("-uastc", "-uastc_level", "0", "-uastc_rdo_l", "3", "-uastc_rdo_d", "512",
           "-uastc_rdo_m", "-ktx2_zstandard_level", "18", "-linear", "-mip_renorm")  # fmt: skip
COLOUR = ("-q", "255")  # at 128, two thirds of the bytes, a blue shoe has green blotches
DATA = ("-q", "128", "-linear")


def encode(pixels: Pixels, role: str) -> bytes:
    """Sides have to be multiples of four: KHR_texture_basisu asks for it.

    Raises MissingProgram or BasisFailed.
    """
    options = {"normal": NORMALS, "colour": COLOUR, "data": DATA}[role]
    return basisu.compress(_png(pixels), (*options, "-mipmap"))


def _png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
