"""How alike two pictures look: structural similarity, and the signal-to-noise ratio.

Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
structural similarity", 2004. Its constants and window: K1 0.01, K2 0.03, Gaussian of sigma 1.5.
"""

import math

import numpy as np
from numpy.typing import NDArray

SIGMA, RADIUS = 1.5, 5  # pixels: a window of 11
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def ssim(a: Pixels, b: Pixels) -> float:
    """Mean over pixels and channels, 1.0 for equal pictures.

    Both are (height, width) or (height, width, channels) uint8, of the same shape. Alpha is not a
    colour: lay pictures over a background before they come here. Borders are mirrored.
    """
    _alike(a, b)
    box = _differing(a, b)
    if box is None:
        return 1.0
    rows, columns = (_widened(box[i], RADIUS, a.shape[i]) for i in (0, 1))
    around = tuple(_widened(box[i], 2 * RADIUS, a.shape[i]) for i in (0, 1))
    inner = tuple(  # of the widest box, what counts
        slice(near.start - far.start, near.stop - far.start)
        for near, far in zip((rows, columns), around, strict=True)
    )
    pairs = zip(_planes(a[around]), _planes(b[around]), strict=True)
    lost = [float(np.sum(1 - _ssim_of_planes(x, y)[inner], dtype=np.float64)) for x, y in pairs]
    pixels = a.shape[0] * a.shape[1]
    return 1.0 - sum(lost) / len(lost) / int(pixels)


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all channels; infinite for equal pictures."""
    _alike(a, b)
    error = float(np.mean(np.square(a.astype(np.float32) - b.astype(np.float32)), dtype=np.float64))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def _differing(a: Pixels, b: Pixels) -> tuple[slice, slice] | None:
    """The smallest box outside which both are equal. There nothing is lost, so it need not be
    looked at: of a product on a backdrop that is half of the work."""
    differs = a != b if a.ndim == 2 else (a != b).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _widened(part: slice, by: int, end: int) -> slice:
    return slice(max(0, part.start - by), min(end, part.stop + by))


def _ssim_of_planes(a: Plane, b: Plane) -> Plane:
    """Of each pixel."""
    mean_a, mean_b = _blur(a), _blur(b)
    square_a, square_b, product = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    spread = _blur(a * a) - square_a + _blur(b * b) - square_b
    together = _blur(a * b) - product
    above = (2 * product + C1) * (2 * together + C2)
    return np.asarray(above / ((square_a + square_b + C1) * (spread + C2)), np.float32)


def _blur(plane: Plane) -> Plane:
    from scipy.ndimage import gaussian_filter  # not above: it would double what a start takes

    return np.asarray(gaussian_filter(plane, SIGMA, radius=RADIUS), np.float32)


def _planes(pixels: Pixels) -> list[Plane]:
    """Float32 keeps the mean right to 1e-6: C2 is far above what rounding does to a variance."""
    channels = pixels[..., None] if pixels.ndim == 2 else pixels
    return [channels[..., i].astype(np.float32) for i in range(channels.shape[2])]


def _alike(a: Pixels, b: Pixels) -> None:
    if a.shape != b.shape:
        raise ValueError(f"pictures of shapes {a.shape} and {b.shape} can't be compared")
