"""First shapes with the right sizes, replaced one by one."""

import json
from pathlib import Path

from scenes.demo.modelling import palette
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import merge
from scenes.demo.modelling.shapes import block, panel


def _product(product):
    def build():
        d = product["dimensions"]
        worn = {
            v["material_variant"]: Material(v["material_variant"], v["swatch"])
            for v in product["variants"]
        }
        mesh = block(d["width"], d["height"], d["depth"], min(d.values()) * 0.3).tiled(0.2)
        return [Part(product["model"], mesh, next(iter(worn.values())), worn)]

    return build


def _showroom():
    wall = Material("Plaster", "#efe6d8")
    floor = Material("Oak herringbone", "#bd9263")
    return [
        Part("floor", panel((-4.5, 0, 3.5), (9, 0, 0), (0, 0, -7)).tiled(1.6), floor),
        Part(
            "walls",
            merge(
                panel((-4.5, 0, -3.5), (9, 0, 0), (0, 3.2, 0)),
                panel((4.5, 0, 3.5), (-9, 0, 0), (0, 3.2, 0)),
                panel((4.5, 0, -3.5), (0, 0, 7), (0, 3.2, 0)),
                panel((-4.5, 3.2, -3.5), (9, 0, 0), (0, 0, 7)),
            ).tiled(2),
            wall,
        ),
    ]


def _block(w, h, d, color):
    return lambda: [Part("body", block(w, h, d, 0.01).tiled(0.5), Material("Draft", color))]


_PRODUCTS = json.loads((Path(__file__).parent / "products.json").read_text())["products"]
DRAFTS = {p["model"]: _product(p) for p in _PRODUCTS} | {
    "showroom": _showroom,
    "outside": lambda: [
        Part(
            "sky",
            panel((-10, -2, 8), (0, 0, -16), (0, 6, 0)).tiled(16, 6),
            Material("Sky", "#000000", glow="#bfd4e6"),
        )
    ],
    "rug": _block(3.0, 0.012, 2.2, "#d8cbb6"),
    "counter": _block(2.0, 1.0, 0.62, "#b98f68"),
    "plant": _block(0.4, 1.5, 0.4, "#5c7048"),
    "pendant": lambda: [
        Part("shade", block(0.3, 0.25, 0.3, 0.05).moved(y=-1.2), Material("Draft", "#ead9bd"))
    ],
    "curtain": _block(0.5, 3.0, 0.1, "#e8dfce"),
}
