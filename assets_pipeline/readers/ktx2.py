"""KTX2 textures of the kind that glTF allows: one picture, in Basis Universal's formats.

The header is checked before anything is unpacked: what it counts decides what memory is spent.
Source: KTX File Format Specification 2.0; KHR_texture_basisu.
"""

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline import basisu
from assets_pipeline.basisu import BasisFailed
from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.programs import MissingProgram
from assets_pipeline.readers.limits import Limits

START = 12  # after the identifier
HEADER = struct.Struct("<9I")
INDEX = struct.Struct("<4I2Q")  # where descriptor, key-values and global data are, and how long
LEVEL = struct.Struct("<3Q")  # offset, length, length when unpacked
LEVELS = START + HEADER.size + INDEX.size
ETC1S, UASTC = 163, 166  # colour models
BASIS_LZ, ZSTANDARD = 1, 2
SCHEMES = {ETC1S: (BASIS_LZ,), UASTC: (0, ZSTANDARD)}
DESCRIPTOR = 4 + 24  # bytes before its samples
SAMPLE = 16
ALPHA_CHANNELS = (3, 5)  # UASTC's RGBA and RRRG
BLOCK = 16  # bytes that UASTC takes for 4 × 4 pixels


@dataclass(frozen=True)
class Header:
    width: int
    height: int
    alpha: bool


def header(data: bytes, where: str, limits: Limits) -> Header:
    """Raises InvalidModel, UnsupportedModel or TooLarge, naming `where`."""
    try:
        fields = HEADER.unpack_from(data, START)
        index = INDEX.unpack_from(data, START + HEADER.size)
    except struct.error as error:
        raise InvalidModel(reason=f"{where} ends within its header") from error
    vk_format, _, width, height, depth, layers, faces, levels, scheme = fields
    if vk_format or depth or layers or faces != 1:
        raise UnsupportedModel(
            found=f"{where} is a KTX2 texture of a kind that glTF does not allow",
            remedy="Export it with PNG, JPEG, WebP or Basis Universal textures.",
        )
    limits.check(f"Pixels in {where}", width * height, limits.image_pixels)
    if not width or not height or levels > max(width, height).bit_length():
        raise InvalidModel(reason=f"{where} counts {levels} levels of {width} × {height} pixels")
    for start, length in (index[0:2], index[2:4], index[4:6]):
        _inside(start, length, data, where)
    model, alpha = _descriptor(data[index[0] : index[0] + index[1]], where)
    if scheme not in SCHEMES.get(model, ()):
        raise InvalidModel(reason=f"{where} is compressed in a way that does not exist")
    _check_levels(data, max(1, levels), (width, height), model, where)
    return Header(width, height, alpha)


def decode(data: bytes, where: str, limits: Limits) -> NDArray[np.uint8]:
    """RGB or RGBA. Raises InvalidModel or, where basisu is missing, UnsupportedModel."""
    found = header(data, where, limits)
    try:
        png = basisu.unpack(data, alpha=found.alpha)
    except MissingProgram as missing:
        raise UnsupportedModel(found=f"{where} is a KTX2 texture", remedy=str(missing)) from missing
    except BasisFailed as failed:
        raise InvalidModel(reason=f"{where} is damaged: {failed}") from failed
    with Pillow.open(io.BytesIO(png), formats=["PNG"]) as opened:
        pixels = np.asarray(opened.convert("RGBA" if found.alpha else "RGB"))
    if pixels.shape[:2] != (found.height, found.width):
        raise InvalidModel(reason=f"{where} holds another size than it says")
    return pixels


def _descriptor(block: bytes, where: str) -> tuple[int, bool]:
    """Colour model, and whether there is alpha."""
    samples = (len(block) - DESCRIPTOR) // SAMPLE
    if samples < 1:
        raise InvalidModel(reason=f"{where} does not say what it holds")
    channel = block[DESCRIPTOR + 3] & 0xF
    alpha = samples > 1 if block[12] == ETC1S else channel in ALPHA_CHANNELS
    return block[12], alpha


def _check_levels(data: bytes, levels: int, size: tuple[int, int], model: int, where: str) -> None:
    for number in range(levels):
        try:
            start, length, unpacked = LEVEL.unpack_from(data, LEVELS + number * LEVEL.size)
        except struct.error as error:
            raise InvalidModel(reason=f"{where} ends within its list of levels") from error
        _inside(start, length, data, where)
        across, down = (-(-max(1, side >> number) // 4) for side in size)
        if model == UASTC and unpacked != across * down * BLOCK:
            raise InvalidModel(reason=f"{where} would unpack to another size than its own")


def _inside(start: int, length: int, data: bytes, where: str) -> None:
    if start + length > len(data):
        raise InvalidModel(reason=f"{where} points past its own end")
