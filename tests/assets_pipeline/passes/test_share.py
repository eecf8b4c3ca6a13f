"""Equal pictures are kept once."""

from dataclasses import replace

import numpy as np

from assets_pipeline.model import Image, Model, Texture
from assets_pipeline.passes import ShareImages

PIXELS = np.random.default_rng(3).integers(0, 255, (128, 16, 3), dtype=np.uint8)


def model_of(*images: Image) -> Model:
    return Model(images=images, textures=tuple(Texture(i) for i in range(len(images))))


def picture(pixels: np.ndarray = PIXELS, data: bytes = b"some file", **more: object) -> Image:
    image = Image(data, "image/png", pixels.shape[1], pixels.shape[0], pixels)
    return replace(image, **more)  # type: ignore[arg-type]


def test_equal_pixels_of_two_files_become_one_image_with_the_smaller_file() -> None:
    other = picture(PIXELS.copy(), b"smaller", name="copy", mime="image/webp")
    shared = ShareImages()(model_of(picture(), other))
    assert [t.image for t in shared.textures] == [0, 0]
    assert [(i.data, i.mime) for i in shared.images] == [(b"smaller", "image/webp")]


def test_a_single_other_pixel_keeps_images_apart() -> None:
    other = PIXELS.copy()
    other[100, 7] ^= 1  # in a row that the quick look does not see
    shared = ShareImages()(model_of(picture(), picture(other), picture()))
    assert [t.image for t in shared.textures] == [0, 1, 0]


def test_undecoded_images_are_told_apart_by_their_files() -> None:
    one, same, other = (Image(data, "image/png", 1, 1) for data in (b"a", b"a", b"b"))
    assert [t.image for t in ShareImages()(model_of(one, same, other)).textures] == [0, 0, 1]


def test_extras_keep_images_apart() -> None:
    shared = ShareImages()(model_of(picture(), picture(extras={"shot": 7})))
    assert len(shared.images) == 2
