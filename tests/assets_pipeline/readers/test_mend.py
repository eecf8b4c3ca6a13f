"""Slips of exporters are set right with a warning, and sound models are left alone."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.readers.mend import UNMAPPED, mend
from assets_pipeline.readers.ranges import OUT_OF_RANGE, STRENGTH
from assets_pipeline.readers.turns import NOT_UNIT
from assets_pipeline.readers.weights import UNWEIGHTED, settled
from tests.assets_pipeline import examples


def of(example: examples.GltfExample, folder: Path) -> Model:
    path = folder / "model.glb"
    path.write_bytes(example.glb())
    return read(path)


def weighted(weights: list[list[float]], joints: list[list[int]]) -> examples.GltfExample:
    example = examples.moving_square()
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["WEIGHTS_0"] = example.accessor(weights)
    attributes["JOINTS_0"] = example.accessor(joints, "u1")
    return example


def test_a_sound_model_is_the_same_object(tmp_path: Path) -> None:
    model = of(examples.moving_square(), tmp_path)
    assert mend(model) is model
    assert model.warnings == ()


def test_weights_sum_to_one_and_name_each_joint_once(tmp_path: Path) -> None:
    example = weighted(
        [[1, 1, 0, 0], [0, 0, 0, 0], [0.5, 0.25, 0.25, 0], [0.3, -1, 0.3, 0]],
        [[0, 1, 9, 9], [1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 0]],
    )
    model = of(example, tmp_path)
    attributes = model.meshes[0].primitives[0].attributes
    assert attributes["WEIGHTS_0"].array.tolist() == [
        [0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.75, 0.25, 0, 0], [0.5, 0, 0.5, 0],
    ]  # fmt: skip
    assert attributes["JOINTS_0"].array.tolist() == [
        [0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0],
    ]  # fmt: skip
    assert model.warnings == (UNWEIGHTED,)


@pytest.mark.parametrize(("dtype", "whole"), [(np.uint8, 255), (np.uint16, 65535)])
def test_whole_numbers_sum_to_exactly_one(dtype: type, whole: int) -> None:
    weights: NDArray[np.uint8] = np.array([[100, 100, 100, 0], [0, 0, 0, 0], [7, 0, 0, 1]], dtype)
    joints = np.tile(np.arange(4, dtype=np.uint8), (3, 1))
    _, mended = settled(joints, weights)
    assert mended.dtype == dtype
    assert mended.sum(axis=1).tolist() == [whole] * 3


def test_a_joint_that_the_skin_does_not_have_is_refused(tmp_path: Path) -> None:
    example = weighted([[1, 0, 0, 0]] * 4, [[2, 0, 0, 0]] * 4)
    with pytest.raises(InvalidModel, match="hangs on joint 2 of a skin that has 2"):
        of(example, tmp_path)


def test_a_skin_that_names_a_joint_twice_is_refused(tmp_path: Path) -> None:
    example = examples.moving_square()
    example.document["skins"][0]["joints"] = [1, 1]
    with pytest.raises(InvalidModel, match="names a joint twice"):
        of(example, tmp_path)


def test_a_surface_without_coordinates_goes_without_textures_and_others_keep_them(
    tmp_path: Path,
) -> None:
    example = examples.textured_square()
    mapped = example.document["meshes"][0]["primitives"][0]
    bare = {n: a for n, a in mapped["attributes"].items() if n != "TEXCOORD_0"}
    example.document["meshes"][0]["primitives"].append({**mapped, "attributes": bare})
    model = of(example, tmp_path)
    first, second = model.meshes[0].primitives
    assert first.material == 0
    assert "normalTexture" in model.materials[0]
    assert second.material is not None
    assert model.materials[second.material] == {"name": "red", "pbrMetallicRoughness": {}}
    assert [m["material"] for m in second.variant_mappings] == [second.material, 1]
    assert model.warnings == (UNMAPPED,)


def test_turns_are_of_unit_length(tmp_path: Path) -> None:
    example = examples.moving_square()
    example.document["nodes"][2]["rotation"] = [0, 0, 3, 4]
    example.document["animations"][0]["samplers"][0]["output"] = example.accessor(
        [[0, 0, 0, 2], [0, 0, 0, 0]]
    )
    model = of(example, tmp_path)
    assert model.nodes[2].rotation == (0, 0, 0.6, 0.8)
    assert model.animations[0].samplers[0].values.array.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    assert model.warnings == (NOT_UNIT,)


def test_bind_matrices_are_affine_or_refused(tmp_path: Path) -> None:
    example = examples.moving_square()
    matrices = np.tile(np.eye(4), (2, 1, 1))
    matrices[0, 1, 3] = 1e-5
    example.document["skins"][0]["inverseBindMatrices"] = example.accessor(matrices)
    model = of(example, tmp_path)
    mended = model.skins[0].inverse_bind_matrices
    assert mended is not None
    assert mended.array[0].tolist() == np.eye(4).ravel().tolist()
    matrices[0, 3, 3] = 0.5
    example.document["skins"][0]["inverseBindMatrices"] = example.accessor(matrices)
    with pytest.raises(InvalidModel, match="not affine"):
        of(example, tmp_path)


def test_attributes_that_gltf_does_not_know_are_marked_as_foreign(tmp_path: Path) -> None:
    example = examples.square()
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["BATCH"] = attributes["TEXCOORD_-0"] = attributes["TEXCOORD_0"]
    model = of(example, tmp_path)
    assert {"_BATCH", "_TEXCOORD_-0", "TEXCOORD_0"} <= set(model.primitives[0].attributes)


@pytest.mark.parametrize("number", ["01", "9" * 5000])
def test_a_set_that_no_number_names_is_marked_as_foreign(tmp_path: Path, number: str) -> None:
    example = examples.square()
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes[f"TEXCOORD_{number}"] = attributes["TEXCOORD_0"]
    assert f"_TEXCOORD_{number}" in of(example, tmp_path).primitives[0].attributes


def test_no_weights_are_as_good_as_none(tmp_path: Path) -> None:
    example = examples.moving_square()
    example.document["meshes"][0]["weights"] = []
    assert of(example, tmp_path).meshes[0].weights is None


def test_numbers_of_materials_and_samplers_are_brought_inside(tmp_path: Path) -> None:
    example = examples.textured_square()
    red = example.document["materials"][0]
    red["pbrMetallicRoughness"] |= {"baseColorFactor": [1.5, 0.5, -1, 1], "roughnessFactor": 2}
    red |= {"emissiveFactor": [4, 2, 0], "alphaCutoff": -1}
    example.document["samplers"] = [{"magFilter": 9729, "minFilter": 0, "wrapS": True}]
    model = of(example, tmp_path)
    pbr = model.materials[0]["pbrMetallicRoughness"]
    assert (pbr["baseColorFactor"], pbr["roughnessFactor"]) == ([1, 0.5, 0, 1], 1)
    assert model.materials[0]["emissiveFactor"] == [1, 0.5, 0]
    assert model.materials[0]["extensions"][STRENGTH] == {"emissiveStrength": 4}
    assert model.materials[0]["alphaCutoff"] == 0
    assert STRENGTH in model.used
    assert model.samplers == ({"magFilter": 9729},)
    assert model.materials[1] == example.document["materials"][1]
    assert model.warnings == (OUT_OF_RANGE,)
