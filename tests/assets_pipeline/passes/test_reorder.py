"""What reordering leaves alone."""

import numpy as np
import pytest

from assets_pipeline.model import Primitive, Values
from assets_pipeline.passes.reorder import reorder_primitive


def fan(triangles: int) -> Primitive:
    """A disc whose triangles all meet in its middle."""
    turn = np.linspace(0, 2 * np.pi, triangles + 1)
    rim = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=1)
    positions = Values(np.vstack([[0, 0, 0], rim]).astype(np.float32), "VEC3")
    edge = np.arange(1, triangles + 1, dtype=np.uint32)
    indices = np.stack([np.zeros_like(edge), edge, edge + 1], axis=1).ravel()
    return Primitive({"POSITION": positions}, indices)


@pytest.mark.parametrize("triangles", [1, 50, 3_000])
def test_the_triangles_stay_the_same_ones(triangles: int) -> None:
    before = fan(triangles)
    after = reorder_primitive(before, for_size=True)
    assert after is not before

    def corners(primitive: Primitive) -> list[list[list[float]]]:
        points = primitive.attributes["POSITION"].array[primitive.indices].reshape(-1, 3, 3)
        return sorted(sorted(triangle) for triangle in points.tolist())

    assert corners(after) == corners(before)


def test_a_corner_of_a_hundred_thousand_triangles_does_not_take_for_ever() -> None:
    before = fan(100_000)
    assert reorder_primitive(before, for_size=True) is before
