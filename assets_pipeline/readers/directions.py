"""Normals and tangents as unit vectors: shaders light by them, and glTF allows no others."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Attributes, Model, Primitive, Values

NOT_UNIT = "Normals or tangents were not of unit length; they were made so."
FLOATS_OFF = 5e-3  # the Khronos validator minds from 0.0067 on
INTEGERS_OFF = 2e-2  # of one signed byte per axis: what rounding leaves out
UP = np.array([0.0, 1.0, 0.0])
Vectors = NDArray[np.float64]


def settle_directions(model: Model) -> Model:
    """The same model when all are of unit length. Those of morph targets are differences, whose
    length counts. Source: glTF 2.0, section 3.7.2.1."""
    changed = model.map_primitives(_settle)
    pairs = zip(model.primitives, changed.primitives, strict=True)
    return model if all(a is b for a, b in pairs) else changed.warn(NOT_UNIT)


def _settle(primitive: Primitive) -> Primitive:
    attributes = _settle_tangents(_settle_normals(primitive))
    return (
        primitive
        if attributes is primitive.attributes
        else replace(primitive, attributes=attributes)
    )


def _settle_normals(primitive: Primitive) -> Attributes:
    """Where one has no direction, it faces as the triangles around it do."""
    values = primitive.attributes.get("NORMAL")
    if values is None or values.kind != "VEC3" or _are_unit(values):
        return primitive.attributes
    normals, lost = _unit(values.floats().astype(np.float64))
    if lost.any():
        normals[lost] = _facing(primitive)[lost]
    return {**primitive.attributes, "NORMAL": Values(normals.astype(np.float32), "VEC3")}


def _settle_tangents(attributes: Attributes) -> Attributes:
    """Where one has no direction or no side, all go: viewers make them from the coordinates."""
    values = attributes.get("TANGENT")
    if values is None or values.kind != "VEC4":
        return attributes
    floats = values.floats().astype(np.float64)
    sided = bool((np.abs(floats[:, 3]) == 1).all())
    if sided and _are_unit(values):
        return attributes
    tangents, lost = _unit(floats[:, :3])
    if lost.any() or not sided:
        return {name: v for name, v in attributes.items() if name != "TANGENT"}
    floats[:, :3] = tangents
    return {**attributes, "TANGENT": Values(floats.astype(np.float32), "VEC4")}


def _are_unit(values: Values) -> bool:
    off = FLOATS_OFF if values.array.dtype.kind == "f" else INTEGERS_OFF
    lengths = np.linalg.norm(values.floats()[:, :3].astype(np.float64), axis=1)
    return bool((np.abs(lengths - 1) <= off).all())


def _unit(vectors: Vectors) -> tuple[Vectors, NDArray[np.bool_]]:
    """(n, 3), and (n) which of them point nowhere."""
    lengths = np.linalg.norm(vectors, axis=1)
    lost = lengths == 0
    return vectors / np.where(lost, 1, lengths)[:, None], lost


def _facing(primitive: Primitive) -> Vectors:
    """(vertices, 3): of the triangles around each vertex, by their area; up where there are none,
    or where they are strips, fans, lines or points."""
    positions = primitive.attributes["POSITION"].floats().astype(np.float64)
    facing = np.zeros_like(positions)
    if primitive.mode == TRIANGLES:
        indices = primitive.indices
        if indices is None:
            indices = np.arange(primitive.vertices, dtype=np.uint32)
        triangles = indices[: len(indices) // 3 * 3].reshape(-1, 3)
        a, b, c = (positions[triangles[:, i]] for i in range(3))
        across = np.cross(b - a, c - a)
        for corner in range(3):
            np.add.at(facing, triangles[:, corner], across)
    unit, lost = _unit(facing)
    unit[lost] = UP
    return unit
