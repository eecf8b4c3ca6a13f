"""Where the camera stands, in numbers."""

import numpy as np
import pytest

from assets_pipeline.render.views import FIELD_OF_VIEW, FILL, POSTER, VIEWS, Frame, Station, View
from assets_pipeline.render.views import station as place

REACH = np.tan(np.radians(FIELD_OF_VIEW / 2))
CUPBOARD = Frame((-0.3, 0.0, -0.2), (0.5, 1.9, 0.4))
PLANK = Frame((-2.0, 0.0, -0.05), (2.0, 0.02, 0.05))


def projected(stand: Station, points: np.ndarray) -> np.ndarray:
    """Where points are in the picture, (n, 2), -1 to 1, up and right positive."""
    seen = points - stand.position
    across = np.stack([seen @ stand.right, seen @ stand.up], axis=-1)
    return across / (seen @ stand.ahead)[:, None] / REACH


@pytest.mark.parametrize("view", [*VIEWS, POSTER, View("straight down", (0, 1, 0))])
@pytest.mark.parametrize("frame", [CUPBOARD, PLANK])
def test_the_whole_box_is_in_every_picture(view: View, frame: Frame) -> None:
    seen = projected(place(view, frame), frame.corners)
    assert np.abs(seen).max() <= FILL + 1e-9


def test_a_tall_box_fills_the_picture_from_top_to_bottom() -> None:
    seen = projected(place(POSTER, CUPBOARD), CUPBOARD.corners)
    assert seen[:, 1].max() == pytest.approx(FILL)
    assert seen[:, 1].min() == pytest.approx(-FILL)


def test_a_box_without_size_still_has_a_camera() -> None:
    stand = place(POSTER, Frame((1, 2, 3), (1, 2, 3)))
    assert np.isfinite(stand.position).all()
    assert stand.distance > 0


def test_rays_go_through_the_pixels_they_belong_to() -> None:
    stand = place(POSTER, CUPBOARD)
    rays = stand.rays(4)
    corner = projected(stand, stand.position + 2 * rays[0, 3][None])[0]
    assert corner.tolist() == pytest.approx([0.75, 0.75])


def test_a_camera_comes_closer_until_the_silhouette_fills_the_picture() -> None:
    stand = place(View("front", (0, 0, 1)), Frame((-1, -1, 0), (1, 1, 0)))
    covered = np.zeros((100, 100), bool)
    covered[50:75, 25:50] = True  # a quarter of the width, below and left of the middle
    closer = stand.closer(covered)
    wide = REACH * stand.distance  # half the picture's width at the product, before
    corners = np.array([[-0.5 * wide, 0, 0], [0, -0.5 * wide, 0]])
    seen = projected(closer, corners)
    assert seen.ravel().tolist() == pytest.approx([-FILL, FILL, FILL, -FILL])


def test_an_empty_picture_moves_no_camera() -> None:
    stand = place(POSTER, CUPBOARD)
    assert stand.closer(np.zeros((8, 8), bool)) is stand
