"""OBJ's library as PBR: numbers, pictures of single values, opacity and bumps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.readers.mtl import texture_statement
from tests.assets_pipeline import examples

GREY = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))


def board(tmp_path: Path, mtl: str, files: dict[str, bytes | str] | None = None) -> Model:
    library = f"newmtl oak\n{mtl}\n"
    held: dict[str, bytes | str] = {"board.obj": examples.OBJ, "wood.mtl": library}
    return read(examples.archive(tmp_path / "a.zip", {**held, **(files or {})}))


def pbr(model: Model) -> dict[str, Any]:
    (material,) = model.materials
    return {**material, **material["pbrMetallicRoughness"]}


def test_colours_are_what_the_screen_shows_unless_blender_wrote_them(tmp_path: Path) -> None:
    assert pbr(board(tmp_path, "Kd 1 0.735 0"))["baseColorFactor"] == pytest.approx(
        [1, 0.5, 0, 1], abs=0.001
    )
    held: dict[str, bytes | str] = {
        "board.obj": examples.OBJ,
        "wood.mtl": "# Blender 4.5.0 MTL File\nnewmtl oak\nKd 1 0.735 0\n",
    }
    model = read(examples.archive(tmp_path / "b.zip", held))
    assert pbr(model)["baseColorFactor"] == [1, 0.735, 0, 1]


@pytest.mark.parametrize(
    ("mtl", "metal", "rough"),
    [
        ("Pr 0.25\nPm 0.75", 0.75, 0.25),
        ("Ns 198", 0, 0.1),
        ("Ns 198\nKs 0 0 0", 0, 1),
    ],
)
def test_metal_and_roughness_are_found(
    tmp_path: Path, mtl: str, metal: float, rough: float
) -> None:
    found = pbr(board(tmp_path, mtl))
    assert (found["metallicFactor"], found["roughnessFactor"]) == (metal, pytest.approx(rough))


def test_pictures_of_roughness_and_metal_become_one(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "rough.png": examples.encoded(GREY),
        "metal.png": examples.encoded(GREY[:, ::-1]),
    }
    model = board(tmp_path, "map_Pr rough.png\nmap_Pm metal.png", files)
    (image,) = model.images
    assert image.pixels is not None
    assert image.pixels[0, 4].tolist() == [255, 32, 216]
    found = pbr(model)
    assert (found["metallicFactor"], found["roughnessFactor"]) == (1, 1)
    assert found["metallicRoughnessTexture"] == {"index": 0}


def test_an_opacity_picture_becomes_the_colours_alpha(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "oak.png": examples.picture((64, 64)),
        "holes.png": examples.encoded(GREY),
    }
    model = board(tmp_path, "map_Kd oak.png\nmap_d holes.png", files)
    (image,) = model.images
    assert image.pixels is not None
    assert image.pixels.shape == (64, 64, 4)  # the colour keeps its size
    assert pbr(model)["alphaMode"] == "BLEND"


def test_an_opacity_picture_that_hides_nothing_leaves_the_material_opaque(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "oak.png": examples.picture(),
        "full.png": examples.encoded(np.full((8, 8), 255, np.uint8)),
    }
    model = board(tmp_path, "map_Kd oak.png\nmap_d full.png", files)
    assert "alphaMode" not in pbr(model)
    assert [image.name for image in model.images] == ["oak.png"]


def test_bumps_are_normals_and_their_strength_counts(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"bump.png": examples.encoded(GREY)}

    def steepness(mtl: str) -> int:
        (image,) = board(tmp_path, mtl, files).images
        assert image.pixels is not None
        return 128 - int(image.pixels[16, 16, 0])

    assert 0 < steepness("bump bump.png") < steepness("map_Bump -bm 4 bump.png")


def test_a_damaged_picture_is_a_warning_that_names_it(tmp_path: Path) -> None:
    model = board(tmp_path, "map_Kd oak.png", {"oak.png": b"not a picture"})
    assert "oak.png" in model.warnings[0]
    assert model.images == ()


def test_a_picture_that_is_used_twice_is_there_once(tmp_path: Path) -> None:
    model = board(tmp_path, "map_Kd oak.png\nmap_Ke oak.png", {"oak.png": examples.picture()})
    assert len(model.images) == len(model.textures) == 1


def test_options_before_a_files_name_are_read(tmp_path: Path) -> None:
    statement = texture_statement("-clamp on -s 2 3 1 -o 0.5 dark wood.png")
    assert statement.name == "dark wood.png"
    assert statement.transform() == {"offset": [0.5, -2], "scale": [2, 3]}
    mtl = "map_Kd -clamp on -s 2 3 oak.png"
    model = board(tmp_path, mtl, {"oak.png": examples.picture()})
    assert model.samplers[0]["wrapS"] == 33071
    assert "KHR_texture_transform" in model.used


def test_files_of_carriage_returns_alone_are_read(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "board.obj": examples.OBJ.replace("\n", "\r"),
        "wood.mtl": examples.MTL.replace("\n", "\r"),
        "oak.png": examples.picture(),
    }
    model = read(examples.archive(tmp_path / "a.zip", files))
    assert (model.warnings, model.primitives[0].triangles, len(model.images)) == ((), 2, 1)
