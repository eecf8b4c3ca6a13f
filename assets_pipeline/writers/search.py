"""The lowest quality at which a picture is as good as it has to be."""

import math
from dataclasses import dataclass

from assets_pipeline.writers import webp
from assets_pipeline.writers.codec import Codec, Pixels, like
from assets_pipeline.writers.mosaic import error

REFERENCE = 80  # of WebP: what other tools write
BISECTIONS = 3
LEAST = 1e-5  # an error below this is rounding


@dataclass(frozen=True)
class Found:
    """A quality, and how many bytes the sample takes with it, less the format's overhead."""

    quality: int
    bytes: float


@dataclass(frozen=True)
class Trial:
    quality: int
    error: float
    bytes: int


def reference(sample: Pixels) -> tuple[float, int]:
    """The error of WebP at quality 80 on the sample, and its bytes.

    No error is right for every texture: fine noise has fifty times that of a flat one at equal
    looks. So each is measured by what the usual encoder does to it.
    """
    content = webp.encode(sample, REFERENCE, method=4)
    found = error(sample, like(webp.decode(content), sample))
    return max(LEAST, found), len(content) - webp.CODEC.overhead


def search(codec: Codec, sample: Pixels, role: str, most: float) -> Found:
    """The quality at which the sample's error is about `most`: a probe in the middle, three
    bisections, and a point between the last two, where log error runs straight."""
    low: Trial | int = codec.lowest
    high: Trial | int = codec.highest
    for _ in range(1 + BISECTIONS):
        trial = _try(codec, sample, role, (_quality(low) + _quality(high)) // 2)
        if trial.error > most:
            low = trial
        else:
            high = trial
    return _between(low, high, most, codec)


def _between(low: Trial | int, high: Trial | int, most: float, codec: Codec) -> Found:
    """An end that was never tried gives way to the other one."""
    if not isinstance(low, Trial) or not isinstance(high, Trial):
        (tried,) = [end for end in (low, high) if isinstance(end, Trial)]
        return Found(tried.quality, tried.bytes - codec.overhead)
    drop = math.log(low.error / high.error) if low.error > high.error else 0
    part = min(1.0, math.log(low.error / most) / drop) if drop else 1.0
    bytes_low, bytes_high = low.bytes - codec.overhead, high.bytes - codec.overhead
    quality = math.ceil(low.quality + part * (high.quality - low.quality))
    return Found(quality, bytes_low + part * (bytes_high - bytes_low))


def _try(codec: Codec, sample: Pixels, role: str, quality: int) -> Trial:
    content = codec.encode(sample, quality, role)
    found = max(LEAST, error(sample, like(codec.decode(content), sample)))
    return Trial(quality, found, len(content))


def _quality(end: Trial | int) -> int:
    return end.quality if isinstance(end, Trial) else end
