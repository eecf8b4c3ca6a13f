"""What is there twice is kept once, unless a name or a note would be lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from assets_pipeline.describe import keepsakes
from assets_pipeline.model import Model
from assets_pipeline.passes import Dedup, ShareImages
from assets_pipeline.readers import read
from tests.assets_pipeline import examples


@pytest.fixture
def twice(tmp_path: Path) -> Model:
    """Two textured squares, each with a nameless mesh, material, texture and sampler of its own."""
    example = examples.square(material=0)
    document = example.document
    document["nodes"] = [{"mesh": 0}, {"mesh": 1, "translation": [2, 0, 0]}]
    document["scenes"] = [{"nodes": [0, 1]}]
    for _ in range(2):
        example.texture(examples.picture())
    document["samplers"] = [{"wrapS": 33071}, {"wrapS": 33071}]
    for number, texture in enumerate(document["textures"]):
        texture["sampler"] = number
    colour = [{"baseColorTexture": {"index": number}} for number in range(2)]
    document["materials"] = [{"pbrMetallicRoughness": entry} for entry in colour]
    (mesh,) = document["meshes"]
    (primitive,) = mesh["primitives"]
    document["meshes"] = [{"primitives": [{**primitive, "material": m}]} for m in range(2)]
    (tmp_path / "a.glb").write_bytes(example.glb())
    return ShareImages()(read(tmp_path / "a.glb"))


def counts(model: Model) -> tuple[int, ...]:
    lists = (model.samplers, model.images, model.textures, model.materials, model.meshes)
    return tuple(map(len, lists))


def test_equal_things_become_one_all_the_way_up(twice: Model) -> None:
    assert counts(twice) == (2, 1, 2, 2, 2)
    merged = Dedup()(twice)
    assert counts(merged) == (1, 1, 1, 1, 1)
    assert [node.mesh for node in merged.nodes] == [0, 0]
    assert merged.nodes[1].translation == (2, 0, 0)


def test_named_materials_and_meshes_stay_and_take_in_nameless_ones(twice: Model) -> None:
    red, blue = ({**m, "name": name} for m, name in zip(twice.materials, "rb", strict=True))
    both = replace(twice, materials=(red, blue))
    assert len(Dedup()(both).materials) == 2
    one = replace(twice, materials=(red, twice.materials[1]))
    assert [m.get("name") for m in Dedup()(one).materials] == ["r"]
    meshes = (twice.meshes[0], replace(twice.meshes[1], name="second"))
    assert keepsakes(Dedup()(replace(twice, meshes=meshes)))["names"] == 1


def test_what_carries_notes_is_not_merged(twice: Model) -> None:
    noted = replace(twice.meshes[1].primitives[0], extras={"part": 7})
    model = replace(twice, meshes=(twice.meshes[0], replace(twice.meshes[1], primitives=(noted,))))
    assert len(Dedup()(model).meshes) == 2
    assert keepsakes(Dedup()(model)) == keepsakes(model)


def test_beside_an_unknown_extension_everything_keeps_its_number(twice: Model) -> None:
    model = replace(twice, used=twice.used | {"ACME_labels"})
    assert counts(Dedup()(model)) == counts(model)


def test_variants_keep_their_materials(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.textured_square().glb())
    model = read(tmp_path / "a.glb")
    merged = Dedup()(model)
    assert keepsakes(merged) == keepsakes(model)
    names = [merged.materials[m["material"]]["name"] for m in merged.primitives[0].variant_mappings]
    assert names == ["red", "blue"]
