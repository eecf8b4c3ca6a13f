"""Posters: what a shop shows of a product before, or instead of, its 3D model."""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assets_pipeline.render.client import Renderer
from assets_pipeline.render.views import POSTER, Background, Frame, Shot

SIZE = 1024  # pixels: sharp on a phone's whole width at three pixels to a point
QUALITY = 88  # WebP
SMALL = 192  # pixels: enough to see whether two looks are one
OPAQUE = 255
KIND = {Background.TRANSPARENT: "", Background.STUDIO: ".studio"}
LETTERS = 40  # of a variant's name in a file name
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A picture as a file. `variant` is None for the model as it comes."""

    name: str
    content: bytes
    media_type: str
    variant: str | None
    width: int
    height: int


def posters(
    renderer: Renderer,
    glb: bytes | Path,
    variants: Sequence[str] = (),
    *,
    size: int = SIZE,
    frame: Frame | None = None,
    ground: str = "",
    threads: int = 2,
) -> list[Picture]:
    """The model and each of its variants, cut out and in the studio, as WebP and PNG.

    Raises RenderFailed.
    """
    looks: dict[str | None, str] = {None: ""}
    looks |= {v: f".{slug}" for v, slug in zip(variants, slugs(variants), strict=True)}
    twin = _default_variant(renderer, glb, variants, frame)
    shots = [
        Shot(POSTER, size, variant, background, close=True)
        for variant in looks
        if variant is None or variant != twin
        for background in (Background.TRANSPARENT, Background.STUDIO)
    ]
    taken = dict(zip(shots, renderer.take(glb, shots, frame, ground), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        encoded = dict(zip(shots, pool.map(_encoded, taken.values()), strict=True))
    return [
        _picture(f"poster{suffix}{KIND[shot.background]}", content, ending, variant, size)
        for variant, suffix in looks.items()
        for shot, files in encoded.items()
        if shot.variant == (None if variant == twin else variant)
        for ending, content in files.items()
    ]


def _default_variant(
    renderer: Renderer, glb: bytes | Path, variants: Sequence[str], frame: Frame | None
) -> str | None:
    """The variant that looks like the model as it comes: most have one, and need it drawn once."""
    if not variants:
        return None
    shots = [Shot(POSTER, SMALL, variant, Background.PLAIN) for variant in (None, *variants)]
    first, *others = renderer.take(glb, shots, frame)
    pairs = zip(variants, others, strict=True)
    return next((name for name, other in pairs if np.array_equal(first, other)), None)


def slugs(names: Sequence[str]) -> list[str]:
    """A short, safe and unique part of a file name for each: `Pale Pink` is `pale-pink`."""
    taken = {"studio"}  # says the background in posters' names
    return [_slug(name, taken) for name in names]


def _slug(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LETTERS].strip("-") or "variant"
    slug = next(s for s in _numbered(stem) if s not in taken)
    taken.add(slug)
    return slug


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _picture(stem: str, content: bytes, ending: str, variant: str | None, size: int) -> Picture:
    return Picture(f"{stem}.{ending}", content, f"image/{ending}", variant, size, size)


def _encoded(pixels: Pixels) -> dict[str, bytes]:
    shown = pixels[..., :3] if pixels[..., 3].min() == OPAQUE else pixels
    return {"webp": webp(shown), "png": _png(shown)}


def webp(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """A WebP file of (height, width, 3 or 4) pixels."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=quality, method=4)
    return stream.getvalue()


def _png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=6)
    return stream.getvalue()
