"""Pausa: a teapot and two cups on an oak tray."""

from __future__ import annotations

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import curve, rounded, superellipse
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Mesh, merge
from scenes.demo.modelling.occlusion import shaded
from scenes.demo.modelling.shapes import lathe, level, stack, tube


def _tray() -> Mesh:
    outline = ((0.196, 0.126, 0.0), (0.208, 0.138, 0.004), (0.21, 0.14, 0.012), (0.21, 0.14, 0.021),
               (0.2085, 0.1385, 0.0235), (0.205, 0.135, 0.0235), (0.2035, 0.1335, 0.021),
               (0.2, 0.13, 0.0115), (0.196, 0.126, 0.0105))  # fmt: skip
    loops = [level(superellipse(a, b, 5.5, 64), y) for a, b, y in outline]
    return stack(loops).projected(0, 2)


def _pot() -> Mesh:
    body = curve(
        [(0.0, 0.003), (0.036, 0.003), (0.04, 0.0), (0.045, 0.001), (0.058, 0.014), (0.073, 0.044),
         (0.073, 0.072), (0.058, 0.099), (0.042, 0.109), (0.0375, 0.1115), (0.035, 0.108)], 42
    )  # fmt: skip
    lid = curve(
        [(0.037, 0.110), (0.0385, 0.1125), (0.03, 0.119), (0.016, 0.124), (0.007, 0.1265),
         (0.006, 0.131), (0.0105, 0.137), (0.0115, 0.142), (0.0075, 0.147), (0.0, 0.148)], 28
    )  # fmt: skip
    spout_path = curve(
        [(0.058, 0.042, 0), (0.083, 0.056, 0), (0.099, 0.082, 0), (0.118, 0.107, 0)], 18
    )
    spout = tube(
        spout_path, np.interp(np.linspace(0, 1, 18), [0, 0.35, 1], [0.022, 0.014, 0.0075]), 18
    )
    hole = lathe(rounded([(0, 0), (0.0055, 0.0)], 0.001), 18).turned(z=-50).lit(0.12)
    hole = hole.moved(*(spout_path[-1] + np.array([0.0004, 0.0003, 0])))
    handle_path = curve(
        [
            (-0.062, 0.09, 0),
            (-0.09, 0.102, 0),
            (-0.112, 0.086, 0),
            (-0.109, 0.056, 0),
            (-0.068, 0.036, 0),
        ],
        30,
    )
    handle = tube(
        handle_path,
        np.interp(np.linspace(0, 1, 30), [0, 0.2, 0.8, 1], [0.009, 0.0062, 0.0062, 0.009]),
        12,
    )
    return merge(lathe(body, 60), lathe(lid, 44), spout, hole, handle)


def _cup() -> Mesh:
    wall = curve(
        [(0.0, 0.003), (0.018, 0.003), (0.0205, 0.0), (0.0235, 0.0015), (0.032, 0.016),
         (0.0375, 0.042), (0.0395, 0.062), (0.0388, 0.0642), (0.0372, 0.062), (0.034, 0.036),
         (0.026, 0.013), (0.0, 0.008)], 32
    )  # fmt: skip
    return lathe(wall, 40)


def tea() -> list[Part]:
    glazes = {
        "Sand": Material("Sand glaze", "#dcccb0", palette.glaze(), flat=True, clearcoat=0.25),
        "Ink": Material("Ink glaze", "#34424f", palette.glaze(), flat=True, clearcoat=0.45),
        "Blush": Material("Blush glaze", "#d7aa98", palette.glaze(), flat=True, clearcoat=0.3),
    }
    oak = Material("Oiled oak", "#ecd9bf", palette.oak())
    liquid = Material("Tea", "#7a3d14", roughness=0.08)
    ware = merge(
        _pot().turned(y=-24).scaled(1.12).moved(-0.062, 0.0106, -0.026),
        _cup().moved(0.115, 0.0106, -0.045),
        _cup().moved(0.07, 0.0106, 0.068),
    )
    poured = lathe(rounded([(0.0355, 0), (0, 0.0)], 0.001), 40).moved(0.115, 0.0106 + 0.047, -0.045)
    parts = [
        Part("tray", _tray().tiled(0.42), oak),
        Part("ware", ware.tiled(0.2), glazes["Sand"], glazes),
        Part("tea", poured, liquid),
    ]
    return shaded(parts)
