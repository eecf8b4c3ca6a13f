"""Models without units end up in metres, on the ground, in the middle."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assets_pipeline.axes import TURNS, in_basis
from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model, Node
from assets_pipeline.passes import Place, Unit, Up
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


def scene(**more: Any) -> Model:
    """A box of 100 × 50 × 25 with a node around it, as a format with units has it."""
    still = box(100)
    nodes = (Node(children=(1,)), Node(mesh=0, translation=(1, 2, 3)))
    return replace(still, nodes=nodes, unitless=False, placed=True, format="USD", **more)


def extent(model: Model) -> list[float]:
    low, high = bounds(model) or (np.zeros(3), np.zeros(3))
    return [round(float(x), 3) for x in high - low]


def test_a_format_with_units_is_left_alone() -> None:
    placed = Place()(scene())
    assert placed.warnings == ()
    assert bounds(placed)[0].tolist() == pytest.approx([6, 9, 12])  # type: ignore[index]


def test_a_given_unit_wins_over_the_files_own_and_is_told() -> None:
    placed = Place(Unit.INCHES)(scene(metres=0.01))
    assert extent(placed) == [254, 127, 63.5]
    assert placed.nodes[1].translation == pytest.approx((2.54, 5.08, 7.62))
    assert "1 in" in placed.warnings[0]


def test_a_given_unit_that_the_file_says_too_changes_nothing() -> None:
    assert Place(Unit.CENTIMETRES)(scene(metres=0.01)).warnings == ()


@pytest.mark.parametrize("up", [Up.Z, Up.Y])
def test_a_given_up_axis_wins_over_the_files_own(up: Up) -> None:
    turned = Place(up=up)(scene(up="y"))
    assert extent(turned) == ([100, 25, 50] if up is Up.Z else [100, 50, 25])


def test_a_scan_that_lies_on_its_back_stands_up_when_told() -> None:
    low, high = bounds(Place(Unit.METRES, Up.Z)(box(100))) or (np.zeros(3), np.zeros(3))
    assert low.tolist() == pytest.approx([-50, 0, -25])
    assert high.tolist() == pytest.approx([50, 25, 25])


def test_a_plate_of_parts_is_grounded_by_its_outermost_nodes() -> None:
    placed = Place()(replace(scene(), placed=False))
    low, high = bounds(placed) or (np.zeros(3), np.zeros(3))
    assert (low[1], (low + high)[0], (low + high)[2]) == pytest.approx((0, 0, 0))
    assert placed.nodes[0].translation is None  # the root stays without a transform


def test_a_part_too_small_to_be_a_product_is_told() -> None:
    crumb = in_basis(scene(metres=0.00001), 0.00001, TURNS["y"])
    assert "1 mm" in Place()(replace(crumb, placed=False)).warnings[0]


def test_a_model_in_one_point_is_refused() -> None:
    with pytest.raises(InvalidModel):
        Place()(box(0))
