"""A change of basis is the same shape in other numbers, whatever moves it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.axes import TURNS, in_basis
from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.transforms import Matrix, placed_primitives
from tests.assets_pipeline import examples

MIRROR = np.diag([1.0, 1.0, -1.0])


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("moving") / "a.glb"
    path.write_bytes(examples.moving_square().glb())
    return read(path)


def points(model: Model) -> NDArray[np.float64]:
    return np.vstack([shown for _, shown in placed_primitives(model)])


@pytest.mark.parametrize("turn", [TURNS["x"], TURNS["z"], MIRROR])
def test_every_shown_point_goes_where_the_basis_says(moving: Model, turn: Matrix) -> None:
    before = points(moving)
    after = points(in_basis(moving, 0.01, turn))
    assert np.allclose(after, before @ (0.01 * turn).T, atol=1e-7)


def test_turning_and_turning_back_changes_nothing(moving: Model) -> None:
    turned = in_basis(in_basis(moving, 2.0, TURNS["z"]), 0.5, TURNS["z"].T)
    for before, after in zip(
        moving.animations[0].samplers, turned.animations[0].samplers, strict=True
    ):
        assert np.allclose(before.values.floats(), after.values.floats(), atol=1e-6)
    for old, new in zip(moving.primitives, turned.primitives, strict=True):
        assert np.allclose(old.targets[0]["POSITION"].array, new.targets[0]["POSITION"].array)
        assert np.allclose(old.attributes["NORMAL"].array, new.attributes["NORMAL"].array)


def test_an_animated_turn_is_about_the_turned_axis(moving: Model) -> None:
    turned = in_basis(moving, 1.0, TURNS["z"])
    last = turned.animations[0].samplers[0].values.array[-1].tolist()
    assert last == pytest.approx([0, 1, 0, 0])  # half a turn about z became one about y


def test_a_mirror_winds_triangles_back(moving: Model) -> None:
    indices = in_basis(moving, 1.0, MIRROR).primitives[0].indices
    assert indices is not None
    assert indices.tolist() == [2, 1, 0, 3, 2, 0]
