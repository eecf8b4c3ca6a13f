"""Colour profiles inside pictures, which glTF tells everybody to ignore."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Model

# Red, green and blue of sRGB as an ICC profile holds them: XYZ under D50. Source: sRGB v4 ICC.
SRGB = np.array([[0.4361, 0.2225, 0.0139], [0.3851, 0.7169, 0.0971], [0.1431, 0.0606, 0.7141]])
NEAR = 0.01  # profiles of sRGB differ by rounding; Display P3's red is 0.08 away


@dataclass(frozen=True)
class WarnOfProfiles:
    """Warn where a colour picture says that it is not sRGB: it shows paler than in its editor.

    Its pixels stay, because glTF 2.0 section 3.8.3 reads them as sRGB whatever the file says.
    """

    def __call__(self, model: Model) -> Model:
        slots = image_slots(model)
        found = {
            name: None
            for i, image in enumerate(model.images)
            if slots[i] and role(slots[i]) == "colour" and (name := foreign_profile(image))
        }
        for name in found:
            model = model.warn(
                f"A texture has the colour profile {name}. glTF ignores it and shows sRGB:"
                " convert the texture to sRGB."
            )
        return model


def foreign_profile(image: Image) -> str | None:
    """The name of an embedded profile with other primaries than sRGB's."""
    if b"ICC" not in image.data and b"iCCP" not in image.data:  # opening costs more
        return None
    try:
        with Pillow.open(io.BytesIO(image.data)) as opened:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"])).profile
        primaries = [profile.red_colorant, profile.green_colorant, profile.blue_colorant]
        name = profile.profile_description or "without a name"
    except (OSError, KeyError, ValueError, SyntaxError):  # a damaged profile is ignored as well
        return None
    if any(primary is None for primary in primaries):
        return None  # grey, or a table: no primaries to compare
    away = np.abs(np.array([primary[0] for primary in primaries if primary]) - SRGB).max()
    return name.strip() if away > NEAR else None
