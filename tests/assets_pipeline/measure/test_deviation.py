"""How far surfaces are from each other, against what can be said without measuring."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets_pipeline.measure.deviation import (
    Distances,
    Surface,
    cover,
    deviation,
    surface,
    to_triangles,
)
from assets_pipeline.readers import read
from tests.assets_pipeline.examples import square


def sheet(steps: int, height: float = 0.0) -> Surface:
    """A square metre of 2 × steps² triangles, at a height."""
    x, y = np.meshgrid(np.linspace(0, 1, steps + 1), np.linspace(0, 1, steps + 1))
    points = np.stack([x.ravel(), y.ravel(), np.full(x.size, height)], axis=1)
    corner = (np.arange(steps)[:, None] * (steps + 1) + np.arange(steps)).ravel()
    low = np.stack([corner, corner + 1, corner + steps + 1], axis=1)
    high = np.stack([corner + 1, corner + steps + 2, corner + steps + 1], axis=1)
    return Surface(points, np.concatenate([low, high]))


def soup(seed: int, triangles: int, size: float) -> Surface:
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-1, 1, (triangles, 1, 3))
    reach = size ** rng.uniform(0, 3, (triangles, 1, 1))  # from large to tiny
    points = (middles + reach * rng.normal(size=(triangles, 3, 3))).reshape(-1, 3)
    return Surface(points, np.arange(3 * triangles).reshape(-1, 3))


def closest_by_search(point: NDArray[np.float64], corners: NDArray[np.float64]) -> float:
    """The distance to a triangle by trying a fine lattice of its points."""
    steps = 150
    i, j = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    inside = i + j <= steps
    weights = np.stack([steps - i - j, i, j], axis=-1)[inside] / steps
    return float(np.linalg.norm(weights @ corners - point, axis=1).min())


def test_a_surface_is_nowhere_off_itself_however_it_is_cut() -> None:
    found = deviation(sheet(1), sheet(7))
    assert found.most_mm == pytest.approx(0, abs=1e-9)


def test_a_raised_sheet_is_off_by_its_height() -> None:
    found = deviation(sheet(3), sheet(5, height=0.004))
    assert (found.a_to_b_mm, found.b_to_a_mm) == (pytest.approx(4), pytest.approx(4))


def test_a_hole_shows_from_one_side_only() -> None:
    whole = sheet(10)
    far = whole.corners[:, :, 1].mean(axis=1) > 0.2
    torn = Surface(whole.points, whole.triangles[far])  # without the strip of y from 0 to 0.2
    found = deviation(whole, torn)
    assert found.b_to_a_mm == pytest.approx(0, abs=1e-9)
    assert found.a_to_b_mm == pytest.approx(200, abs=1e-6)


def test_nothing_is_infinitely_far_from_something() -> None:
    nothing = Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    assert deviation(nothing, sheet(1)).most_mm == float("inf")
    assert deviation(nothing, nothing).most_mm == 0


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_the_distance_to_a_triangle_is_that_of_its_closest_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners, point = rng.normal(size=(3, 3)), 2 * rng.normal(size=3)
    found = float(to_triangles(point[None], corners[None])[0])
    searched = closest_by_search(point, corners)
    assert found <= searched + 1e-12
    assert searched - found < 0.05  # a step of the search


def test_a_triangle_without_area_counts_as_the_line_that_it_is() -> None:
    line = np.array([[[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]])
    points = np.array([[1.5, 3, 0], [4, 0, 0]])
    assert to_triangles(points, np.repeat(line, 2, axis=0)) == pytest.approx([3, 2])


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.integers(1, 200), st.floats(0.01, 0.9))
def test_the_nearest_triangle_is_found_among_large_and_tiny_ones(
    seed: int, triangles: int, size: float
) -> None:
    corners = soup(seed, triangles, size).corners
    points = np.random.default_rng(seed + 1).uniform(-1.5, 1.5, (20, 3))
    found = Distances(corners)(points, np.full(20, np.inf))
    pairs = to_triangles(np.repeat(points, triangles, axis=0), np.tile(corners, (20, 1, 1)))
    assert found == pytest.approx(pairs.reshape(20, triangles).min(axis=1))


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.05, 0.9))
def test_the_largest_distance_is_that_of_comparing_everything(
    seed: int, triangles: int, size: float
) -> None:
    a, b = soup(seed, triangles, size), soup(seed + 1, triangles + 3, size)
    found = deviation(a, b, samples=300)
    for mine, other, claimed in ((a, b, found.a_to_b_mm), (b, a, found.b_to_a_mm)):
        points, corners = cover(mine, 300).points, other.corners
        every = to_triangles(
            np.repeat(points, len(corners), axis=0), np.tile(corners, (len(points), 1, 1))
        )
        furthest = every.reshape(len(points), -1).min(axis=1).max()
        assert claimed == pytest.approx(1000 * furthest, abs=0.001)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(10, 500))
def test_no_point_of_a_surface_is_further_from_the_samples_than_said(
    seed: int, triangles: int, samples: int
) -> None:
    mine = soup(seed, triangles, 0.5)
    made = cover(mine, samples)
    weights = np.random.default_rng(seed).dirichlet((1, 1, 1), triangles)
    points = np.einsum("tk,tkx->tx", weights, mine.corners)
    gaps = np.linalg.norm(points[:, None] - made.points[None], axis=2).min(axis=1)
    assert gaps.max() <= made.gap * 1.000001


def test_a_model_is_measured_in_metres_where_its_nodes_place_it(tmp_path: Path) -> None:
    example = square()
    example.document["nodes"] = [
        {"mesh": 0, "scale": [2, 2, 2]},
        {"mesh": 0, "translation": [5, 0, 0]},
        {"name": "not shown", "mesh": 0},
    ]
    example.document["scenes"][0]["nodes"] = [0, 1]
    path = tmp_path / "squares.glb"
    path.write_bytes(example.glb())
    placed = surface(read(path))
    assert len(placed.triangles) == 4
    assert placed.corners.max(axis=(0, 1)).tolist() == [6, 2, 0]
