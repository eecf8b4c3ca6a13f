"""A VRM is a GLB: it goes through, and its head can be found by the name that it had."""

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline.builder import Options, build
from tests.assets_pipeline import examples

PLAIN = Options(pictures=False, checks=False)
WORN = replace(PLAIN, profiles=("web", "headset"))


def somebody() -> examples.GltfExample:
    """A square with a skeleton of hips and head, mapped as VRM 1.0 does."""
    example = examples.square()
    document = example.document
    primitive = document["meshes"][0]["primitives"][0]
    primitive["attributes"]["JOINTS_0"] = example.accessor([[0, 1, 0, 0]] * 4, "u2")
    primitive["attributes"]["WEIGHTS_0"] = example.accessor([[0.5, 0.5, 0, 0]] * 4)
    document["nodes"] = [
        {"name": "Body", "mesh": 0, "skin": 0},
        {"name": "J_Bip_C_Hips", "children": [2], "translation": [0, 1, 0]},
        {"name": "J_Bip_C_Head", "translation": [0, 0.6, 0]},
    ]
    document["scenes"][0]["nodes"] = [0, 1]
    inverse = np.tile(np.eye(4), (2, 1, 1))
    document["skins"] = [{"joints": [1, 2], "inverseBindMatrices": example.accessor(inverse)}]
    bones = {"hips": {"node": 1}, "head": {"node": 2}}
    document["extensionsUsed"] = ["VRMC_vrm"]
    document["extensions"] = {
        "VRMC_vrm": {
            "specVersion": "1.0",
            "meta": {
                "name": "Somebody",
                "authors": ["us"],
                "licenseUrl": "https://vrm.dev/licenses/1.0/",
            },
            "humanoid": {"humanBones": bones},
        }
    }
    return example


def json_of(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    document: dict[str, Any] = json.loads(content[20 : 20 + length])
    return document


@pytest.mark.parametrize("name", ["somebody.vrm", "somebody.glb"])
def test_a_vrm_keeps_the_names_of_its_bones(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(somebody().glb())
    *_, done = build([path], tmp_path / "out", WORN)
    assert [file["profile"] for file in done["files"] if file["lod"] == 0] == ["web", "headset"]
    for file in done["files"]:
        document = json_of(Path(done["folder"], file["name"]))
        names = [node.get("name") for node in document["nodes"]]
        assert {"J_Bip_C_Hips", "J_Bip_C_Head"} <= set(names)
        joints = [names[joint] for joint in document["skins"][0]["joints"]]
        assert joints == ["J_Bip_C_Hips", "J_Bip_C_Head"]
