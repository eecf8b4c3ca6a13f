"""Overlap is what a texture shows twice; neighbours that share an edge don't overlap."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.measure.uv_layout import CROSSINGS, coverage, densities, signed_areas

HALVES = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float64)


def fan(parts: int) -> NDArray[np.float64]:
    """Thin triangles around the middle of the unit square, each sharing edges with two others."""
    turns = np.linspace(0, 2 * np.pi, parts + 1)
    rim = 0.5 + 0.4 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    middle = np.full((parts, 2), 0.5)
    return np.stack([middle, rim[:-1], rim[1:]], axis=1)


def test_two_halves_cover_the_square_once() -> None:
    found = coverage(HALVES, 64)
    assert (found.covered, found.overlapping) == (64 * 64, 0)


@pytest.mark.parametrize("parts", [3, 50, 1000])
def test_neighbours_never_overlap_however_thin(parts: int) -> None:
    found = coverage(fan(parts))
    assert found.overlapping == 0
    whole = parts / 2 * np.sin(2 * np.pi / parts) * 0.4**2
    assert found.covered / found.resolution**2 == pytest.approx(whole, rel=0.01)


def test_the_overlap_of_two_triangles_is_the_area_they_share() -> None:
    moved = HALVES[:1] * [0.5, 1]
    found = coverage(np.concatenate([HALVES[:1], moved]), 512)
    shared, whole = found.overlapping / 512**2, found.covered / 512**2
    assert (shared, whole) == pytest.approx((0.125, 0.625), abs=0.01)


def test_mirrored_and_infinite_triangles_are_drawn_and_dropped() -> None:
    mirrored = HALVES[:, ::-1]
    assert coverage(np.concatenate([HALVES, mirrored]), 64).overlap == 1.0
    assert coverage(np.full((3, 3, 2), np.inf)).overlap == 0.0
    assert list(np.sign(signed_areas(np.concatenate([HALVES[:1], mirrored[:1]])))) == [1, -1]


def test_a_layout_that_is_stacked_without_end_is_looked_at_more_coarsely() -> None:
    stacked = np.repeat(HALVES, CROSSINGS // 1000, axis=0)
    found = coverage(stacked)
    assert found.resolution < 512
    assert found.overlap == 1.0


def test_density_is_texels_per_metre_along_a_side() -> None:
    places = np.concatenate([HALVES, np.zeros((2, 3, 1))], axis=2) * 2  # a square of two metres
    assert densities(HALVES, places, np.full(2, 1024.0**2)) == pytest.approx([512, 512])
    assert densities(HALVES, places * 0, np.full(2, 1024.0**2)) is None
