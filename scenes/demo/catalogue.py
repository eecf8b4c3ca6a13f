"""Every model of the demo by name."""

from collections.abc import Callable

from scenes.demo.modelling.glb import Part
from scenes.demo.props import plinths
from scenes.demo.drafts import DRAFTS

MODELS: dict[str, Callable[[], list[Part]]] = {
    "plinth_terrazzo": plinths.plinth_terrazzo,
    "plinth_tall": plinths.plinth_tall,
    "plinth_low": plinths.plinth_low,
    "plinth_round": plinths.plinth_round,
    "podium": plinths.podium,
    **DRAFTS,
}
