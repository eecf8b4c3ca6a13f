"""Files that every renderer reads, with the pixels of those that were encoded."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline.model import Image, Model
from assets_pipeline.writers import avif
from assets_pipeline.writers.codec import Pixels
from assets_pipeline.writers.twins import twin_pictures
from tests.assets_pipeline.writers.test_search import hills

PICTURES = [hills(), hills(channels=4), np.ascontiguousarray(hills()[..., 0])]


@pytest.mark.parametrize("pixels", PICTURES)
def test_a_twin_has_the_decoded_pixels_of_its_avif(pixels: Pixels) -> None:
    content = avif.encode(pixels, 50, "colour")
    model = Model(images=(Image(b"", "", 128, 128, pixels),))
    ((twin, media_type),) = twin_pictures([(content, "image/avif")], model)
    shown = np.asarray(Pillow.open(io.BytesIO(twin)))
    assert media_type == "image/png"
    assert (shown == avif.decode(content)).all()
    assert shown.shape[:2] == pixels.shape[:2]


def test_files_of_other_formats_are_their_own_twins() -> None:
    model = Model(images=(Image(), Image()))
    files = [(b"a", "image/webp"), (b"b", "image/jpeg")]
    assert twin_pictures(files, model) == files
