"""Real pictures from the real process."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assets_pipeline.errors import RenderFailed
from assets_pipeline.render import (
    VIEWS,
    Background,
    Frame,
    Renderer,
    Shot,
    View,
    posters,
    slugs,
)
from tests.assets_pipeline import examples

FRONT = VIEWS[0]
BOX = Frame((0, 0, 0), (1, 1, 0.1))


def colours(picture: np.ndarray) -> np.ndarray:
    """The mean colour of the middle, where the square stands."""
    size = len(picture)
    return picture[size // 3 : -size // 3, size // 3 : -size // 3, :3].mean(axis=(0, 1))


def test_every_view_shows_the_model_before_the_backdrop(studio: Renderer) -> None:
    glb = examples.textured_square().glb()
    front, *others = studio.views(glb, size=96, frame=BOX)
    assert front.shape == (96, 96, 4)
    assert (front[..., 3] == 255).all()
    assert front[40:56, 40:56, :3].std() > front[:8, :, :3].std() + 5
    assert len(others) == len(VIEWS) - 1


def test_the_same_file_gives_the_same_pixels(studio: Renderer) -> None:
    glb = examples.textured_square().glb()
    one, other = (studio.views(glb, size=64, views=[FRONT])[0] for _ in range(2))
    assert np.array_equal(one, other)


def test_a_cut_out_is_opaque_inside_and_empty_in_the_corners(studio: Renderer) -> None:
    glb = examples.textured_square().glb()
    (picture,) = studio.views(
        glb, size=96, views=[FRONT], background=Background.TRANSPARENT, frame=BOX
    )
    assert picture[48, 48, 3] == 255
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0, 0, 0, 0]


def test_a_variant_changes_the_colour(studio: Renderer) -> None:
    glb = examples.textured_square().glb()
    (red,) = studio.views(glb, size=64, views=[FRONT], variant="Red", frame=BOX)
    (blue,) = studio.views(glb, size=64, views=[FRONT], variant="Blue", frame=BOX)
    assert colours(blue)[2] > colours(blue)[0] + 60
    assert abs(colours(red)[2] - colours(red)[0]) < 60


def test_a_variant_leaves_what_it_does_not_name_as_it_was(studio: Renderer) -> None:
    example = examples.textured_square()
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["extensions"]["KHR_materials_variants"]["mappings"].pop(0)  # Red names nothing
    shots = [
        Shot(FRONT, 64, variant, Background.PLAIN) for variant in ("Blue", "Red", None, "Blue")
    ]
    blue, red, default, again = studio.take(example.glb(), shots, BOX)
    assert np.array_equal(red, default)
    assert np.array_equal(blue, again)
    assert not np.array_equal(blue, red)


def test_the_shadow_lies_where_the_product_stands(studio: Renderer) -> None:
    example = examples.square()  # laid on its face, it has no side that is seen from above
    place = {"translation": [-0.5, 0, 0.1], "rotation": [0.7071068, 0, 0, 0.7071068]}
    example.document["nodes"][0] |= place
    down, box = View("down", (0, 1, 0)), Frame((-1, 0, -1), (1, 1, 1))
    (picture,) = studio.views(example.glb(), size=96, views=[down], frame=box)
    shades = picture[:, 48, :3].mean(axis=-1)
    assert shades[:40].std() < 5  # nothing is there
    assert shades[60] < shades[:40].min() - 20  # +Z is below


def test_lights_of_the_model_itself_stay_off(studio: Renderer) -> None:
    plain, lit = examples.textured_square(), examples.textured_square()
    name = "KHR_lights_punctual"
    lit.document["extensionsUsed"].append(name)
    lit.document["extensions"][name] = {"lights": [{"type": "point", "intensity": 1e7}]}
    lamp = {"translation": [0.5, 0.5, 1], "extensions": {name: {"light": 0}}}
    lit.document["nodes"].append(lamp)
    lit.document["scenes"][0]["nodes"].append(1)
    one, other = (
        studio.views(example.glb(), size=64, views=[FRONT], frame=BOX)[0]
        for example in (plain, lit)
    )
    assert np.array_equal(one, other)


def test_posters_are_made_of_each_variant_before_both_backgrounds(studio: Renderer) -> None:
    glb = examples.textured_square().glb()
    made = {picture.name: picture for picture in posters(studio, glb, ["Red", "Blue"], size=128)}
    assert sorted(made) == sorted(
        f"poster{variant}{background}.{ending}"
        for variant in ("", ".red", ".blue")
        for background in ("", ".studio")
        for ending in ("webp", "png")
    )
    assert made["poster.png"].content == made["poster.red.png"].content  # the default look
    assert made["poster.blue.webp"].variant == "Blue"
    assert made["poster.blue.webp"].content != made["poster.webp"].content
    for picture in made.values():
        assert picture.media_type == f"image/{picture.name.rpartition('.')[2]}"


def test_a_poster_file_has_the_size_and_transparency_it_says(
    studio: Renderer, tmp_path: Path
) -> None:
    for picture in posters(studio, examples.textured_square().glb(), size=128):
        (tmp_path / picture.name).write_bytes(picture.content)
        with Image.open(tmp_path / picture.name) as opened:
            assert opened.size == (picture.width, picture.height) == (128, 128)
            assert opened.mode == ("RGB" if ".studio." in picture.name else "RGBA")


def test_names_of_variants_become_safe_and_different() -> None:
    names = ["Pale Pink", "pale/pink", "../..", "Größe 3", "studio", "赤"]
    assert slugs(names) == [
        "pale-pink",
        "pale-pink-2",
        "variant",
        "groe-3",
        "studio-2",
        "variant-2",
    ]


@pytest.mark.parametrize("content", [b"", b"not a model", examples.square().glb()[:300]])
def test_a_broken_file_fails_alone(studio: Renderer, content: bytes) -> None:
    with pytest.raises(RenderFailed):
        studio.views(content, size=64)
    assert studio.views(examples.square().glb(), size=64, views=[FRONT])


def test_a_variant_that_is_not_there_is_said(studio: Renderer) -> None:
    with pytest.raises(RenderFailed):
        studio.views(examples.square().glb(), size=64, variant="Green")
