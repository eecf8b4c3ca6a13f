"""A build writes whole folders or nothing, and tells what it did."""

import hashlib
import io
import json
import mmap
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from assets_pipeline.builder import Options, build
from assets_pipeline.confine import ProcessLimits
from assets_pipeline.model import Model
from assets_pipeline.passes import Quantize
from assets_pipeline.readers import WRITTEN, Limits, read
from assets_pipeline.transforms import bounds
from tests.assets_pipeline import examples

PLAIN = Options(pictures=False, checks=False)  # drawing takes seconds
QUICK = replace(PLAIN, profiles=("web", "preview"))


@pytest.fixture
def square(tmp_path: Path) -> Path:
    path = tmp_path / "square.glb"
    path.write_bytes(examples.textured_square().glb())
    return path


def run(path: Path, out: Path, options: Options = QUICK) -> dict[str, Any]:
    """The last event of a build of one input."""
    *_, last = build([path], out, options)
    return last


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_each_profile_gets_its_file_and_the_proof_tells_the_truth(
    tmp_path: Path, square: Path
) -> None:
    done = run(square, tmp_path / "out", PLAIN)
    folder = Path(done["folder"])
    assert [f["name"] for f in done["files"]] == [
        "web.glb", "headset.glb", "universal.glb", "preview.glb",
        "model.usdz", "model.red.usdz", "model.blue.usdz",
    ]  # fmt: skip
    assert done["variants"] == ["Red", "Blue"]
    assert done["dimensions"] == [1, 1, 0]
    for file in done["files"]:
        content = (folder / file["name"]).read_bytes()
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert (file["triangles"], file["lod"]) == (2, 0)
    proof = json.loads((folder / done["proof"]).read_text())
    for file in proof["files"]:
        assert all(kept["whole"] for kept in file.get("kept", {}).values())
        assert file["budget"]["passed"]


def test_progress_only_grows(tmp_path: Path, square: Path) -> None:
    events = list(build([square], tmp_path / "out", QUICK))
    fractions = [e["fraction"] for e in events if e["event"] == "progress"]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] <= 1


@pytest.mark.parametrize("profile", ["web", "headset", "universal", "preview"])
def test_what_moves_and_what_it_means_survives(tmp_path: Path, profile: str) -> None:
    path = tmp_path / "moving.glb"
    path.write_bytes(examples.moving_square().glb())
    folder = Path(run(path, tmp_path / "out", replace(PLAIN, profiles=(profile,)))["folder"])
    source, built = read(path), read(folder / f"{profile}.glb")
    assert corners(built) == pytest.approx(corners(source), abs=0.001)
    assert [n.name for n in built.nodes if n.name] == [n.name for n in source.nodes if n.name]
    assert built.nodes[2].extras == {"left": True}
    assert built.meshes[0].weights == (0.5,)
    animation = built.animations[0]
    for before, after in zip(source.animations[0].samplers, animation.samplers, strict=True):
        assert (after.times.array == before.times.array).all()
        assert after.values.floats() == pytest.approx(before.values.floats(), abs=2e-5)


def corners(model: Model) -> NDArray[np.float64]:
    found = bounds(model)
    assert found is not None
    return np.concatenate(found)


def test_the_universal_file_requires_no_extension_and_has_no_webp(
    tmp_path: Path, square: Path
) -> None:
    folder = Path(run(square, tmp_path / "out", replace(PLAIN, profiles=("universal",)))["folder"])
    model = read(folder / "universal.glb")
    assert model.required == frozenset()
    assert {image.mime for image in model.images} <= {"image/png", "image/jpeg"}
    assert set(model.declared) == {"KHR_materials_variants"}


def test_a_built_file_can_be_built_again(tmp_path: Path, square: Path) -> None:
    first = Path(run(square, tmp_path / "out")["folder"]) / "web.glb"
    again = run(first, tmp_path / "again")
    assert again["event"] == "done"
    assert again["variants"] == ["Red", "Blue"]
    model = read(Path(again["folder"]) / "web.glb")
    assert corners(model) == pytest.approx(corners(read(square)), abs=0.001)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, square: Path) -> None:
    run(square, tmp_path / "one", PLAIN)
    run(square, tmp_path / "two", PLAIN)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_an_unchanged_input_is_not_built_again(tmp_path: Path, square: Path) -> None:
    first = run(square, tmp_path / "out")
    again = run(square, tmp_path / "out")
    assert again == {**first, "unchanged": True}
    assert "unchanged" not in run(square, tmp_path / "out", replace(QUICK, force=True))
    assert "unchanged" not in run(square, tmp_path / "out", replace(QUICK, profiles=("web",)))
    square.write_bytes(examples.square().glb())
    assert "unchanged" not in run(square, tmp_path / "out", replace(QUICK, profiles=("web",)))


def test_a_lost_file_is_built_again(tmp_path: Path, square: Path) -> None:
    folder = Path(run(square, tmp_path / "out")["folder"])
    (folder / "web.glb").unlink()
    assert "unchanged" not in run(square, tmp_path / "out")
    assert (folder / "web.glb").exists()


def test_a_bad_input_fails_alone_and_leaves_nothing_behind(tmp_path: Path, square: Path) -> None:
    bad = tmp_path / "bad.glb"
    bad.write_bytes(square.read_bytes()[:500])
    out = tmp_path / "out"
    events = list(build([bad, tmp_path / "none.glb", square], out, QUICK))
    ends = {e["input"]: e for e in events if e["event"] != "progress"}
    assert ends["bad.glb"]["error"]["type"] == "invalid-model"
    assert ends["none.glb"]["error"]["type"] == "no-such-file"
    assert ends["square.glb"]["event"] == "done"
    assert [p.name for p in out.iterdir()] == ["square"]


def test_a_failed_build_leaves_the_last_good_one(tmp_path: Path, square: Path) -> None:
    out = tmp_path / "out"
    run(square, out)
    before = everything(out)
    square.write_bytes(b"glTF but no more")
    assert run(square, out)["event"] == "failed"
    assert everything(out) == before


def test_a_conversion_over_its_limits_is_stopped_without_a_trace(tmp_path: Path) -> None:
    build_over(tmp_path, ProcessLimits(seconds=0.05), "timed-out")
    mine = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE >> 20
    build_over(tmp_path, ProcessLimits(memory_mb=mine + 350), "out-of-memory")


def build_over(tmp_path: Path, limits: ProcessLimits, type: str) -> None:
    """Four pictures of 64 Mpx, which take 200 MB each while they are decoded."""
    example = examples.square(material=0)
    stream = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(stream, "PNG")
    textures = [example.texture(stream.getvalue()) for _ in range(4)]
    example.document["materials"] = [{"emissiveTexture": {"index": i}} for i in textures]
    path = tmp_path / "heavy.glb"
    path.write_bytes(example.glb())
    failed = run(path, tmp_path / "out", replace(QUICK, limits=limits))
    assert failed["error"]["type"] == type
    assert list((tmp_path / "out").iterdir()) == []


def test_a_unit_given_is_the_unit_taken(tmp_path: Path) -> None:
    (tmp_path / "wedge.stl").write_text(examples.STL)
    done = run(tmp_path / "wedge.stl", tmp_path / "out")
    assert done["dimensions"] == [0.1, 0.1, 0]
    assert "1 mm" in done["warnings"][0]


def test_as_many_nodes_as_may_be_read_may_be_written(square: Path) -> None:
    source = read(square)
    quantized = Quantize()(source)
    assert len(quantized.nodes) > len(source.nodes)
    assert len(quantized.nodes) / len(source.nodes) <= WRITTEN.nodes / Limits().nodes


def test_a_picture_that_ends_early_is_named(tmp_path: Path) -> None:
    files = {"a.obj": examples.OBJ, "wood.mtl": examples.MTL}
    cut = examples.picture((64, 64))[:4000]
    failed = run(examples.archive(tmp_path / "a.zip", {**files, "oak.png": cut}), tmp_path / "out")
    assert failed["error"]["type"] == "invalid-model"
    assert "oak.png" in failed["error"]["detail"]


@pytest.mark.parametrize("name", ["..glb", "...glb"])
def test_a_name_that_is_the_way_to_another_folder_is_refused(
    tmp_path: Path, square: Path, name: str
) -> None:
    bystander = tmp_path / "out" / "bystander.txt"
    bystander.parent.mkdir()
    bystander.write_text("stays")
    failed = run(square.rename(tmp_path / name), tmp_path / "out")
    assert "Rename it" in failed["error"]["detail"]
    assert list(bystander.parent.iterdir()) == [bystander]


def test_a_folder_that_no_build_made_is_not_replaced(tmp_path: Path, square: Path) -> None:
    precious = tmp_path / "out" / "square" / "drawing.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("a week of work")
    failed = run(square, tmp_path / "out")
    assert failed["error"]["type"] == "not-writable"
    assert everything(tmp_path / "out") == {"square/drawing.txt": b"a week of work"}


def test_the_longest_name_that_a_disk_takes_is_built(tmp_path: Path, square: Path) -> None:
    done = run(square.rename(tmp_path / ("x" * 251 + ".glb")), tmp_path / "out")
    assert done["event"] == "done"


def test_a_place_that_takes_no_folder_is_said_plainly(tmp_path: Path, square: Path) -> None:
    failed = run(square, square / "out")
    assert failed["error"]["type"] == "not-writable"
    assert "--out" in failed["error"]["detail"]


def test_a_full_build_shows_what_it_made(tmp_path: Path, square: Path) -> None:
    """Every part for once: views of before and after, posters, validator, deviation, page."""
    done = run(square, tmp_path / "out", Options(profiles=("web",)))
    folder = Path(done["folder"])
    if done["notes"]:
        pytest.skip(" ".join(done["notes"]))
    names = {f["name"] for f in done["files"]}
    assert {"web.glb", "before.above.webp", "after.web.above.webp", "poster.webp"} <= names
    assert {"poster.red.studio.png", "poster.blue.png"} <= names
    proof = json.loads((folder / done["proof"]).read_text())
    (web,) = [f for f in proof["files"] if f["name"] == "web.glb"]
    assert web["validator"]["errors"] == 0
    assert web["ssim"]["worst"] > 0.8  # its pictures are noise, which no codec likes
    assert max(web["deviation"]["to_source_mm"], web["deviation"]["from_source_mm"]) <= 0.1
    assert "before.above.webp" in (folder / done["page"]).read_text()
