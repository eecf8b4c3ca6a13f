"""Colour profiles are ignored, and the model says so."""

import io
import struct

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from assets_pipeline.model import Image, Json, Model, Texture
from assets_pipeline.passes import WarnOfProfiles

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide() -> bytes:
    """sRGB's profile with the red of Display P3, and of that name."""
    red = SRGB.index(b"rXYZ")
    (offset,) = struct.unpack_from(">I", SRGB, red + 4)
    primary = struct.pack(">3i", *(round(x * 65536) for x in (0.5151, 0.2412, -0.0011)))
    return SRGB[: offset + 8] + primary + SRGB[offset + 20 :]


def model_of(profile: bytes, form: str, slot: str = "emissiveTexture") -> Model:
    stream = io.BytesIO()
    Pillow.fromarray(np.zeros((8, 8, 3), np.uint8)).save(stream, form, icc_profile=profile)
    image = Image(stream.getvalue(), f"image/{form.lower()}", 8, 8)
    material: Json = {slot: {"index": 0}}
    return Model(images=(image,), textures=(Texture(0),), materials=(material,))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_wide_colour_profile_is_named(form: str) -> None:
    (warning,) = WarnOfProfiles()(model_of(wide(), form)).warnings
    assert warning.startswith("A texture has the colour profile sRGB built-in. glTF ignores it")


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_srgb_itself_is_no_news(form: str) -> None:
    assert WarnOfProfiles()(model_of(SRGB, form)).warnings == ()


def test_normals_have_no_colour_to_shift() -> None:
    assert WarnOfProfiles()(model_of(wide(), "PNG", "normalTexture")).warnings == ()


def test_a_damaged_profile_is_ignored() -> None:
    assert WarnOfProfiles()(model_of(b"no profile at all", "PNG")).warnings == ()
