"""Soft shade in hollows and contacts, baked into the vertices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scenes.demo.modelling.glb import Part
from scenes.demo.modelling.mesh import Floats, Mesh, merge

DIRECTIONS = 72
SAMPLES = 60_000
CELLS = 96


def shaded(parts: Sequence[Part], *, strength: float = 0.75, ground: float = 0.5) -> list[Part]:
    """The parts with their baked light multiplied by how much of the sky they see.

    Each of many directions draws a depth map of points strewn over the surface; a vertex
    behind the map is hidden from that direction. `ground` is the light that comes back
    from below.
    """
    whole = merge(*(part.mesh for part in parts))
    points = _strewn(whole)
    seen = np.zeros(len(whole.positions))
    total = np.full(len(whole.positions), 1e-9)
    span = float(np.linalg.norm(np.ptp(points, axis=0)))
    for direction in _sphere(DIRECTIONS):
        facing = np.clip(whole.normals @ direction, 0, None)
        weight = facing * (1.0 if direction[1] > -0.05 else ground)
        clear = _clear(whole.positions, points, direction, span)
        seen += weight * clear
        total += facing
    share = np.clip(seen / total, 0, 1)
    light = 1 - strength * (1 - share) ** 1.2
    starts = np.cumsum([0, *(len(part.mesh.positions) for part in parts)])
    return [
        replace(part, mesh=part.mesh.lit(light[start : start + len(part.mesh.positions)]))
        for part, start in zip(parts, starts, strict=False)
    ]


def _strewn(mesh: Mesh) -> Floats:
    rng = np.random.default_rng(7)
    corners = mesh.positions[mesh.indices]
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chosen = corners[rng.choice(len(areas), SAMPLES, p=areas / areas.sum())]
    u, v = rng.random((2, SAMPLES, 1))
    swap = u + v > 1
    u, v = np.where(swap, 1 - u, u), np.where(swap, 1 - v, v)
    return np.asarray(
        chosen[:, 0] + u * (chosen[:, 1] - chosen[:, 0]) + v * (chosen[:, 2] - chosen[:, 0])
    )


def _sphere(count: int) -> Floats:
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count
    turn = np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(1 - y * y)
    return np.stack([flat * np.cos(turn), y, flat * np.sin(turn)], axis=1)


def _clear(vertices: Floats, points: Floats, direction: Floats, span: float) -> Floats:
    """1 where nothing lies between a vertex and the sky in this direction, else 0; soft between."""
    helper = np.eye(3)[np.abs(direction).argmin()]
    side = np.cross(direction, helper)
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(direction, side)])
    low = (points @ frame.T).min(axis=0) - 1e-6
    cell = span / CELLS
    width = int(span / cell) + 3

    def at(places: Floats) -> np.ndarray:
        column, row = ((places @ frame.T - low) / cell).astype(int).clip(0, width - 1).T
        return np.asarray(row * width + column)

    depth = np.full(width * width, -np.inf)
    np.maximum.at(depth, at(points), points @ direction)
    hidden = depth[at(vertices)] - vertices @ direction
    return np.asarray(1 - np.clip((hidden - cell * 1.5) / (cell * 2), 0, 1))
