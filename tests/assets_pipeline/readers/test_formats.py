"""Every format becomes the same kind of model."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import meshopt
import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.model import Model
from assets_pipeline.readers import read
from tests.assets_pipeline import examples


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def positions(model: Model) -> NDArray[Any]:
    return model.primitives[0].attributes["POSITION"].array


def test_a_glb_keeps_names_extras_variants_skins_morphs_and_animations(tmp_path: Path) -> None:
    model = read(written(tmp_path / "a.glb", examples.moving_square().glb()))
    assert [n.name for n in model.nodes] == ["dressed", "hip", "knee", "bare"]
    assert model.nodes[2].extras == {"left": True}
    assert model.meshes[0].weights == (0.5,)
    assert len(model.primitives[0].targets) == 1
    assert model.skins[0].joints == (1, 2)
    assert model.animations[0].name == "wave"
    variants = read(written(tmp_path / "b.glb", examples.textured_square().glb()))
    assert variants.variants == ["Red", "Blue"]
    assert variants.primitives[0].materials == {0, 1}


def test_a_model_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    assert read(written(tmp_path / "shoe.jpg", examples.square().glb())).format == "glTF"
    assert read(written(tmp_path / "shoe.glb", examples.PLY)).format == "PLY"


def test_a_gltf_with_its_buffer_and_picture_in_a_zip_is_read(tmp_path: Path) -> None:
    example = examples.textured_square()
    document = example.finished()
    document["buffers"][0]["uri"] = "data%20folder/geometry.bin"
    del document["images"][0]["bufferView"]
    document["images"][0]["uri"] = "wood.png"
    files: dict[str, bytes | str] = {
        "model/scene.gltf": json.dumps(document),
        "model/data folder/geometry.bin": bytes(example.binary),
        "model/wood.png": examples.picture((32, 16)),
        "__MACOSX/model/._scene.gltf": b"junk",
        "readme.txt": "Thanks for downloading!",
    }
    model = read(examples.archive(tmp_path / "a.zip", files))
    assert (model.images[0].width, model.images[0].height) == (32, 16)
    assert positions(model).tolist() == examples.SQUARE


def test_data_uris_are_read(tmp_path: Path) -> None:
    example = examples.square()
    document = example.finished()
    body = base64.b64encode(bytes(example.binary)).decode()
    document["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{body}"
    model = read(written(tmp_path / "a.gltf", json.dumps(document)))
    assert positions(model).tolist() == examples.SQUARE


def test_a_sparse_accessor_replaces_only_what_it_names(tmp_path: Path) -> None:
    example = examples.square()
    document = example.document
    document["accessors"][0]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": example.view(b"\2\0"), "componentType": 5123},
        "values": {"bufferView": example.view(np.array([9, 9, 9], "<f4").tobytes())},
    }
    model = read(written(tmp_path / "a.glb", example.glb()))
    assert positions(model).tolist() == [[0, 0, 0], [1, 0, 0], [9, 9, 9], [0, 1, 0]]


def test_interleaved_vertices_are_read(tmp_path: Path) -> None:
    example = examples.GltfExample()
    rows = np.hstack([examples.SQUARE, [[0, 0, 1]] * 4]).astype("<f4")
    position, normal = example.accessor(rows[:, :3]), example.accessor(rows[:, 3:])
    view = example.view(rows.tobytes())
    example.document["bufferViews"][view]["byteStride"] = 24
    example.document["accessors"][position].update(bufferView=view)
    example.document["accessors"][normal].update(bufferView=view, byteOffset=12)
    example.mesh({"POSITION": position, "NORMAL": normal})
    model = read(written(tmp_path / "a.glb", example.glb()))
    assert positions(model).tolist() == examples.SQUARE
    assert model.primitives[0].attributes["NORMAL"].array.tolist() == [[0, 0, 1]] * 4


def test_meshopt_compressed_views_are_decompressed(tmp_path: Path) -> None:
    example = examples.square()
    rows = np.array(examples.SQUARE, "<f4")
    packed = meshopt.encode_gltf_buffer(rows, "ATTRIBUTES")
    extension: dict[str, Any] = {
        "buffer": 0,
        "byteLength": len(packed),
        "byteStride": 12,
        "count": 4,
    }
    at = example.document["bufferViews"][example.view(packed)]["byteOffset"]
    extension |= {"byteOffset": at, "mode": "ATTRIBUTES"}
    example.document["bufferViews"][0]["extensions"] = {"EXT_meshopt_compression": extension}
    assert positions(read(written(tmp_path / "a.glb", example.glb()))).tolist() == examples.SQUARE


def test_an_unknown_extension_stays_as_it_is(tmp_path: Path) -> None:
    example = examples.square()
    example.document["extensionsUsed"] = ["ACME_price"]
    example.document["nodes"][0]["extensions"] = {"ACME_price": {"euro": 5}}
    model = read(written(tmp_path / "a.glb", example.glb()))
    assert model.nodes[0].extensions == {"ACME_price": {"euro": 5}}
    assert "ACME_price" in model.used


def test_an_unknown_extension_with_binary_data_is_left_out_with_a_warning(tmp_path: Path) -> None:
    example = examples.square()
    example.document["extensionsUsed"] = ["ACME_points"]
    example.document["extensions"] = {"ACME_points": {"bufferView": 0}}
    model = read(written(tmp_path / "a.glb", example.glb()))
    assert model.extensions == {}
    assert "ACME_points" in model.warnings[0]


def test_an_obj_in_a_zip_keeps_its_material_and_picture(tmp_path: Path) -> None:
    model = read(examples.obj_archive(tmp_path / "board.zip"))
    assert (model.format, model.unitless, model.warnings) == ("OBJ", True, ())
    (material,) = model.materials
    assert material["name"] == "oak"
    assert material["pbrMetallicRoughness"]["baseColorTexture"] == {"index": 0}
    assert model.primitives[0].triangles == 2
    # OBJ counts v upwards, glTF downwards.
    corner = np.flatnonzero((positions(model) == [0, 0, 0]).all(axis=1))[0]
    assert model.primitives[0].attributes["TEXCOORD_0"].array[corner].tolist() == [0, 1]


def test_an_obj_without_its_picture_is_read_with_a_warning_that_names_it(tmp_path: Path) -> None:
    model = read(
        examples.archive(tmp_path / "a.zip", {"a.obj": examples.OBJ, "wood.mtl": examples.MTL})
    )
    assert "'oak.png'" in model.warnings[0]
    assert model.primitives[0].triangles == 2


def test_a_bare_obj_is_read_with_a_warning_that_names_its_library(tmp_path: Path) -> None:
    model = read(written(tmp_path / "a.obj", examples.OBJ))
    assert "'wood.mtl'" in model.warnings[0]
    assert model.materials[0]["name"] == "oak"


def test_obj_materials_are_found_by_any_case_and_slash(tmp_path: Path) -> None:
    obj = examples.OBJ.replace("wood.mtl", "C:\\art\\Wood.MTL")
    files: dict[str, bytes | str] = {
        "A.OBJ": obj,
        "mtl/wood.mtl": examples.MTL.replace("oak.png", "..\\textures\\OAK.png"),
        "textures/oak.png": examples.picture(),
    }
    model = read(examples.archive(tmp_path / "a.zip", files))
    assert model.warnings == ()
    assert len(model.images) == 1


def test_tabs_part_the_words_of_a_material_library_too(tmp_path: Path) -> None:
    files = {
        "board.obj": examples.OBJ,
        "wood.mtl": "newmtl\toak\n\tmap_Kd\toak.png\n",
        "oak.png": examples.picture(),
    }
    model = read(examples.archive(tmp_path / "a.zip", files))
    assert len(model.images) == 1
    assert model.warnings == ()


def test_a_material_that_no_library_describes_is_warned_about(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"board.obj": examples.OBJ, "wood.mtl": "newmtl ash\n"}
    (warning,) = read(examples.archive(tmp_path / "a.zip", files)).warnings
    assert "oak" in warning


def test_an_obj_of_blank_lines_takes_no_longer_than_any_other(tmp_path: Path) -> None:
    path = written(tmp_path / "a.obj", examples.OBJ + "\n" * 200_000)
    before = time.process_time()
    assert read(path).primitives[0].triangles == 2
    assert time.process_time() - before < 20  # seconds; looking over line ends took minutes


def test_an_obj_is_split_by_material(tmp_path: Path) -> None:
    obj = examples.OBJ + "usemtl paint\nf 1/1/1 3/3/1 2/2/1\n"
    model = read(written(tmp_path / "a.obj", obj))
    names = [model.materials[p.material or 0]["name"] for p in model.primitives]
    assert names == ["oak", "paint"]


@pytest.mark.parametrize("binary", [False, True])
def test_an_stl_is_read_in_both_kinds(tmp_path: Path, binary: bool) -> None:
    triangle = [[0.0, 0.0, 0.0], [100.0, 0.0, 0.0], [0.0, 100.0, 0.0]]
    content = examples.binary_stl([triangle]) if binary else examples.STL.encode()
    model = read(written(tmp_path / "a.stl", content))
    assert (model.format, model.unitless) == ("STL", True)
    assert positions(model)[:3].tolist() == triangle


def test_a_ply_keeps_its_colours_in_linear_light(tmp_path: Path) -> None:
    grey = examples.PLY.replace("255 255 255", "188 188 188")
    model = read(written(tmp_path / "a.ply", grey))
    colours = model.primitives[0].attributes["COLOR_0"].floats()
    assert colours[0].tolist() == [1, 0, 0, 1]
    assert colours[3, 0] == pytest.approx(0.5, abs=0.005)  # sRGB 188 is half the light
