"""Pictures as JPEG and PNG."""

import io

import numpy as np
from PIL import Image

from assets_pipeline.writers import portable


def test_pure_noise_becomes_a_jpeg() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (512, 512, 3), np.uint8)
    content = portable.jpeg(noise, 92, "normal")
    assert Image.open(io.BytesIO(content)).size == (512, 512)


def test_a_png_keeps_every_pixel() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (8, 4, 4), np.uint8)
    assert (portable.decode(portable.png(noise)) == noise).all()
