"""Pictures that compress badly."""

import io

import numpy as np
from PIL import Image

from assets_pipeline.writers.pictures import portable


def test_pure_noise_becomes_a_jpeg():
    noise = np.random.default_rng(7).integers(0, 256, (512, 512, 3), np.uint8)
    content, media_type = portable(noise, 92, "normal")
    assert media_type == "image/jpeg"
    assert Image.open(io.BytesIO(content)).size == (512, 512)
