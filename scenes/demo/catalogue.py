"""Every model of the demo by name."""

from collections.abc import Callable

from scenes.demo.modelling.glb import Part
from scenes.demo.products import bag, chair, lamp, scent, shoe, tea, throw, vase
from scenes.demo.props import counter, outside, pendant, plant, plinths, room, textiles

MODELS: dict[str, Callable[[], list[Part]]] = {
    "plinth_terrazzo": plinths.plinth_terrazzo,
    "plinth_tall": plinths.plinth_tall,
    "plinth_low": plinths.plinth_low,
    "plinth_round": plinths.plinth_round,
    "podium": plinths.podium,
    "bag": bag.bag,
    "chair": chair.chair,
    "throw": throw.throw,
    "lamp": lamp.lamp,
    "scent": scent.scent,
    "shoe": shoe.shoe,
    "tea": tea.tea,
    "vase": vase.vase,
    "showroom": room.showroom,
    "outside": outside.outside,
    "counter": counter.counter,
    "curtain": textiles.curtain,
    "pendant": pendant.pendant,
    "plant": plant.plant,
    "rug": textiles.rug,
}
