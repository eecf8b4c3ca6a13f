"""STEP: solids come in metres, upright, with their names and colours."""

import sys
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline.errors import InvalidModel, MissingExtra, PipelineError
from assets_pipeline.model import Model
from assets_pipeline.passes import Place, Unit
from assets_pipeline.readers import read
from assets_pipeline.transforms import bounds
from tests.assets_pipeline.readers.step_example import step_box

pytest.importorskip("cascadio", reason="the extra step is not installed")


def parsed(tmp_path: Path, text: str) -> Model:
    (tmp_path / "a.step").write_text(text)
    return read(tmp_path / "a.step")


def size(model: Model) -> list[float]:
    low, high = bounds(model) or (np.zeros(3), np.zeros(3))
    return [round(float(x), 5) for x in high - low]


@pytest.mark.parametrize(("unit", "metre"), [("mm", 0.001), ("m", 1.0), ("in", 0.0254)])
def test_a_solid_comes_in_metres_with_z_up(tmp_path: Path, unit: str, metre: float) -> None:
    model = parsed(tmp_path, step_box((100, 50, 20), unit))
    assert size(model) == pytest.approx([100 * metre, 20 * metre, 50 * metre])
    assert (model.format, model.metres, model.up) == ("STEP", metre, "z")
    low, high = bounds(Place()(model)) or (np.zeros(3), np.zeros(3))
    assert (low[1], *(low + high)[[0, 2]]) == pytest.approx((0, 0, 0), abs=1e-6)


def test_a_given_unit_wins(tmp_path: Path) -> None:
    model = Place(Unit.CENTIMETRES)(parsed(tmp_path, step_box((100, 50, 20))))
    assert size(model) == pytest.approx([1, 0.2, 0.5])


def test_names_and_colours_are_kept_and_nothing_is_metal(tmp_path: Path) -> None:
    model = parsed(tmp_path, step_box(rgb=(1, 0.5, 0), name="Bracket"))
    assert [node.name for node in model.nodes] == ["Bracket"]
    (material,) = model.materials
    pbr = material["pbrMetallicRoughness"]
    assert pbr["baseColorFactor"] == pytest.approx([1, 0.214, 0, 1], abs=0.001)  # linear light
    assert (pbr["metallicFactor"], pbr["roughnessFactor"]) == (0, 0.5)
    assert (model.primitives[0].triangles, model.meshes[0].extras) == (12, None)


def test_a_box_is_closed_and_seen_from_outside(tmp_path: Path) -> None:
    (primitive,) = parsed(tmp_path, step_box((2, 2, 2), "m")).primitives
    points = primitive.attributes["POSITION"].array.astype(np.float64)
    assert primitive.indices is not None
    a, b, c = (points[primitive.indices[i::3]] for i in range(3))
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(8)  # its volume


@pytest.mark.parametrize(
    "text",
    [
        "ISO-10303-21;",
        "ISO-10303-21;\nnonsense\nEND-ISO-10303-21;",
        step_box()[:3000],
        step_box().replace("MANIFOLD_SOLID_BREP", "NOTHING_OF_THE_KIND"),
    ],
)
def test_a_broken_step_is_refused_without_a_word_on_the_outputs(
    tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidModel, match=r"STEP|shows nothing"):
        parsed(tmp_path, text)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.999])
def test_a_step_cut_anywhere_is_refused(tmp_path: Path, keep: float) -> None:
    text = step_box()
    with pytest.raises(PipelineError):
        parsed(tmp_path, text[: int(len(text) * keep)])


def test_without_its_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cascadio", None)
    with pytest.raises(MissingExtra, match=r"vitrine\[step\]"):
        parsed(tmp_path, step_box())
