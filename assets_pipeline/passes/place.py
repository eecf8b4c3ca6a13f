"""Metres, feet on the ground, in the middle: for formats that say nothing about size."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model, Primitive, Values
from assets_pipeline.transforms import bounds


class Unit(StrEnum):
    MILLIMETRES = "mm"
    CENTIMETRES = "cm"
    METRES = "m"

    @property
    def metres(self) -> float:
        return {"mm": 0.001, "cm": 0.01, "m": 1.0}[self.value]


# A product is rarely larger than 5 m or smaller than 5 mm, so a longest side below 5 is taken as
# metres. Above that the habit of the format decides: STL and PLY come from CAD and scanners,
# which count millimetres; OBJ comes from modelling programs, which count centimetres until a side
# would be longer than 4 m.
METRES_BELOW = 5.0
CENTIMETRES_BELOW = 400.0


def guess_unit(longest_side: float, format: str) -> Unit:
    if longest_side < METRES_BELOW:
        return Unit.METRES
    if format == "OBJ" and longest_side < CENTIMETRES_BELOW:
        return Unit.CENTIMETRES
    return Unit.MILLIMETRES


@dataclass(frozen=True)
class Place:
    """Scale a model without units to metres, set it on the ground and centre it.

    Models whose format has units are left alone: where they stand is their author's choice.
    Raises InvalidModel when the model has no extent at all.
    """

    unit: Unit | None = None  # None: guess, and say so in a warning

    def __call__(self, model: Model) -> Model:
        corners = bounds(model) if model.unitless else None
        if corners is None:
            return model
        low, high = corners
        longest = float(np.max(high - low))
        if longest == 0:
            raise InvalidModel(reason="All its vertices are in one place")
        unit = self.unit or guess_unit(longest, model.format)
        if self.unit is None:
            model = model.warn(
                f"{model.format} has no units: took 1 as 1 {unit.value}, which makes the longest"
                f" side {longest * unit.metres:.3g} m. Say --unit mm, cm or m if that is wrong."
            )
        middle = (low + high) / 2
        foot = np.array([middle[0], low[1], middle[2]])
        placed = model.map_primitives(lambda p: place_primitive(p, foot, unit.metres))
        return replace(placed, unitless=False)


def place_primitive(primitive: Primitive, foot: NDArray[np.float64], scale: float) -> Primitive:
    positions = primitive.attributes["POSITION"].floats().astype(np.float64)
    moved = Values(((positions - foot) * scale).astype(np.float32), "VEC3")
    return replace(primitive, attributes={**primitive.attributes, "POSITION": moved})
