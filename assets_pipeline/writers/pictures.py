"""Pixels as WebP, JPEG or PNG files."""

import io
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFile

from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Model

Pixels = NDArray[np.uint8]
PORTABLE = ("image/png", "image/jpeg")


@dataclass(frozen=True)
class Pictures:
    """How a profile stores pictures: WebP or core glTF's JPEG and PNG, and how well.

    Qualities are the encoders' own, 0 to 100, by what an error would do: tilt a normal, change a
    colour, or shift a datum such as roughness.
    """

    webp: bool
    quality: Mapping[str, int] = field(
        default_factory=lambda: {"normal": 88, "colour": 84, "data": 75}
    )

    def encode(self, image: Image, role: str) -> tuple[bytes, str]:
        """The smaller of a new file and the source's own, where the profile may use that."""
        if image.pixels is None:
            return image.data, image.mime
        quality = self.quality[role]
        made = (
            (webp(image.pixels, quality), "image/webp")
            if self.webp
            else portable(image.pixels, quality, role)
        )
        allowed = image.mime in PORTABLE or (self.webp and image.mime == "image/webp")
        if image.data and allowed and len(image.data) <= len(made[0]):
            return image.data, image.mime
        return made


class EncodedPictures:
    """Encodes the pictures of models, each kind of file of the same pixels once for all profiles.

    One thread per picture, the largest first, so that none waits long for the last.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        # Keeps the pixels alive, so that an id is never that of another array.
        self._known: dict[tuple[int, bool, int, str], tuple[Image, tuple[bytes, str]]] = {}

    def encode_all(
        self, how: Pictures, model: Model, report: Callable[[float], None] = lambda _: None
    ) -> list[tuple[bytes, str]]:
        """File and media type per image; `report` hears the done fraction."""
        slots = [role(s) for s in image_slots(model)]
        order = sorted(range(len(model.images)), key=lambda i: -_area(model.images[i]))
        files: dict[int, tuple[bytes, str]] = {}
        with ThreadPoolExecutor(self._threads) as pool:
            jobs = {pool.submit(self._encode, how, model.images[i], slots[i]): i for i in order}
            for job in as_completed(jobs):
                files[jobs[job]] = job.result()
                report(len(files) / len(jobs))
        return [files[i] for i in range(len(model.images))]

    def _encode(self, how: Pictures, image: Image, role: str) -> tuple[bytes, str]:
        key = (id(image.pixels), how.webp, how.quality[role], role)
        if image.pixels is None or key not in self._known:
            self._known[key] = (image, how.encode(image, role))
        return self._known[key][1]


def webp(pixels: Pixels, quality: int) -> bytes:
    stream = io.BytesIO()
    # On sample textures 5 was 5 % smaller than 4 in the same time; 6 took 1.9 times that for 1 %.
    _rgb(pixels).save(stream, "WEBP", quality=quality, alpha_quality=90, method=5)
    return stream.getvalue()


def portable(pixels: Pixels, quality: int, role: str) -> tuple[bytes, str]:
    """JPEG, or PNG where there is transparency."""
    stream = io.BytesIO()
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        Pillow.fromarray(pixels).save(stream, "PNG", compress_level=9)
        return stream.getvalue(), "image/png"
    # Pillow guesses a buffer of a byte per pixel, which fine noise outgrows: "broken data stream".
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * pixels.shape[0] * pixels.shape[1])
    # Normals and packed data have no colour to blur: all three channels at full size.
    sampling = "4:2:0" if role == "colour" else "4:4:4"
    Pillow.fromarray(pixels).save(
        stream, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=sampling
    )
    return stream.getvalue(), "image/jpeg"


def _rgb(pixels: Pixels) -> Pillow.Image:
    picture = Pillow.fromarray(pixels)
    return picture.convert("RGB") if picture.mode == "L" else picture


def _area(image: Image) -> int:
    return image.width * image.height
