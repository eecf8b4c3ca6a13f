"""Real product models, when they are at hand: VITRINE_MODELS names their folder."""

import os
from pathlib import Path

import pytest

from assets_pipeline.builder import Options, build
from assets_pipeline.readers import read
from tests.assets_pipeline.test_valid_files import VALIDATOR, errors

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("VITRINE_MODELS", ROOT.parent / "shared" / "models"))
pytestmark = pytest.mark.skipif(
    not MODELS.is_dir(), reason=f"no models in {MODELS}; set VITRINE_MODELS to their folder"
)


@pytest.mark.parametrize(
    ("name", "variants", "most_bytes"),
    [
        ("GlamVelvetSofa.glb", ["Champagne", "Navy", "Gray", "Black", "Pale Pink"], 600_000),
        ("SheenChair.glb", ["Mango Velvet", "Peacock Velvet"], 900_000),
        ("sources/avocado_obj.zip", [], 100_000),
        ("sources/wicker.ply", [], 30_000),
    ],
)
def test_a_real_model_becomes_a_small_valid_file(
    tmp_path: Path, name: str, variants: list[str], most_bytes: int
) -> None:
    options = Options(profiles=("web",), pictures=False)  # the bench looks at them
    *_, done = build([MODELS / name], tmp_path, options)
    assert done["variants"] == variants
    assert done["files"][0]["bytes"] <= most_bytes
    web = Path(done["folder"]) / "web.glb"
    assert read(web).variants == variants
    if VALIDATOR.exists():
        assert errors([web]) == {}
