"""Pictures are made smaller and simpler, never other than they look."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.model import Image, Json, Model, Texture
from assets_pipeline.passes import ResizeTextures, TidyTextures

Pixels = NDArray[np.uint8]


def model_of(pixels: Pixels, *materials: Json) -> Model:
    height, width = pixels.shape[:2]
    image = Image(b"source", "image/png", width, height, pixels)
    return Model(images=(image,), textures=(Texture(0),), materials=materials)


def only(model: Model) -> Pixels:
    pixels = model.images[0].pixels
    assert pixels is not None
    return pixels


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(3).integers(0, 255, shape, dtype=np.uint8)


def test_a_picture_is_shrunk_to_the_limit_in_its_proportions() -> None:
    model = ResizeTextures(16)(model_of(noise(32, 64, 3), {"emissiveTexture": {"index": 0}}))
    assert only(model).shape == (8, 16, 3)
    assert (model.images[0].width, model.images[0].height, model.images[0].data) == (16, 8, b"")


def test_a_small_picture_stays_as_it_is() -> None:
    model = model_of(noise(8, 8, 3))
    assert ResizeTextures(16)(model).images[0] is model.images[0]


def test_colour_is_averaged_as_light_and_data_as_numbers() -> None:
    """Half black, half white is as bright as 188 of 255 in sRGB, the middle of what data means."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    colour = ResizeTextures(16)(model_of(stripes, {"emissiveTexture": {"index": 0}}))
    data = ResizeTextures(16)(model_of(stripes, {"occlusionTexture": {"index": 0}}))
    assert np.abs(only(colour)[4:12, 4:12].astype(int) - 188).max() <= 2
    assert np.abs(only(data)[4:12, 4:12].astype(int) - 128).max() <= 2


def test_every_grey_level_survives_the_way_to_light_and_back() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8), 8 * 8).reshape(256, 8, 8)
    picture = levels.reshape(16, 16, 8, 8).swapaxes(1, 2).reshape(128, 128)
    grey = ResizeTextures(64)(model_of(picture, {"emissiveTexture": {"index": 0}}))
    middles = only(grey)[2::4, 2::4]
    assert np.abs(middles.astype(int).ravel()[:250] - np.arange(250)).max() <= 3


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1024, 512), (1024, 512)),
        ((3000, 1500), (1024, 512)),
        ((900, 600), (1024, 512)),  # near the next power: enlarged, not halved
        ((700, 3), (512, 4)),
        ((1, 1), (4, 4)),
    ],
)
def test_a_gpus_textures_have_sides_of_powers_of_two(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    width, height = size
    model = model_of(noise(height, width, 3), {"emissiveTexture": {"index": 0}})
    made = ResizeTextures(1024, power_of_two=True)(model)
    assert only(made).shape == (expected[1], expected[0], 3)


def test_a_shrunk_normal_map_holds_unit_vectors() -> None:
    model = ResizeTextures(8)(model_of(noise(64, 64, 3), {"normalTexture": {"index": 0}}))
    lengths = np.linalg.norm(only(model) / 127.5 - 1, axis=-1)
    assert np.abs(lengths - 1).max() < 0.01


def test_alpha_goes_from_an_opaque_material_and_stays_in_a_blended_one() -> None:
    colour: Json = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}
    assert only(TidyTextures()(model_of(noise(4, 4, 4), colour))).shape == (4, 4, 3)
    blended = {**colour, "alphaMode": "BLEND"}
    assert only(TidyTextures()(model_of(noise(4, 4, 4), blended))).shape == (4, 4, 4)
    assert only(TidyTextures()(model_of(noise(4, 4, 4), colour, blended))).shape == (4, 4, 4)


def test_a_picture_read_in_one_channel_becomes_grey() -> None:
    pixels = noise(4, 4, 3)
    tidy = only(TidyTextures()(model_of(pixels, {"occlusionTexture": {"index": 0}})))
    assert (tidy == pixels[..., 0]).all()


def test_unread_channels_repeat_a_read_one_and_read_ones_stay() -> None:
    pixels = noise(4, 4, 3)
    rough: Json = {"pbrMetallicRoughness": {"metallicRoughnessTexture": {"index": 0}}}
    tidy = only(TidyTextures()(model_of(pixels, rough)))
    assert (tidy[..., 1:] == pixels[..., 1:]).all()
    assert (tidy[..., 0] == pixels[..., 1]).all()


def test_metal_that_is_nowhere_becomes_a_factor() -> None:
    pixels = noise(4, 4, 3)
    pixels[..., 2] = 2
    rough: Json = {"pbrMetallicRoughness": {"metallicRoughnessTexture": {"index": 0}}}
    tidy = TidyTextures()(model_of(pixels, rough))
    assert tidy.materials[0]["pbrMetallicRoughness"]["metallicFactor"] == 0
    assert (only(tidy) == pixels[..., 1]).all()


def test_a_texture_of_an_unknown_slot_keeps_all_its_channels() -> None:
    pixels = noise(4, 4, 4)
    strange: Json = {"extensions": {"ACME_glow": {"glowTexture": {"index": 0}}}}
    assert (only(TidyTextures()(model_of(pixels, strange))) == pixels).all()
