"""Metres, +Y up, feet on the ground, in the middle: for what a format does not say."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from assets_pipeline.axes import TURNS, in_basis, moved
from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.transforms import bounds


class Unit(StrEnum):
    MILLIMETRES = "mm"
    CENTIMETRES = "cm"
    METRES = "m"
    INCHES = "in"
    FEET = "ft"

    @property
    def metres(self) -> float:
        return {"mm": 0.001, "cm": 0.01, "m": 1.0, "in": 0.0254, "ft": 0.3048}[self.value]


class Up(StrEnum):
    """Which of the file's axes points up."""

    Y = "y"
    Z = "z"


# A product is rarely larger than 5 m or smaller than 5 mm, so a longest side below 5 is taken as
# metres. Above that the habit of the format decides: STL and PLY come from CAD and scanners,
# which count millimetres; OBJ comes from modelling programs, which count centimetres until a side
# would be longer than 4 m.
METRES_BELOW = 5.0
CENTIMETRES_BELOW = 400.0
SMALLEST = 0.005  # metres


def guess_unit(longest_side: float, format: str) -> Unit:
    if longest_side < METRES_BELOW:
        return Unit.METRES
    if format == "OBJ" and longest_side < CENTIMETRES_BELOW:
        return Unit.CENTIMETRES
    return Unit.MILLIMETRES


@dataclass(frozen=True)
class Place:
    """Metres and +Y up; then what stands where a machine's coordinates put it goes on the ground
    and to the middle.

    `unit` and `up` say what the file's numbers mean, whatever the file says. Without them the
    file's own word counts, and where it has none, the unit is guessed and +Y is up. Where a model
    of a format for scenes stands is its author's choice. Raises InvalidModel when a model without
    units has no extent at all.
    """

    unit: Unit | None = None  # None: the file's, or a guess that a warning tells
    up: Up | None = None

    def __call__(self, model: Model) -> Model:
        model = _turned(model, self.up)
        corners = None if model.placed and not model.unitless else bounds(model)
        if corners is None:
            return self._scaled(model, 0.0)
        low, high = corners
        middle = (low + high) / 2
        grounded = moved(model, -np.array([middle[0], low[1], middle[2]]))
        return self._scaled(grounded, float(np.max(high - low)))

    def _scaled(self, model: Model, longest: float) -> Model:
        """In metres. `longest` is the longest side in what the file counts."""
        unit = self.unit
        if model.unitless:
            if longest == 0:
                raise InvalidModel(reason="All its vertices are in one place")
            unit = unit or guess_unit(longest, model.format)
            if self.unit is None:
                model = model.warn(
                    f"{model.format} has no units: took 1 as 1 {unit.value}, which makes the"
                    f" longest side {longest * unit.metres:.3g} m. Say --unit {'|'.join(Unit)} if"
                    " that is wrong."
                )
        factor = 1.0 if unit is None else unit.metres / model.metres
        if self.unit is None and 0 < longest < SMALLEST and not model.unitless:
            model = model.warn(
                f"The {model.format} makes the longest side {longest * 1000:.3g} mm. Say --unit"
                f" {'|'.join(Unit)} if that is wrong."
            )
        if factor != 1 and not model.unitless:
            model = model.warn(
                f"The {model.format} says that 1 is {model.metres:g} m; took it as 1 {unit}, as"
                " --unit asks."
            )
        known = replace(model, unitless=False, placed=True, metres=model.metres * factor)
        return in_basis(known, factor, TURNS["y"])


def _turned(model: Model, up: Up | None) -> Model:
    """The model as if its file had said that `up` is up."""
    if up is None or up.value == model.up:
        return model
    if not model.unitless:
        model = model.warn(
            f"The {model.format} says that +{model.up.upper()} is up; --up changed it."
        )
    turn = TURNS[up.value] @ TURNS[model.up].T
    return replace(in_basis(model, 1.0, turn), up=up.value)
