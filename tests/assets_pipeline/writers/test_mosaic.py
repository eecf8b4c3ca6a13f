"""A small picture that stands for a large one."""

import numpy as np

from assets_pipeline.writers.mosaic import error, halved, mosaic

RANDOM = np.random.default_rng(5)


def test_a_picture_of_few_tiles_is_its_own_mosaic() -> None:
    picture = RANDOM.integers(0, 255, (256, 256, 3), dtype=np.uint8)
    assert mosaic(picture) is picture
    ribbon = RANDOM.integers(0, 255, (10, 3000), dtype=np.uint8)
    assert mosaic(ribbon) is ribbon


def test_calm_and_lively_parts_count_by_their_area() -> None:
    picture = np.full((512, 1024, 3), 100, np.uint8)
    picture[:, :256] = RANDOM.integers(0, 255, (512, 256, 3), dtype=np.uint8)
    tiles = mosaic(picture)
    assert tiles.shape == (256, 256, 3)
    assert (tiles == 100).all(axis=2).mean() == 0.75  # 12 of 16 tiles


def test_tiles_hold_pixels_of_the_picture_in_their_places() -> None:
    picture = np.add.outer(np.arange(512), np.arange(512)).astype(np.uint8)
    corner = mosaic(picture)[:64, :64]
    found = [
        (row, column)
        for row in range(0, 512, 64)
        for column in range(0, 512, 64)
        if (picture[row : row + 64, column : column + 64] == corner).all()
    ]
    assert found


def test_halving_takes_the_mean_and_drops_an_odd_edge() -> None:
    picture = np.array([[0, 2, 9], [4, 6, 9], [9, 9, 9]], np.uint8)
    assert halved(picture).tolist() == [[3]]
    assert halved(picture[:1]).shape == (1, 3)


def test_what_lies_under_transparent_pixels_is_no_error() -> None:
    before = RANDOM.integers(0, 255, (32, 32, 4), dtype=np.uint8)
    before[..., 3] = 0
    after = before.copy()
    after[..., :3] = 7
    assert error(before, after) == 0
    after[..., 3] = 255
    assert error(before, after) > 0.1
