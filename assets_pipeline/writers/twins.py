"""Encoded pictures as files that every renderer reads, showing exactly what was encoded."""

import imagecodecs

from assets_pipeline import basisu
from assets_pipeline.model import Image, Model
from assets_pipeline.writers import avif
from assets_pipeline.writers.codec import AVIF, JPEG, KTX2, PNG, WEBP, Pixels
from assets_pipeline.writers.pictures import File

READ_BY_ALL = (PNG, JPEG, WEBP)


def twin_pictures(files: list[File], model: Model, *, ktx2: bool = False) -> list[File]:
    """Each file as it is, or the pixels that an AVIF one decodes to, as PNG.

    With `ktx2` those of KTX2 files too: raises MissingProgram or BasisFailed where they can't be
    had.
    """
    pairs = zip(files, model.images, strict=True)
    return [_twin(file, image, ktx2) for file, image in pairs]


def plain_pictures(model: Model) -> list[File]:
    """A model's own pictures: their files where any renderer reads them, else the pixels as PNG."""
    return [
        (image.data, image.mime)
        if image.data and image.mime in READ_BY_ALL
        else (_png(image.pixels), PNG)
        for image in model.images
    ]


def _twin(file: File, image: Image, ktx2: bool) -> File:
    content, media_type = file
    if media_type == AVIF:
        return _stored(content), PNG
    if media_type == KTX2 and ktx2:
        alpha = image.pixels is not None and image.pixels.shape[2:] == (4,)
        return basisu.unpack(content, alpha=alpha), PNG
    return file


def _stored(content: bytes) -> bytes:
    return _png(avif.decode(content))


def _png(pixels: Pixels | None) -> bytes:
    """Not compressed at all: 2048 × 2048 in 20 ms instead of 270, and it is read but once."""
    return b"" if pixels is None else bytes(imagecodecs.spng_encode(pixels, level=0))
