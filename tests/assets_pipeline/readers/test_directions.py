"""Normals and tangents that no shader can use are set right; sound ones stay as they are."""

from pathlib import Path

import numpy as np

from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.readers.directions import NOT_UNIT, settle_directions
from tests.assets_pipeline import examples

TILTED = [[0, 0.6, 0.8]] * 4


def square(**attributes: list[list[float]]) -> examples.GltfExample:
    example = examples.square()
    own = example.document["meshes"][0]["primitives"][0]["attributes"]
    own |= {name: example.accessor(rows) for name, rows in attributes.items()}
    return example


def of(example: examples.GltfExample, folder: Path) -> Model:
    path = folder / "square.glb"
    path.write_bytes(example.glb())
    return read(path)


def test_a_normal_is_of_unit_length_and_one_without_direction_faces_as_its_triangles(
    tmp_path: Path,
) -> None:
    tiny = 1.1754944e-38  # whose square is nothing to a float
    model = of(square(NORMAL=[[0, 0.3, 0.4], [0, 0, 0], [0, tiny, 0], [1, 0, 0]]), tmp_path)
    normals = model.primitives[0].attributes["NORMAL"].floats()
    np.testing.assert_allclose(normals, [[0, 0.6, 0.8], [0, 0, 1], [0, 1, 0], [1, 0, 0]], atol=1e-6)
    assert model.warnings == (NOT_UNIT,)


def test_a_tangent_is_of_unit_length_and_all_go_where_one_points_nowhere(tmp_path: Path) -> None:
    long = of(square(NORMAL=TILTED, TANGENT=[[2, 0, 0, -1]] * 4), tmp_path)
    assert long.primitives[0].attributes["TANGENT"].floats().tolist() == [[1, 0, 0, -1]] * 4
    for broken in ([0, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 0.5]):
        model = of(square(NORMAL=TILTED, TANGENT=[[1, 0, 0, 1]] * 3 + [broken]), tmp_path)
        assert "TANGENT" not in model.primitives[0].attributes
        assert "NORMAL" in model.primitives[0].attributes
        assert model.warnings == (NOT_UNIT,)


def test_sound_directions_stay_as_they_are(tmp_path: Path) -> None:
    model = of(square(NORMAL=TILTED, TANGENT=[[1, 0, 0, 1]] * 4), tmp_path)
    assert settle_directions(model) is model
    assert model.warnings == ()
