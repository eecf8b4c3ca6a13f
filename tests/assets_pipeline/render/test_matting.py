"""A cut-out put on a page looks as if it had been drawn there."""

import numpy as np
import pytest

from assets_pipeline.render.matting import cut_out


def over(background: int, picture: np.ndarray) -> np.ndarray:
    part = picture[..., 3:] / 255
    return picture[..., :3] * part + background * (1 - part)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.75, 1.0])
def test_a_cut_out_gives_both_of_its_pictures_again(part: float) -> None:
    colour, light = np.array([200.0, 90.0, 30.0]), 220
    dark = np.tile(np.rint(colour * part), (2, 2, 1)).astype(np.uint8)
    lit = np.tile(np.rint(colour * part + light * (1 - part)), (2, 2, 1)).astype(np.uint8)

    picture = cut_out(dark, lit, np.full((2, 2, 3), light, np.uint8))

    assert picture[0, 0, 3] == pytest.approx(part * 255, abs=1.5)
    assert over(0, picture) == pytest.approx(dark, abs=2)
    assert over(light, picture) == pytest.approx(lit, abs=2)
