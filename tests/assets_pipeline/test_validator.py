"""The Khronos validator's word on a file, and on what is packed inside it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline import validator
from assets_pipeline.model import Model
from assets_pipeline.programs import PACKAGES
from assets_pipeline.readers import read
from assets_pipeline.validator import validate
from assets_pipeline.writers.glb import GlbWriter
from tests.assets_pipeline import examples

here = pytest.mark.skipif(
    shutil.which("node") is None or not (PACKAGES / "gltf-validator").is_dir(),
    reason="node and the npm packages are not installed: run `make setup`",
)


def report(path: Path, content: bytes, **more: Any) -> dict[str, Any]:
    path.write_bytes(content)
    (found,) = validate([(path, read(path, mended=False))], **more)
    return found


@here
def test_a_good_file_has_no_errors_and_a_bad_one_names_its_fault(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.glb", tmp_path / "bad.glb"
    good.write_bytes(examples.square().glb())
    example = examples.square()
    normals = example.accessor([[0, 0, 3]] * 4)
    example.document["meshes"][0]["primitives"][0]["attributes"]["NORMAL"] = normals
    bad.write_bytes(example.glb())
    first, second = validate([(good, read(good)), (bad, read(bad))])
    assert (first["errors"], first["warnings"]) == (0, 0)
    assert second["errors"] == 4
    assert {m["code"] for m in second["messages"][:4]} == {"ACCESSOR_VECTOR3_NON_UNIT"}


@here
def test_what_is_wrong_inside_a_compressed_buffer_is_found_too(tmp_path: Path) -> None:
    plain = tmp_path / "plain.glb"
    plain.write_bytes(examples.square().glb())
    model = read(plain)  # which would mend them, so they come after it
    attributes = model.meshes[0].primitives[0].attributes
    triple = np.tile(np.float32([0, 0, 3]), (4, 1))
    attributes["NORMAL"] = replace(attributes["NORMAL"], array=triple)
    packed = GlbWriter("meshopt").write(model)
    assert report(tmp_path / "packed.glb", packed)["errors"] == 4


@here
def test_a_file_with_many_faults_shows_twenty_and_counts_all(tmp_path: Path) -> None:
    example = examples.square()
    points = [[0, 0, 0]] * 30
    normals = example.accessor([[0, 0, 3]] * 30)
    attributes = {"POSITION": example.accessor(points), "NORMAL": normals}
    example.mesh(attributes, example.accessor(range(30), "u2"))
    example.document["nodes"].append({"mesh": 1, "name": "n" * 10_000})
    example.document["scenes"][0]["nodes"].append(1)
    found = report(tmp_path / "many.glb", example.glb())
    assert found["errors"] == 30
    assert len(found["messages"]) == 20


@here
def test_formats_that_the_validator_does_not_know_are_no_fault(tmp_path: Path) -> None:
    example, path = examples.square(), tmp_path / "a.glb"
    example.document["images"] = [
        {"bufferView": example.view(bytes(64)), "mimeType": mime}
        for mime in ("image/avif", "image/ktx2")
    ]
    path.write_bytes(example.glb())
    (found,) = validate([(path, Model())])
    assert (found["errors"], found["warnings"]) == (0, 0)
    example.document["images"][1]["mimeType"] = "image/bmp"
    path.write_bytes(example.glb())
    (found,) = validate([(path, Model())])
    assert {m["code"] for m in found["messages"][: found["warnings"]]} == {
        "VALUE_NOT_IN_LIST", "IMAGE_UNRECOGNIZED_FORMAT",
    }  # fmt: skip


@here
def test_a_validator_that_takes_too_long_is_left_behind(tmp_path: Path) -> None:
    found = report(tmp_path / "a.glb", examples.square().glb(), seconds=0.001)
    assert found == {"skipped": "The validator took more than 0.001 s."}


@here
def test_a_file_that_is_gone_leaves_the_others_their_reports(tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(examples.square().glb())
    model = read(path)
    gone, found = validate([(tmp_path / "gone.glb", model), (path, model)])
    assert "gone.glb" in gone["skipped"]
    assert found["errors"] == 0


def test_a_machine_without_node_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(validator, "package", lambda name: tmp_path)
    found = report(tmp_path / "a.glb", examples.square().glb())
    assert found["skipped"].startswith("Node")
