"""The demo's models are valid, small, and what the script builds."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from scenes.demo.catalogue import MODELS as BUILDERS
from scenes.demo.modelling.glb import glb_bytes
from tests.scenes.shipped import MODELS, catalogue, gltf

PROGRAMS = Path(__file__).parents[2] / "assets_pipeline" / "npm"
# No transmission: it draws the whole room a second time, which a headset cannot spare.
ALLOWED = {
    f"KHR_materials_{name}" for name in ("variants", "clearcoat", "sheen", "emissive_strength")
}
VALIDATE = """
const fs = require('fs');
const validator = require('gltf-validator');
const files = process.argv.slice(1);
const check = (file) => validator.validateBytes(new Uint8Array(fs.readFileSync(file)));
Promise.all(files.map(check)).then((reports) => {
  process.stdout.write(JSON.stringify(reports.map((report) => report.issues)));
});
"""


def test_every_model_is_shipped():
    assert {path.stem for path in MODELS.glob("*.glb")} == set(BUILDERS)


def test_the_validator_finds_no_errors():
    node = shutil.which("node")
    if node is None or not (PROGRAMS / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("needs node and npm packages (make setup)")
    paths = sorted(MODELS.glob("*.glb"))
    done = subprocess.run(
        [node, "-e", VALIDATE, "--", *map(str, paths)],
        cwd=PROGRAMS, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for path, issues in zip(paths, json.loads(done.stdout), strict=True):
        errors = [m for m in issues["messages"] if m["severity"] == 0]
        assert not errors, f"{path.name}: {errors[:3]}"


def test_all_models_together_are_small_enough_to_clone():
    assert sum(path.stat().st_size for path in MODELS.glob("*.glb")) <= 9_000_000


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_a_model_keeps_to_extensions_that_a_headset_can_afford(name):
    used = set(gltf(name).get("extensionsUsed", []))
    assert used <= ALLOWED


@pytest.mark.parametrize("product", catalogue()["products"], ids=lambda product: product["sku"])
def test_a_product_fits_a_phone(product):
    document = gltf(product["model"])
    triangles = sum(
        document["accessors"][primitive["indices"]]["count"] // 3
        for mesh in document["meshes"]
        for primitive in mesh["primitives"]
    )
    assert triangles <= 30_000


@pytest.mark.parametrize("name", ["pendant", "plinth_tall"])
def test_building_a_model_twice_gives_the_same_bytes(name):
    assert glb_bytes(name, BUILDERS[name]()) == glb_bytes(name, BUILDERS[name]())


def test_the_shipped_model_is_the_built_one():
    """Triangles rather than bytes: another Pillow may encode a picture differently."""
    built = sum(len(part.mesh.indices) for part in BUILDERS["vase"]())
    shipped = gltf("vase")
    counts = [
        shipped["accessors"][primitive["indices"]]["count"] // 3
        for mesh in shipped["meshes"]
        for primitive in mesh["primitives"]
    ]
    assert sum(counts) == built
