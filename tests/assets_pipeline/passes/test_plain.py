"""Strips and fans become lists that face the same way; integers become the floats they mean."""

import numpy as np
import pytest

from assets_pipeline.model import FAN, STRIP, Mesh, Model, Node, Primitive, Values
from assets_pipeline.passes import Dequantize, Triangulate

POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)


def model_of(*primitives: Primitive) -> Model:
    return Model(meshes=(Mesh(primitives),), nodes=(Node(mesh=0),), scenes=({"nodes": [0]},))


def drawn(mode: int, indices: list[int] | None) -> Primitive:
    listed = None if indices is None else np.array(indices, np.uint32)
    return Primitive({"POSITION": Values(POINTS, "VEC3")}, indices=listed, mode=mode)


@pytest.mark.parametrize("indices", [None, [0, 1, 2, 3]])
def test_every_triangle_of_a_strip_faces_the_same_way(indices: list[int] | None) -> None:
    (primitive,) = Triangulate()(model_of(drawn(STRIP, indices))).primitives
    assert primitive.indices is not None
    a, b, c = POINTS[primitive.indices.reshape(-1, 3)].transpose(1, 0, 2)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_a_fan_turns_around_its_first_vertex() -> None:
    (primitive,) = Triangulate()(model_of(drawn(FAN, [0, 1, 3, 2]))).primitives
    assert primitive.indices is not None
    assert primitive.indices.reshape(-1, 3).tolist() == [[1, 3, 0], [3, 2, 0]]


@pytest.mark.parametrize("mode", [STRIP, FAN])
def test_what_draws_nothing_goes(mode: int) -> None:
    kept = Triangulate()(model_of(drawn(mode, []), drawn(STRIP, [0, 1, 2])))
    assert len(kept.primitives) == 1


def test_a_normal_gets_its_length_back_and_a_morphed_difference_keeps_its_own() -> None:
    up = np.array([[0, 0, 126]] * 4, np.int8)  # rounded a little short of 127
    little = np.array([[0, 13, 0]] * 4, np.int8)
    primitive = Primitive(
        {"POSITION": Values(POINTS, "VEC3"), "NORMAL": Values(up, "VEC3", normalized=True)},
        targets=({"NORMAL": Values(little, "VEC3", normalized=True)},),
    )
    (plain,) = Dequantize()(model_of(primitive)).primitives
    assert np.allclose(plain.attributes["NORMAL"].array, [0, 0, 1])
    assert np.allclose(plain.targets[0]["NORMAL"].array, [0, 13 / 127, 0])
