"""KTX2 by basisu, where it is installed."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline import basisu, programs
from assets_pipeline.basisu import BasisFailed
from assets_pipeline.measure.ssim import psnr
from assets_pipeline.model import Image, Model
from assets_pipeline.writers import ktx2
from assets_pipeline.writers.codec import Pixels
from assets_pipeline.writers.twins import twin_pictures
from tests.assets_pipeline.writers.test_search import hills

try:
    programs.basisu()
except programs.MissingProgram as missing:
    pytest.skip(str(missing), allow_module_level=True)

ETC1S, UASTC = 163, 166  # colour models of the data format descriptor
LINEAR, SRGB = 1, 2  # its transfer functions


def descriptor(content: bytes) -> tuple[int, int]:
    """Colour model and transfer function."""
    (offset,) = struct.unpack_from("<I", content, 48)
    block = content[offset + 4 :]
    return block[8], block[10]


def decoded(content: bytes, *, alpha: bool = False) -> Pixels:
    return np.asarray(Pillow.open(io.BytesIO(basisu.unpack(content, alpha=alpha))))


def test_colour_is_etc1s_in_srgb_and_normals_are_uastc_in_linear_space() -> None:
    pixels = hills(noise=4)
    assert descriptor(ktx2.encode(pixels, "colour")) == (ETC1S, SRGB)
    assert descriptor(ktx2.encode(pixels, "data")) == (ETC1S, LINEAR)
    assert descriptor(ktx2.encode(pixels, "normal")) == (UASTC, LINEAR)


def test_all_mip_levels_are_there() -> None:
    content = ktx2.encode(hills()[:64], "colour")
    width, height, _, _, _, levels = struct.unpack_from("<6I", content, 20)
    assert (width, height, levels) == (128, 64, 8)


@pytest.mark.parametrize("role", ["colour", "data", "normal"])
def test_a_picture_comes_back_the_right_way_up(role: str) -> None:
    pixels = hills(noise=0)
    pixels[:32] //= 4
    assert psnr(decoded(ktx2.encode(pixels, role)), pixels) > 30


def test_alpha_comes_back() -> None:
    pixels = hills(channels=4, noise=0)
    assert psnr(decoded(ktx2.encode(pixels, "colour"), alpha=True), pixels) > 28


def test_the_same_picture_gives_the_same_file() -> None:
    pixels = hills()
    assert ktx2.encode(pixels, "normal") == ktx2.encode(pixels, "normal")


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    basisu.unpack(ktx2.encode(hills(), "colour"), alpha=False)
    with pytest.raises(BasisFailed):
        basisu.unpack(b"no texture", alpha=False)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_one_that_takes_too_long_is_ended() -> None:
    with pytest.raises(BasisFailed, match=r"more than 0\.001 s"):
        basisu.unpack(ktx2.encode(hills(), "colour"), alpha=False, seconds=0.001)


def test_a_twin_shows_what_a_ktx2_file_shows() -> None:
    pixels = hills(noise=0)
    model = Model(images=(Image(b"", "", 128, 128, pixels),))
    file = (ktx2.encode(pixels, "colour"), "image/ktx2")
    assert twin_pictures([file], model) == [file]
    ((content, media_type),) = twin_pictures([file], model, ktx2=True)
    assert media_type == "image/png"
    assert psnr(np.asarray(Pillow.open(io.BytesIO(content))), pixels) > 28
