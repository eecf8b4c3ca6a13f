"""The auditor's checks on models that have just the fault that a check is for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline.audit import Limits, audit, failed
from assets_pipeline.convert import decoded
from assets_pipeline.model import Model
from assets_pipeline.passes import Quantize, ResizeTextures
from assets_pipeline.readers import read
from tests.assets_pipeline import examples

Change = Callable[[examples.GltfExample], None]


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Model]:
    def make(example: examples.GltfExample) -> Model:
        path = tmp_path / "model.glb"
        path.write_bytes(example.glb())
        source = read(path)
        return replace(source, images=decoded(source, ResizeTextures(4096), 1))

    return make


def found(model: Model, **more: Any) -> dict[str, tuple[Any, Any]]:
    return {c["check"]: (c["value"], c["passed"]) for c in audit(model, 2_000, **more)}


def grey_square(size: tuple[int, int] = (512, 512), light: int = 128) -> examples.GltfExample:
    example = examples.square(material=0)
    pixels = np.full((size[1], size[0], 3), light, np.uint8)
    texture = {"index": example.texture(examples.encoded(pixels))}
    example.document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": texture}}]
    return example


def test_a_clean_model_passes_all(model: Callable[..., Model]) -> None:
    assert failed(audit(model(grey_square()), 2_000)) == []


@pytest.mark.parametrize(
    ("check", "value", "example"),
    [
        ("texture_size", [8, 8], lambda: grey_square((8, 8))),
        ("textures_not_power_of_two", 1, lambda: grey_square((600, 512))),
        ("colour_range", [255, 255], lambda: grey_square(light=255)),
        ("colour_range", [10, 10], lambda: grey_square(light=10)),
    ],
)
def test_a_fault_is_found_by_its_check_alone(
    model: Callable[..., Model],
    check: str,
    value: object,
    example: Callable[[], examples.GltfExample],
) -> None:
    (fault,) = failed(audit(model(example()), 2_000))
    assert (fault["check"], fault["value"]) == (check, value)


def test_size_and_counts_have_limits(model: Callable[..., Model]) -> None:
    plain = model(grey_square())
    (fault,) = failed(audit(plain, 6_000_000))
    assert fault == {
        "check": "file_size", "value": 6_000_000, "limit": [1_024, 5_242_880], "passed": False,
    }  # fmt: skip
    crowded = replace(plain, materials=plain.materials * 6)
    assert [c["check"] for c in failed(audit(crowded, 2_000))] == ["materials"]


def test_what_nobody_limits_is_told_and_not_judged(model: Callable[..., Model]) -> None:
    facts = found(model(grey_square()))
    assert facts["open_edges"] == (4, None)
    assert facts["draw_calls"] == (1, None)
    assert facts["uv_range"] == ([0, 1], None)
    assert facts["texel_density"] == ([512, 512], None)
    strict = found(model(grey_square()), limits=Limits(open_edges=0, texel_density=(1024, None)))
    assert strict["open_edges"] == (4, False)
    assert strict["texel_density"] == ([512, 512], False)


def test_mirrored_and_unused_uvs_are_found(model: Callable[..., Model]) -> None:
    example = grey_square()
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["TEXCOORD_0"] = example.accessor([[1, 1], [0, 1], [0, 0], [1, 0]])
    attributes["TEXCOORD_1"] = example.accessor([[0, 1], [1, 1], [1, 0], [0, 0]])
    facts = found(model(example))
    assert facts["uv_inverted"] == (2, False)
    assert facts["unused_uv_sets"] == (1, False)


def test_overlap_counts_once_for_a_mesh_that_two_nodes_share(model: Callable[..., Model]) -> None:
    example = grey_square()
    example.document["nodes"].append({"mesh": 0, "translation": [2, 0, 0]})
    example.document["scenes"][0]["nodes"] = [0, 1]
    facts = found(model(example))
    assert facts["uv_overlap"] == (0, None)
    assert facts["root_transforms"] == (1, None)
    assert facts["off_centre"] == ([1.5, 0, 0], None)


def test_a_quantized_file_is_judged_by_what_its_material_samples(
    model: Callable[..., Model],
) -> None:
    example = grey_square()
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["TEXCOORD_0"] = example.accessor([[0, 3], [3, 3], [3, 0], [0, 0]])
    plain = model(example)
    before, after = found(plain), found(Quantize(14, 10, 13)(plain))
    for check in ("uv_range", "uv_inverted", "texel_density", "uv_overlap", "open_edges"):
        assert after[check] == before[check], check
    assert before["uv_range"] == ([0, 3], None)


def test_dimensions_are_held_against_the_products(model: Callable[..., Model]) -> None:
    plain = model(grey_square())
    assert found(plain)["dimensions"] == ([1, 1, 0], None)
    assert found(plain, product=[1.02, 1, 0])["dimensions"] == ([1, 1, 0], True)
    assert found(plain, product=[1.1, 1, 0])["dimensions"] == ([1, 1, 0], False)


def test_an_empty_model_has_nothing_to_fail() -> None:
    assert failed(audit(Model(), 2_000)) == []
