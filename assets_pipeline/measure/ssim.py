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
    if np.array_equal(a, b):
        return 1.0
    pairs = zip(_planes(a), _planes(b), strict=True)
    return float(np.mean([_ssim_of_planes(x, y) for x, y in pairs]))


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all channels; infinite for equal pictures."""
    _alike(a, b)
    error = float(np.mean(np.square(a.astype(np.float32) - b.astype(np.float32)), dtype=np.float64))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def _ssim_of_planes(a: Plane, b: Plane) -> float:
    mean_a, mean_b = _blur(a), _blur(b)
    square_a, square_b, product = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    spread = _blur(a * a) - square_a + _blur(b * b) - square_b
    together = _blur(a * b) - product
    above = (2 * product + C1) * (2 * together + C2)
    return float(np.mean(above / ((square_a + square_b + C1) * (spread + C2)), dtype=np.float64))


def _blur(plane: Plane) -> Plane:
    from scipy.ndimage import gaussian_filter  # not above: it would double what a start takes

    blurred: Plane = gaussian_filter(plane, SIGMA, radius=RADIUS)
    return blurred


def _planes(pixels: Pixels) -> list[Plane]:
    """Float32 keeps the mean right to 1e-6: C2 is far above what rounding does to a variance."""
    channels = pixels[..., None] if pixels.ndim == 2 else pixels
    return [channels[..., i].astype(np.float32) for i in range(channels.shape[2])]


def _alike(a: Pixels, b: Pixels) -> None:
    if a.shape != b.shape:
        raise ValueError(f"pictures of shapes {a.shape} and {b.shape} can't be compared")
