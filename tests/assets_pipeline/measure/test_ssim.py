"""How alike two pictures look."""

import math

import numpy as np
import pytest

from assets_pipeline.measure.ssim import psnr, ssim

RANDOM = np.random.default_rng(1)
GREY = RANDOM.integers(0, 256, (64, 48), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (64, 48, 3), dtype=np.uint8)


def reference(a: np.ndarray, b: np.ndarray) -> float:
    """The paper's formula, window by window, in double precision."""
    x = np.arange(-5, 6)
    bell = np.exp(-(x**2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    padded_a, padded_b = (np.pad(p.astype(float), 5, mode="symmetric") for p in (a, b))
    total = 0.0
    for row in range(a.shape[0]):
        for column in range(a.shape[1]):
            p = padded_a[row : row + 11, column : column + 11]
            q = padded_b[row : row + 11, column : column + 11]
            mean_p, mean_q = (window * p).sum(), (window * q).sum()
            var_p = (window * (p - mean_p) ** 2).sum()
            var_q = (window * (q - mean_q) ** 2).sum()
            both = (window * (p - mean_p) * (q - mean_q)).sum()
            c1, c2 = 2.55**2, 7.65**2
            total += ((2 * mean_p * mean_q + c1) * (2 * both + c2)) / (
                (mean_p**2 + mean_q**2 + c1) * (var_p + var_q + c2)
            )
    return total / a.size


def test_equal_pictures_score_one_and_have_no_noise() -> None:
    assert ssim(COLOUR, COLOUR.copy()) == 1.0
    assert psnr(COLOUR, COLOUR.copy()) == math.inf


def test_the_score_is_the_papers() -> None:
    near = np.clip(GREY.astype(int) // 2 + RANDOM.integers(-9, 9, GREY.shape), 0, 255)
    near = near.astype(np.uint8)
    assert ssim(GREY, near) == pytest.approx(reference(GREY, near), abs=1e-5)


def test_a_flat_bright_picture_keeps_its_precision() -> None:
    flat = np.full((32, 32), 250, np.uint8)
    speckled = flat.copy()
    speckled[::4, ::4] -= 1
    assert ssim(flat, speckled) == pytest.approx(reference(flat, speckled), abs=1e-5)


def test_channels_count_alike() -> None:
    other = COLOUR.copy()
    other[..., 1] = 255 - other[..., 1]
    green = ssim(COLOUR[..., 1], other[..., 1])
    assert ssim(COLOUR, other) == pytest.approx((2 + green) / 3, abs=1e-6)


def test_noise_of_one_step_is_48_db() -> None:
    brighter = np.minimum(GREY, 254) + 1
    assert psnr(np.minimum(GREY, 254), brighter.astype(np.uint8)) == pytest.approx(48.13, abs=0.01)


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="can't be compared"):
        ssim(GREY, GREY[1:])
    with pytest.raises(ValueError, match="can't be compared"):
        psnr(COLOUR, GREY)
