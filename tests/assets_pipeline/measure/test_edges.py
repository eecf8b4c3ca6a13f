"""Edges are counted by place: a seam in normals or UVs is no border."""

import numpy as np

from assets_pipeline.measure.edges import Edges, edges

CORNERS = np.array(
    [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32
)  # numbered by their bits x y z
BOX = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ],
    np.int64,
)  # fmt: skip


def test_a_box_is_closed_and_bends_by_90_degrees_at_its_twelve_edges() -> None:
    assert edges(CORNERS, BOX) == Edges(open=0, forked=0, hard=12, degenerate=0)


def test_vertices_of_one_place_are_one_even_when_they_are_stored_apart() -> None:
    apart = CORNERS[BOX].reshape(-1, 3)
    assert edges(apart, np.arange(36).reshape(-1, 3)) == edges(CORNERS, BOX)


def test_a_lid_taken_off_opens_four_edges() -> None:
    assert edges(CORNERS, BOX[:-2]).open == 4


def test_a_wall_inside_forks_what_it_stands_on() -> None:
    wall = np.array([[0, 3, 7], [0, 7, 4]], np.int64)  # on two edges and two diagonals of the box
    assert edges(CORNERS, np.concatenate([BOX, wall])).forked == 4


def test_a_triangle_without_an_area_counts_as_that_and_nothing_else() -> None:
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], np.float32)
    assert edges(line, np.array([[0, 1, 2], [0, 0, 1]])) == Edges(degenerate=2)
    assert edges(line, np.empty((0, 3), np.int64)) == Edges()
