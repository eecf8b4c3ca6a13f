"""Computed normals are unit vectors that face outwards and respect edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from assets_pipeline.passes.normals import corner_normals

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.uint32,
)  # fmt: skip


def sphere(rings: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    across, up = np.meshgrid(np.arange(rings) * 2, np.arange(1, rings), indexing="ij")
    a, b = across.ravel() * np.pi / rings, up.ravel() * np.pi / rings
    points = np.stack([np.sin(b) * np.cos(a), np.cos(b), np.sin(b) * np.sin(a)], axis=1)
    index = np.arange(len(points)).reshape(rings, rings - 1)
    right = np.roll(index, -1, axis=0)
    quads = [index[:, :-1], right[:, :-1], right[:, 1:], index[:, 1:]]
    p, q, r, s = (quad.ravel() for quad in quads)
    faces = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    return points.astype(np.float32), faces.astype(np.uint32)


def test_a_cube_keeps_its_edges() -> None:
    normals = corner_normals(CUBE, CUBE_FACES, 40)
    assert np.abs(normals).max(axis=1) == pytest.approx(1)
    outwards = CUBE[CUBE_FACES.ravel()] - 0.5
    assert (np.einsum("ij,ij->i", normals, outwards) > 0).all()


def test_a_sphere_is_round() -> None:
    points, faces = sphere(24)
    normals = corner_normals(points, faces, 40)
    outwards = points[faces.ravel()]
    cosines = np.abs(np.einsum("ij,ij->i", normals, outwards))
    assert cosines.min() > np.cos(np.radians(6))


def test_a_split_seam_does_not_show() -> None:
    points, faces = sphere(12)
    soup = points[faces.ravel()]
    apart = corner_normals(soup, np.arange(len(soup), dtype=np.uint32).reshape(-1, 3), 40)
    assert apart == pytest.approx(corner_normals(points, faces, 40))


def test_no_crease_means_flat() -> None:
    points, faces = sphere(8)
    normals = corner_normals(points, faces, 0).reshape(-1, 3, 3)
    assert (normals == normals[:, :1]).all()


def test_triangles_that_all_share_their_points_are_no_trouble() -> None:
    faces = np.tile(np.array([[0, 1, 2]], np.uint32), (100, 1))
    normals = corner_normals(np.eye(3, dtype=np.float32), faces, 40)
    assert normals == pytest.approx(np.full((300, 3), 3**-0.5))


def test_a_crowded_point_is_smoothed_as_a_whole() -> None:
    count = 200
    turn = np.arange(count) * 2 * np.pi / count
    rim = np.stack([np.cos(turn), np.zeros(count), np.sin(turn)], axis=1)
    points = np.vstack([[0, 2, 0], rim]).astype(np.float32)
    around = np.arange(count)
    faces = np.stack([np.zeros(count), (around + 1) % count + 1, around + 1], axis=1)
    normals = corner_normals(points, faces.astype(np.uint32), 40)
    assert normals[::3] == pytest.approx(np.tile([0, 1, 0], (count, 1)), abs=1e-6)


@given(
    arrays.arrays(
        np.float32,
        st.integers(1, 20).map(lambda n: (3 * n, 3)),
        elements=st.floats(-1e3, 1e3, width=32),
    ),
    st.sampled_from([0, 40, 180]),
)
def test_every_normal_has_length_one(corners: NDArray[np.float32], crease: int) -> None:
    faces = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
    lengths = np.linalg.norm(corner_normals(corners, faces, crease), axis=1)
    assert lengths == pytest.approx(np.ones(len(corners)))
