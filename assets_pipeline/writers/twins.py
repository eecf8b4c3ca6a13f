"""Encoded pictures as files that every renderer reads, showing exactly what was encoded."""

import imagecodecs

from assets_pipeline import basisu
from assets_pipeline.model import Image, Model
from assets_pipeline.writers import avif
from assets_pipeline.writers.codec import AVIF, KTX2, PNG
from assets_pipeline.writers.pictures import File


def twin_pictures(files: list[File], model: Model, *, ktx2: bool = False) -> list[File]:
    """Each file as it is, or the pixels that an AVIF one decodes to, as PNG.

    With `ktx2` those of KTX2 files too: raises MissingProgram or BasisFailed where they can't be
    had.
    """
    pairs = zip(files, model.images, strict=True)
    return [_twin(file, image, ktx2) for file, image in pairs]


def _twin(file: File, image: Image, ktx2: bool) -> File:
    content, media_type = file
    if media_type == AVIF:
        return _stored(content), PNG
    if media_type == KTX2 and ktx2:
        alpha = image.pixels is not None and image.pixels.shape[2:] == (4,)
        return basisu.unpack(content, alpha=alpha), PNG
    return file


def _stored(content: bytes) -> bytes:
    """Not compressed at all: 2048 × 2048 in 20 ms instead of 270, and it is read but once."""
    return bytes(imagecodecs.spng_encode(avif.decode(content), level=0))
