"""The quality that a picture needs."""

import numpy as np
import pytest

from assets_pipeline.writers import avif, portable, webp
from assets_pipeline.writers.codec import Codec, Pixels, like
from assets_pipeline.writers.mosaic import error
from assets_pipeline.writers.search import reference, search


def hills(*, channels: int = 3, noise: int = 20) -> Pixels:
    """Soft shapes with some grain: what textures are like."""
    y, x = np.mgrid[0:128, 0:128]
    waves = [128 + 90 * np.sin(x / (9 + c)) * np.cos(y / (14 - c)) for c in range(channels)]
    grain = np.random.default_rng(2).integers(-noise, noise + 1, (128, 128, channels))
    return (np.stack(waves, axis=2) + grain).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("codec", [avif.CODEC, webp.CODEC, portable.CODEC])
@pytest.mark.parametrize("role", ["colour", "normal"])
def test_the_error_found_is_about_the_one_asked_for(codec: Codec, role: str) -> None:
    sample = hills()
    most, _ = reference(sample)
    found = search(codec, sample, role, most)
    content = codec.encode(sample, found.quality, role)
    assert error(sample, like(codec.decode(content), sample)) == pytest.approx(most, rel=0.3)
    assert found.bytes == pytest.approx(len(content) - codec.overhead, rel=0.2)


def test_less_error_takes_more_quality() -> None:
    sample = hills()
    most, _ = reference(sample)
    strict, loose = (search(avif.CODEC, sample, "data", most * f) for f in (0.5, 2))
    assert strict.quality > loose.quality
    assert strict.bytes > loose.bytes


def test_grey_and_transparent_pictures_come_back_in_their_own_shape() -> None:
    for pixels in (hills(channels=3)[..., 0], hills(channels=4)):
        sample = np.ascontiguousarray(pixels)
        for codec in (avif.CODEC, webp.CODEC):
            back = like(codec.decode(codec.encode(sample, 90, "colour")), sample)
            assert back.shape == sample.shape
            assert error(sample, back) < 0.1


def test_a_picture_of_one_colour_is_searched_too() -> None:
    flat = np.full((64, 64, 3), 50, np.uint8)
    most, _ = reference(flat)
    assert avif.CODEC.lowest <= search(avif.CODEC, flat, "normal", most).quality


def test_normals_are_not_tilted_by_the_way_they_are_stored() -> None:
    """A bias of one step in 255 tilts a whole surface by half a degree."""
    waves = hills(noise=6).astype(float)
    normals = np.stack([waves[..., 0] / 8 + 112, waves[..., 1] / 8 + 112, waves[..., 2] * 0 + 250])
    pixels = np.ascontiguousarray(normals.transpose(1, 2, 0).round().astype(np.uint8))
    for quality in (40, 60, 80):
        decoded = avif.decode(avif.encode(pixels, quality, "normal"))
        assert np.abs(decoded.mean((0, 1)) - pixels.mean((0, 1))).max() < 0.25
