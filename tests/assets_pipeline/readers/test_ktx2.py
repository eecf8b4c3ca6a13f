"""KTX2 textures are checked before they are unpacked, and shown like any other picture."""

import struct
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline import programs
from assets_pipeline.errors import InvalidModel, PipelineError, TooLarge, UnsupportedModel
from assets_pipeline.measure.ssim import psnr
from assets_pipeline.programs import MissingProgram
from assets_pipeline.readers import Limits, ktx2, read
from assets_pipeline.readers.pictures import decode, picture
from assets_pipeline.writers import ktx2 as writer
from tests.assets_pipeline.examples import picture as example_picture
from tests.assets_pipeline.examples import square
from tests.assets_pipeline.writers.test_search import hills

try:
    programs.basisu()
except MissingProgram as missing:
    pytest.skip(str(missing), allow_module_level=True)

PIXELS = hills(channels=4, noise=0)
COLOUR = writer.encode(PIXELS, "colour")
NORMALS = writer.encode(np.ascontiguousarray(PIXELS[..., :3]), "normal")


def changed(data: bytes, offset: int, form: str, value: int) -> bytes:
    return data[:offset] + struct.pack(form, value) + data[offset + struct.calcsize(form) :]


def test_a_texture_is_told_by_its_header() -> None:
    assert ktx2.header(COLOUR, "Image 0", Limits()) == ktx2.Header(128, 128, alpha=True)
    assert ktx2.header(NORMALS, "Image 0", Limits()) == ktx2.Header(128, 128, alpha=False)


def test_its_pixels_are_those_that_were_encoded() -> None:
    for data, original in ((COLOUR, PIXELS), (NORMALS, PIXELS[..., :3])):
        found = decode(picture(data, "Image 0", Limits()), "Image 0")
        assert found.pixels is not None
        assert psnr(found.pixels, original) > 28
        assert (found.data, found.mime) == (data, "image/ktx2")


def test_a_model_with_nothing_but_ktx2_is_read(tmp_path: Path) -> None:
    example = square(material=0)
    texture = example.texture(COLOUR, "image/ktx2")
    example.document["textures"][texture] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
    colour = {"baseColorTexture": {"index": texture}}
    example.document["materials"] = [{"pbrMetallicRoughness": colour}]
    for key in ("extensionsUsed", "extensionsRequired"):
        example.document[key] = ["KHR_texture_basisu"]
    path = tmp_path / "square.glb"
    path.write_bytes(example.glb())
    model = read(path)
    assert model.textures[0].image == 0
    assert (model.images[0].width, model.images[0].mime) == (128, "image/ktx2")
    assert model.required == frozenset()


def test_a_plain_picture_beside_it_is_taken(tmp_path: Path) -> None:
    example = square(material=0)
    example.texture(example_picture())
    example.texture(b"\xabKTX 20\xbb\r\n\x1a\n, but nobody looks", "image/ktx2")
    offered = {"KHR_texture_basisu": {"source": 1}}
    example.document["textures"] = [{"source": 0, "extensions": offered}]
    colour = {"baseColorTexture": {"index": 0}}
    example.document["materials"] = [{"pbrMetallicRoughness": colour}]
    path = tmp_path / "square.glb"
    path.write_bytes(example.glb())
    assert read(path).images[0].mime == "image/png"


@pytest.mark.parametrize(
    ("offset", "form", "value", "error"),
    [
        (12, "<I", 37, UnsupportedModel),  # a plain Vulkan format
        (20, "<I", 1_000_000, TooLarge),  # width
        (24, "<I", 0, InvalidModel),  # height
        (28, "<I", 4, UnsupportedModel),  # depth
        (32, "<I", 2, UnsupportedModel),  # layers
        (36, "<I", 6, UnsupportedModel),  # faces
        (40, "<I", 4_000_000, InvalidModel),  # levels
        (44, "<I", 3, InvalidModel),  # supercompression
        (48, "<I", 1 << 31, InvalidModel),  # where the descriptor is
        (52, "<I", 4, InvalidModel),  # how long it is
        (64, "<Q", 1 << 63, InvalidModel),  # global data
        (80, "<Q", (1 << 64) - 1, InvalidModel),  # the first level
        (88, "<Q", 1 << 40, InvalidModel),  # how long it is
        (96, "<Q", 1 << 40, InvalidModel),  # how long when unpacked: a bomb
    ],
)
def test_a_header_that_lies_is_refused(
    offset: int, form: str, value: int, error: type[PipelineError]
) -> None:
    with pytest.raises(error, match="Image 0"):
        ktx2.header(changed(NORMALS, offset, form, value), "Image 0", Limits())


@pytest.mark.parametrize("length", [12, 40, 79, 100, 300])
def test_a_texture_that_ends_early_is_refused(length: int) -> None:
    with pytest.raises(InvalidModel):
        ktx2.header(NORMALS[:length], "Image 0", Limits())


def test_changed_bytes_end_in_a_picture_or_a_clear_error() -> None:
    random = np.random.default_rng(8)
    for _ in range(20):
        data = bytearray(COLOUR)
        data[random.integers(12, len(data))] ^= 1 << random.integers(8)
        try:
            pixels = ktx2.decode(bytes(data), "Image 0", Limits())
        except PipelineError:
            continue
        assert pixels.shape[:2] == (128, 128)


def test_without_basisu_the_error_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise MissingProgram("basisu is not here. Install it.")

    monkeypatch.setattr(programs, "basisu", gone)
    with pytest.raises(UnsupportedModel, match="basisu is not here"):
        ktx2.decode(COLOUR, "Image 0", Limits())
