"""Pictures that say one thing per channel, taken apart and put together as glTF wants them."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Image, Json
from assets_pipeline.readers.pictures import decode

TWO_VALUED = 0.95  # of the pixels nearly 0 or nearly 1: a cut-out, not a glass
REPEAT, CLAMP, MIRROR = 10497, 33071, 33648  # glTF's wrap modes
RED, GREEN, BLUE, ALPHA = range(4)
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Map:
    """A picture on a surface. `channel` says which one counts where a single value is asked."""

    image: Image
    channel: int | None = None
    uv: int = 0
    transform: Json = field(default_factory=dict)  # KHR_texture_transform
    wrap: tuple[int, int] = (REPEAT, REPEAT)
    inverted: bool = False  # glossiness for roughness, transparency for opacity

    def values(self) -> Pixels:
        """(height, width): the one channel, as it counts."""
        pixels = pixels_of(self.image)
        if pixels.ndim == 3:
            channel = self.channel or 0
            pixels = pixels[..., min(channel, pixels.shape[2] - 1)]
        return 255 - pixels if self.inverted else pixels


def pixels_of(image: Image) -> Pixels:
    """Raises InvalidModel when the picture is damaged."""
    name = image.name or "A texture"
    pixels = decode(image, name).pixels
    if pixels is None:
        raise InvalidModel(reason=f"{name} holds no pixels")
    return pixels


def bumps(shown: Map, strength: float = 1.0) -> Map:
    """A map of heights as one of normals; one that holds normals already stays.

    Source of the telling: a normal map is blue, since most of it faces outwards.
    """
    pixels = pixels_of(shown.image)
    if pixels.ndim == 3 and _is_normal_map(pixels):
        return shown
    heights = shown.values().astype(np.float32) / 255
    east = np.roll(heights, -1, 1) - np.roll(heights, 1, 1)
    south = np.roll(heights, -1, 0) - np.roll(heights, 1, 0)
    slopes = np.dstack([-east * strength, south * strength, np.full_like(heights, 0.5)])
    unit = slopes / np.linalg.norm(slopes, axis=2, keepdims=True)
    made = shown.image.with_pixels(np.round((unit + 1) * 127.5).astype(np.uint8))
    return replace(shown, image=made, channel=None)


def _is_normal_map(pixels: Pixels) -> bool:
    red, green, blue = (float(pixels[..., i].mean()) for i in range(3))
    return blue > 160 and abs(red - 128) < 40 and abs(green - 128) < 40


def is_cut_out(values: Pixels) -> bool:
    return float(((values < 26) | (values > 229)).mean()) > TWO_VALUED


def grey(shown: Map) -> Map:
    """Occlusion is read from red; a map that means another channel is rewritten."""
    if not shown.channel and not shown.inverted:
        return shown
    return replace(shown, image=shown.image.with_pixels(shown.values()), channel=None)


def metal_rough(rough: Map | None, metal: Map | None) -> Map:
    """Roughness in green, metal in blue. What is not there stays full: the factor tells.

    Raises InvalidModel for a picture that cannot be decoded, and without any.
    """
    first = rough or metal
    if first is None:
        raise InvalidModel(reason="There is no picture of roughness or metal")
    planes = [m.values() for m in (rough, metal) if m is not None]
    width = max(p.shape[1] for p in planes)
    height = max(p.shape[0] for p in planes)
    packed = np.full((height, width, 3), 255, np.uint8)
    for channel, shown in ((GREEN, rough), (BLUE, metal)):
        if shown is not None:
            packed[..., channel] = _resized(shown.values(), width, height)
    return replace(first, image=first.image.with_pixels(packed), channel=None, inverted=False)


def with_alpha(base: Map | None, opacity: Map) -> Map:
    """The colour with the opacity as its alpha; white where there is no colour."""
    alpha = opacity.values()
    height, width = alpha.shape
    if base is None:
        colour = np.full((height, width, 3), 255, np.uint8)
    else:
        pixels = pixels_of(base.image)
        colour = pixels[..., :3] if pixels.ndim == 3 else np.dstack([pixels] * 3)
        height, width = colour.shape[:2]
    first = base or opacity
    whole = np.dstack([colour, _resized(alpha, width, height)])
    return replace(first, image=first.image.with_pixels(whole), channel=None, inverted=False)


def _resized(plane: Pixels, width: int, height: int) -> Pixels:
    if plane.shape == (height, width):
        return plane
    return np.asarray(Pillow.fromarray(plane).resize((width, height), Pillow.Resampling.BILINEAR))
