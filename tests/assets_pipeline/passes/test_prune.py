"""Pruning removes what nothing refers to, and only that."""

from dataclasses import replace
from pathlib import Path

import pytest

from assets_pipeline.model import Model
from assets_pipeline.passes import Prune
from assets_pipeline.readers import read
from tests.assets_pipeline import examples


def model_of(tmp_path: Path, example: examples.GltfExample) -> Model:
    (tmp_path / "a.glb").write_bytes(example.glb())
    return read(tmp_path / "a.glb")


def two_sets(tmp_path: Path, **materials: int) -> Model:
    """A square with TEXCOORD_0 and _1; each named material reads the set of its number."""
    example = examples.square(material=0)
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["attributes"]["TEXCOORD_1"] = example.accessor([[0.5, 0.5]] * 4)
    texture = example.texture(examples.picture())
    example.document["materials"] = [
        {"name": name, "occlusionTexture": {"index": texture, "texCoord": number}}
        for name, number in materials.items()
    ]
    mappings = [{"material": i, "variants": [i]} for i in range(len(materials))]
    primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    example.document["extensionsUsed"] = ["KHR_materials_variants"]
    variants = [{"name": name} for name in materials]
    example.document["extensions"] = {"KHR_materials_variants": {"variants": variants}}
    return model_of(tmp_path, example)


def test_a_coordinate_set_that_only_a_variant_reads_is_kept(tmp_path: Path) -> None:
    pruned = Prune()(two_sets(tmp_path, plain=0, fancy=1))
    assert {"TEXCOORD_0", "TEXCOORD_1"} <= pruned.primitives[0].attributes.keys()


def test_sets_move_up_when_a_lower_one_is_unread(tmp_path: Path) -> None:
    pruned = Prune()(two_sets(tmp_path, plain=1, fancy=1))
    attributes = pruned.primitives[0].attributes
    assert "TEXCOORD_1" not in attributes
    assert attributes["TEXCOORD_0"].array[0].tolist() == [0.5, 0.5]
    assert [m["occlusionTexture"].get("texCoord", 0) for m in pruned.materials] == [0, 0]


def test_unread_coordinates_and_tangents_go(tmp_path: Path) -> None:
    example = examples.square()
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["attributes"]["TANGENT"] = example.accessor([[1, 0, 0, 1]] * 4)
    pruned = Prune()(model_of(tmp_path, example))
    assert set(pruned.primitives[0].attributes) == {"POSITION", "NORMAL"}


def test_unused_materials_textures_images_and_nodes_go(tmp_path: Path) -> None:
    example = examples.textured_square()
    unused = {"name": "unused", "emissiveTexture": {"index": example.texture(examples.picture())}}
    example.document["materials"].insert(0, unused)
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["material"] = 1
    primitive["extensions"]["KHR_materials_variants"]["mappings"] = [
        {"material": 1, "variants": [0]},
        {"material": 2, "variants": [1]},
    ]
    example.document["nodes"].append({"name": "in no scene"})
    pruned = Prune()(model_of(tmp_path, example))
    assert [m["name"] for m in pruned.materials] == ["red", "blue"]
    assert (len(pruned.textures), len(pruned.images), len(pruned.nodes)) == (3, 3, 1)
    assert pruned.primitives[0].material == 0
    assert [m["material"] for m in pruned.primitives[0].variant_mappings] == [0, 1]


def test_joints_and_animations_survive_with_their_numbers(tmp_path: Path) -> None:
    example = examples.moving_square()
    for node in example.document["nodes"]:
        node["children"] = [child + 1 for child in node.get("children", [])]
        if not node["children"]:
            del node["children"]
    example.document["nodes"].insert(0, {"name": "in no scene"})
    example.document["scenes"][0]["nodes"] = [1, 2, 4]
    example.document["skins"][0]["joints"] = [2, 3]
    for channel in example.document["animations"][0]["channels"]:
        channel["target"]["node"] = 4
    pruned = Prune()(model_of(tmp_path, example))
    assert [n.name for n in pruned.nodes] == ["dressed", "hip", "knee", "bare"]
    assert pruned.skins[0].joints == (1, 2)
    assert [c["target"]["node"] for c in pruned.animations[0].channels] == [3, 3]


@pytest.mark.parametrize("extension", ["MSFT_lod", "KHR_animation_pointer"])
def test_numbers_stay_beside_an_extension_that_may_refer_to_them(
    tmp_path: Path, extension: str
) -> None:
    model = model_of(tmp_path, examples.textured_square())
    unused = replace(model, materials=(*model.materials, {"name": "unused"}))
    assert len(Prune()(unused).materials) == 2
    assert len(Prune()(replace(unused, used=frozenset({extension}))).materials) == 3
