"""Soglia: an eau de parfum in heavy glass with a cap of turned oak."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve, rounded
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.shapes import block, lathe, panel
from scenes.demo.modelling.textures import Pixels

SCENTS = {"Fig": "#b8bf76", "Amber": "#dc9442", "Rose": "#dd9a8c"}


def _label() -> Pixels:
    image = Image.new("RGB", (512, 448), (244, 238, 226))
    draw = ImageDraw.Draw(image)
    ink = (52, 44, 36)
    draw.rectangle((18, 18, 493, 429), outline=ink, width=3)
    for text, size, y in (
        ("SOGLIA", 92, 165),
        ("eau de parfum", 44, 268),
        ("VITRINE   ·   100 ml", 30, 372),
    ):
        font = ImageFont.load_default(size)
        draw.text((256, y), text, font=font, fill=ink, anchor="mm")
    draw.line((206, 318, 306, 318), fill=ink, width=3)
    return np.asarray(image)


def scent() -> list[Part]:
    # Blended, not transmissive: real transmission draws everything opaque in view a second
    # time. Counted by three.js from the entrance: 277 draw calls and 749k triangles with it
    # (shadow maps included), 208 and 556k without.
    glass = Material(
        "Glass", "#dfe9e2", roughness=0.03, opacity=0.24, blend=True, clearcoat=1.0,
        clearcoat_roughness=0.02,
    )  # fmt: skip
    scents = {
        name: Material(f"{name} perfume", tint, roughness=0.12, glow=tint, glow_strength=0.12)
        for name, tint in SCENTS.items()
    }
    brass = Material("Brass", "#d9b26a", roughness=0.28, metallic=1.0)
    paper = Material("Label", picture=_label(), roughness=0.85)
    oak = Material("Turned oak", "#e3c7a0", palette.oak())
    collar = lathe(rounded([(0, 0), (0.0115, 0), (0.0115, 0.012), (0, 0.012)], 0.0012, 4), 40)
    dome = [
        (0, 0), (0.0155, 0), (0.0185, 0.0025), (0.0205, 0.012), (0.0185, 0.0235), (0.01, 0.0305),
        (0, 0.032),
    ]  # fmt: skip
    cap = lathe(curve(dome, 34), 56)
    shell = block(0.07, 0.088, 0.045, 0.0085, 6)
    perfume = block(0.0655, 0.066, 0.0405, 0.0065, 5).moved(y=0.0125)
    # Deeper where one looks through more of it: towards the foot and the edges.
    depth = np.clip((perfume.positions[:, 1] - 0.0125) / 0.066, 0, 1)
    flat = np.abs(perfume.normals).max(axis=1)
    perfume = perfume.lit(
        (0.68 + 0.32 * depth**0.7) * (0.62 + 0.38 * np.clip((flat - 0.6) / 0.4, 0, 1))
    )
    front = panel((-0.019, 0.026, 0.02265), (0.038, 0, 0), (0, 0.0333, 0))
    # The picture's first row is the top of the label.
    front = front.tiled(0.038, 0.0333).uv_upright()
    tubing = lathe(rounded([(0.0008, 0), (0.0008, 0.076)], 0.001), 8).moved(y=0.016)
    return [
        Part("tube", tubing, Material("Tube", "#f4f4ee", roughness=0.3)),
        Part("perfume", perfume, scents["Fig"], scents),
        Part("glass", shell, glass),
        Part("label", front, paper),
        Part("collar", collar.moved(y=0.0875), brass),
        Part("cap", cap.moved(y=0.0990).uv_turned().tiled(0.09), oak),
    ]
