"""Velvet without a sheen."""

import numpy as np
import pytest

from assets_pipeline.model import Image, Model, Texture
from assets_pipeline.passes import FoldSheen
from assets_pipeline.passes.fold_sheen import albedo

BLUE = {"KHR_materials_sheen": {"sheenColorFactor": [0, 0, 1], "sheenRoughnessFactor": 1}}
NAVY = {"extensions": BLUE, "pbrMetallicRoughness": {"baseColorFactor": [0.01, 0.01, 0.01, 1]}}


def test_a_velvets_colour_is_not_lost_with_its_sheen():
    (navy,) = FoldSheen()(Model(materials=(NAVY,))).materials
    red, _, blue, _ = navy["pbrMetallicRoughness"]["baseColorFactor"]
    assert red == pytest.approx(0.01)
    assert blue == pytest.approx(0.01 + albedo(1))
    assert "extensions" not in navy


def test_under_a_texture_the_mean_colour_grows_by_as_much():
    pixels = np.full((8, 8, 3), 188, np.uint8)  # 0.503 in linear light
    pbr = {"baseColorTexture": {"index": 0}}
    model = Model(
        materials=({"extensions": BLUE, "pbrMetallicRoughness": pbr},),
        textures=(Texture(image=0),),
        images=(Image(pixels=pixels, width=8, height=8),),
    )
    (folded,) = FoldSheen()(model).materials
    red, _, blue, _ = folded["pbrMetallicRoughness"]["baseColorFactor"]
    assert red == pytest.approx(1)
    assert 0.503 * blue == pytest.approx(0.503 + albedo(1), abs=0.002)


def test_other_extensions_and_other_materials_stay():
    ior = {"KHR_materials_ior": {"ior": 1.4}}
    both = {"extensions": BLUE | ior}
    folded, plain = FoldSheen()(Model(materials=(both, {"name": "plain"}))).materials
    assert folded["extensions"] == ior
    assert plain == {"name": "plain"}


def test_a_rougher_sheen_sends_back_more_light_but_never_half():
    assert 0 == albedo(0) < albedo(0.3) < albedo(0.65) < albedo(1) < 0.5
