"""Pictures of every kind become 8-bit grey, RGB or RGBA."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline.errors import InvalidModel, TooLarge
from assets_pipeline.readers import Limits
from assets_pipeline.readers.pictures import decode, picture

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SMALL = np.array([[[0, 100, 200], [10, 110, 210]]], np.uint8)


def png(depth: int, kind: int, rows: np.ndarray, **chunks: bytes) -> bytes:
    """A PNG of (height, …) values that are laid out as its format asks."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    width = rows.shape[1]
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, 0)
    more = b"".join(chunk(name.encode(), content) for name, content in chunks.items())
    body = chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pixels_of(data: bytes) -> np.ndarray:
    found = decode(picture(data, "Image 0", Limits()), "Image 0").pixels
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "channels"), [(GREY, 1), (RGB, 3), (RGBA, 4)])
def test_sixteen_bits_are_rounded_to_the_nearest_of_eight(kind: int, channels: int) -> None:
    values = np.arange(0, 65536, 37).astype(">u2")
    values = values[: len(values) // channels * channels].reshape(1, -1, channels)
    expected = np.round(values.astype(float) / 257).astype(np.uint8)
    assert (pixels_of(png(16, kind, values)) == expected.squeeze(2 if channels == 1 else ())).all()


def test_sixteen_bits_of_grey_with_alpha_become_rgba() -> None:
    values = np.array([[[0, 65535], [65535, 257]]], ">u2")
    assert pixels_of(png(16, GREY_ALPHA, values)).tolist() == [[[0, 0, 0, 255], [255, 255, 255, 1]]]


def test_a_palette_is_looked_up_and_its_transparency_kept() -> None:
    indices = np.array([[0, 1, 2]], np.uint8)
    palette = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255])
    assert pixels_of(png(8, PALETTE, indices, PLTE=palette)).tolist() == [
        [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    ]
    clear = png(8, PALETTE, indices, PLTE=palette, tRNS=bytes([255, 128, 0]))
    assert pixels_of(clear)[0, :, 3].tolist() == [255, 128, 0]


def test_grey_with_alpha_becomes_rgba() -> None:
    values = np.array([[[50, 255], [90, 7]]], np.uint8)
    assert pixels_of(png(8, GREY_ALPHA, values)).tolist() == [[[50, 50, 50, 255], [90, 90, 90, 7]]]


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_that_stands_for_transparency_is_transparent(depth: int) -> None:
    values = SMALL.astype(">u2") * (257 if depth == 16 else 1)
    key = struct.pack(">3H", *values[0, 1].tolist())
    data = png(depth, RGB, values if depth == 16 else SMALL, tRNS=key)
    assert pixels_of(data)[0, :, 3].tolist() == [255, 0]


def test_a_grey_level_that_stands_for_transparency_is_transparent() -> None:
    data = png(8, GREY, np.array([[9, 70]], np.uint8), tRNS=struct.pack(">H", 70))
    assert pixels_of(data).tolist() == [[[9, 9, 9, 255], [70, 70, 70, 0]]]


def test_a_jpeg_in_printing_colours_becomes_rgb() -> None:
    stream = io.BytesIO()
    Pillow.new("CMYK", (16, 16), (255, 0, 0, 0)).save(stream, "JPEG", quality=95)  # all cyan
    red, green, blue = pixels_of(stream.getvalue())[8, 8].tolist()
    assert red < 10
    assert min(green, blue) > 245


def test_what_pillow_reads_and_what_reads_faster_agree() -> None:
    noise = np.random.default_rng(4).integers(0, 255, (16, 16, 4), dtype=np.uint8)
    for shown in (noise, np.ascontiguousarray(noise[..., :3]), noise[..., 0]):
        stream = io.BytesIO()
        Pillow.fromarray(shown).save(stream, "PNG")
        assert (pixels_of(stream.getvalue()) == shown).all()


@pytest.mark.parametrize("depth", [8, 16])
def test_a_png_that_ends_early_is_damaged(depth: int) -> None:
    noise = np.random.default_rng(4).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = png(depth, RGB, noise if depth == 8 else noise.astype(">u2"))
    with pytest.raises(InvalidModel, match="Image 0 is damaged"):
        pixels_of(data[: len(data) // 2])


def test_the_size_is_checked_before_anything_is_decoded() -> None:
    bomb = png(8, GREY, np.zeros((1, 1), np.uint8))
    huge = bomb[:16] + struct.pack(">II", 60_000, 60_000) + bomb[24:]
    with pytest.raises((TooLarge, InvalidModel)):
        picture(huge, "Image 0", Limits())
