"""What the pipeline writes is glTF by the Khronos validator, as it is and decompressed."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from assets_pipeline.builder import Options, build
from assets_pipeline.passes import Dedup, Instance, Join
from assets_pipeline.readers import read
from assets_pipeline.recipes import compact, preparation
from assets_pipeline.writers.glb import Codec, GlbWriter
from tests.assets_pipeline import examples

HERE = Path(__file__).parent
VALIDATOR = HERE.parents[1] / "assets_pipeline" / "npm" / "node_modules" / "gltf-validator"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not VALIDATOR.exists(),
    reason="node and the npm packages are not installed: run `make setup`",
)


def errors(paths: Iterable[Path]) -> dict[str, list[str]]:
    """The validator's errors by file; empty when all is well."""
    run = subprocess.run(
        ["node", str(HERE / "validate.mjs"), *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    assert reports, run.stderr
    return {
        report["path"]: [m["code"] + " " + m.get("pointer", "") for m in report["messages"]]
        for report in reports
        if report["errors"]
    }


def with_gpu_texture() -> examples.GltfExample:
    """A picture as KTX2 with a fallback, and an extension that keeps everything in its place."""
    example = examples.textured_square()
    document = example.document
    packed = example.view(b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(80))
    document["images"].append({"bufferView": packed, "mimeType": "image/ktx2"})
    source = {"source": len(document["images"]) - 1}
    document["textures"][0]["extensions"] = {"KHR_texture_basisu": source}
    document["extensionsUsed"] += ["KHR_texture_basisu", "ACME_label"]
    document["extensions"]["ACME_label"] = {"text": "new"}
    return example


def test_a_small_model_of_each_format_becomes_valid_files(tmp_path: Path) -> None:
    sources = {
        "textured.glb": examples.textured_square().glb(),
        "moving.glb": examples.moving_square().glb(),
        "gpu.glb": with_gpu_texture().glb(),
        "wedge.stl": examples.STL.encode(),
        "scan.ply": examples.PLY.encode(),
    }
    for name, content in sources.items():
        (tmp_path / name).write_bytes(content)
    inputs = [tmp_path / name for name in sources]
    inputs.append(examples.obj_archive(tmp_path / "board.zip"))
    out = tmp_path / "out"

    events = list(build(inputs, out, Options(pictures=False, checks=False)))

    assert [e["error"] for e in events if e["event"] == "failed"] == []
    written = sorted(out.glob("*/*.glb"))
    assert len(written) == 6 * 4
    plain = []
    for path in written:
        copy = tmp_path / f"{path.parent.name}-{path.stem}-plain.glb"
        copy.write_bytes(GlbWriter().write(read(path)))
        plain.append(copy)
    assert errors([*written, *plain]) == {}


@pytest.mark.parametrize(
    ("codec", "khr"), [("none", False), ("meshopt", True), ("draco", False), ("smallest", False)]
)
def test_every_codec_writes_valid_files(tmp_path: Path, codec: Codec, khr: bool) -> None:
    moving = examples.moving_square()
    turned = moving.accessor([[0, 0, 0], [0.1, 0, -0.1], [0, 0, 0], [0, 0.2, 0]])
    for mesh in moving.document["meshes"]:
        mesh["primitives"][0]["targets"][0]["NORMAL"] = turned
    fence = examples.textured_square()
    posts = [{"mesh": 0, "translation": [x, 0, 0]} for x in range(6)]
    fence.document["nodes"] = [{"children": list(range(1, 7))}, *posts]
    written = []
    for name, example in (("moving", moving), ("fence", fence)):
        source = tmp_path / f"{name}-source.glb"
        source.write_bytes(example.glb())
        model = read(source)
        for step in (*preparation(), Dedup(), Join(), Instance(), *compact(12, 8, 12)):
            model = step(model)
        packed, plain = tmp_path / f"{name}.glb", tmp_path / f"{name}-plain.glb"
        images = [(image.data, image.mime) for image in read(source).images]
        packed.write_bytes(GlbWriter(codec, khr=khr).write(model, images[: len(model.images)]))
        plain.write_bytes(GlbWriter().write(read(packed)))
        written += [packed, plain]
    assert errors(written) == {}
