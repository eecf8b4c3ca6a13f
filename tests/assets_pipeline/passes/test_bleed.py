"""Colour runs under transparent pixels."""

import numpy as np

from assets_pipeline.model import Image, Json, Model, Texture
from assets_pipeline.passes import BleedColour
from assets_pipeline.passes.resize import ResizeTextures

COLOUR: Json = {"alphaMode": "MASK", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}


def leaf() -> np.ndarray:
    """A green disc on transparent black, as exporters write it."""
    y, x = np.mgrid[0:64, 0:48]
    disc = (y - 30) ** 2 + (x - 20) ** 2 < 200
    pixels = np.zeros((64, 48, 4), np.uint8)
    pixels[disc] = (10, 200, 30, 255)
    return pixels


def model_of(pixels: np.ndarray, *materials: Json) -> Model:
    image = Image(b"file", "image/png", pixels.shape[1], pixels.shape[0], pixels)
    return Model(images=(image,), textures=(Texture(0),), materials=materials)


def only(model: Model) -> np.ndarray:
    pixels = model.images[0].pixels
    assert pixels is not None
    return pixels


def test_hidden_pixels_take_the_colour_of_visible_ones() -> None:
    bled = only(BleedColour()(model_of(leaf(), COLOUR)))
    assert (bled[..., :3] == (10, 200, 30)).all()
    assert (bled[..., 3] == leaf()[..., 3]).all()


def test_visible_pixels_stay_and_neighbours_win() -> None:
    pixels = leaf()
    pixels[50:, 40:] = (250, 0, 0, 9)
    bled = only(BleedColour()(model_of(pixels, COLOUR)))
    visible = pixels[..., 3] > 0
    assert (bled[visible] == pixels[visible]).all()
    assert bled[30, 38, 1] > 150  # beside the disc: green
    assert bled[60, 36, 0] > 150  # beside the corner: red


def test_a_shrunk_picture_has_no_dark_edge() -> None:
    small = only(ResizeTextures(16)(BleedColour()(model_of(leaf(), COLOUR))))
    edge = small[(small[..., 3] > 20) & (small[..., 3] < 235)]
    assert len(edge)
    assert edge[:, 1].min() > 190


def test_colour_stays_where_alpha_is_a_datum_of_its_own() -> None:
    glossy: Json = {"extensions": {"X": {"specularGlossinessTexture": {"index": 0}}}}
    model = model_of(leaf(), glossy)
    assert BleedColour()(model).images[0] is model.images[0]


def test_a_picture_with_nothing_visible_or_nothing_hidden_stays() -> None:
    for alpha in (0, 255):
        pixels = leaf()
        pixels[..., 3] = alpha
        model = model_of(pixels, COLOUR)
        assert BleedColour()(model).images[0] is model.images[0]
