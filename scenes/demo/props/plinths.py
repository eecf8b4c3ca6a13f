"""What the products stand on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.demo.modelling import palette
from scenes.demo.modelling.curves import layered, rounded
from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Mesh, merge
from scenes.demo.modelling.shapes import block, lathe
from scenes.demo.props.contact import contact


def _grounded(mesh: Mesh, fade: float = 0.25) -> Mesh:
    """Darker towards the floor, where less light comes back."""
    height = mesh.positions[:, 1]
    return mesh.lit(0.72 + 0.28 * np.clip(height / fade, 0, 1) ** 0.6)


def _box(width: float, height: float, depth: float) -> Mesh:
    """A plinth on a recessed foot, so that it seems to float a finger above the floor."""
    foot = block(width - 0.06, 0.03, depth - 0.06, 0.002)
    sides = [block(width, height - 0.02, depth, 0.008).moved(y=0.02)]
    return _grounded(merge(foot.lit(0.35), *sides))


def plinth_terrazzo() -> list[Part]:
    stone = Material("Terrazzo", surface=palette.terrazzo(), flat=True)
    mesh = _box(0.5, 0.9, 0.5).tiled(0.3)
    return [Part("plinth", mesh, stone), contact("square", 0.5, 0.5)]


def plinth_tall() -> list[Part]:
    lime = Material("Lime plaster", "#e6d8c3", palette.plaster(), matt=True, roughness=0.9)
    return [Part("plinth", _box(0.42, 0.95, 0.42).tiled(1.2), lime), contact("square", 0.42, 0.42)]


def plinth_low() -> list[Part]:
    oak = Material("Oak", surface=palette.oak(), matt=True, roughness=0.55)
    mesh = _box(0.8, 0.5, 0.6)
    return [Part("plinth", mesh.tiled(0.6), oak), contact("square", 0.8, 0.6)]


def plinth_round() -> list[Part]:
    """A fluted drum of travertine."""
    height, radius = 0.78, 0.23
    profile = rounded(
        [(0.0, 0.0), (radius, 0.0), (radius, height - 0.05), (radius, height), (0, height)], 0.012
    )
    stone = Material("Travertine", surface=palette.travertine(), matt=True, roughness=0.6)

    def flutes(angles: np.ndarray, heights: np.ndarray) -> np.ndarray:
        inside = (heights > 0.01) & (heights < height - 0.05)
        return np.asarray(1 - 0.035 * inside * np.abs(np.sin(angles * 16)) ** 0.8)

    mesh = lathe(layered(profile, 0.16), 128, flutes).tiled(0.6)
    return [Part("plinth", _grounded(mesh), stone), contact("round", 0.46, 0.46)]


def podium() -> list[Part]:
    """A low round stage for furniture."""
    profile = rounded([(0, 0), (0.94, 0), (0.94, 0.03), (1.0, 0.03), (1.0, 0.14), (0, 0.14)], 0.012)
    lime = Material("Lime plaster", "#dccbb3", palette.plaster(), matt=True, roughness=0.9)
    mesh = lathe(profile, 96)
    flat = np.abs(mesh.normals[:, 1]) > 0.9
    uvs = np.where(flat[:, None], mesh.positions[:, [0, 2]], mesh.uvs)
    mesh = replace(mesh, uvs=uvs)
    return [Part("podium", _grounded(mesh.tiled(1.2), 0.1), lime), contact("round", 2.0, 2.0)]
