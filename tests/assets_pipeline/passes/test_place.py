"""Models without units end up in metres, on the ground, in the middle."""

import numpy as np
import pytest

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.passes import Place, Unit
from assets_pipeline.passes.place import guess_unit
from assets_pipeline.readers.shapes import primitive, unitless_model
from assets_pipeline.transforms import bounds


def box(size: float, format: str = "STL") -> Model:
    corners = np.array([[5, 7, 9], [5 + size, 7, 9], [5, 7 + size / 2, 9 + size / 4]], np.float32)
    return unitless_model([primitive(corners, np.array([[0, 1, 2]]))], format=format)


@pytest.mark.parametrize(
    ("longest", "format", "unit"),
    [
        (0.3, "STL", Unit.METRES),
        (2.2, "OBJ", Unit.METRES),
        (90, "STL", Unit.MILLIMETRES),
        (90, "PLY", Unit.MILLIMETRES),
        (90, "OBJ", Unit.CENTIMETRES),
        (1800, "OBJ", Unit.MILLIMETRES),
    ],
)
def test_the_unit_is_guessed_from_size_and_format(longest: float, format: str, unit: Unit) -> None:
    assert guess_unit(longest, format) is unit


def test_a_guess_is_told_and_a_given_unit_is_not() -> None:
    assert "1 mm" in Place()(box(90)).warnings[0]
    assert Place(Unit.CENTIMETRES)(box(90)).warnings == ()


def test_the_model_stands_on_the_ground_in_the_middle() -> None:
    low, high = bounds(Place(Unit.CENTIMETRES)(box(100))) or (np.zeros(3), np.zeros(3))
    assert low.tolist() == pytest.approx([-0.5, 0, -0.125], abs=1e-6)
    assert high.tolist() == pytest.approx([0.5, 0.5, 0.125], abs=1e-6)


def test_a_format_with_units_is_left_alone() -> None:
    gltf = Model(meshes=box(90).meshes, nodes=box(90).nodes)
    assert Place(Unit.MILLIMETRES)(gltf) is gltf


def test_a_model_in_one_point_is_refused() -> None:
    with pytest.raises(InvalidModel):
        Place()(box(0))
