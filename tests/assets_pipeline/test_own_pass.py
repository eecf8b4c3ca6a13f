"""A pass of one's own, in one file and one test, as the README shows it."""

from dataclasses import dataclass, replace
from pathlib import Path

from assets_pipeline import Options, build, passes
from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.recipes import PROFILES
from tests.assets_pipeline import examples


@dataclass(frozen=True)
class Paint:
    """Give every material one colour, linear RGBA."""

    colour: tuple[float, float, float, float]

    def __call__(self, model: Model) -> Model:
        painted = ({**m, "pbrMetallicRoughness": {"baseColorFactor": [*self.colour]}}
                   for m in model.materials)  # fmt: skip
        return replace(model, materials=tuple(painted))


def test_a_pass_of_ones_own_takes_part_in_a_build(tmp_path: Path) -> None:
    path = tmp_path / "square.glb"
    path.write_bytes(examples.textured_square().glb())
    preview = PROFILES["preview"]
    recipe = replace(
        preview.recipe,
        textures=(passes.ResizeTextures(64),),
        geometry=(Paint((1, 0, 0, 1)), *preview.recipe.geometry),
    )
    clay = replace(preview, name="clay", recipe=recipe)
    options = Options(profiles=("clay",), custom=(clay,), pictures=False, checks=False)
    *_, done = build([path], tmp_path / "out", options)
    model = read(Path(done["folder"]) / "clay.glb")
    assert {tuple(m["pbrMetallicRoughness"]["baseColorFactor"]) for m in model.materials} == {
        (1, 0, 0, 1)
    }
