"""glTF materials in UsdPreviewSurface's words."""

import pytest

from assets_pipeline.writers.preview_surface import Sample, UvSet, lost, preview_surface

TEXTURE = {"index": 3}


def with_extension(name: str, **values) -> dict:
    return {"extensions": {f"KHR_materials_{name}": values}}


def test_gltfs_defaults_are_spelled_out_because_usds_differ():
    surface = preview_surface({})
    assert surface["metallic"] == 1
    assert surface["roughness"] == 1
    assert surface["diffuseColor"] == (1, 1, 1)


def test_a_factor_multiplies_its_texture():
    pbr = {"baseColorTexture": TEXTURE, "baseColorFactor": [0.5, 0.25, 1, 1]}
    colour = preview_surface({"pbrMetallicRoughness": pbr})["diffuseColor"]
    assert colour == Sample(3, UvSet(), "rgb", srgb=True, scale=(0.5, 0.25, 1, 1))


def test_metal_is_read_from_blue_and_roughness_from_green_of_raw_values():
    pbr = {"metallicRoughnessTexture": TEXTURE, "roughnessFactor": 0.5}
    surface = preview_surface({"pbrMetallicRoughness": pbr})
    assert (surface["metallic"].channels, surface["roughness"].channels) == ("b", "g")
    assert not surface["metallic"].srgb
    assert surface["roughness"].scale[1] == 0.5


def test_normals_are_spread_from_minus_one_to_one():
    normal = preview_surface({"normalTexture": TEXTURE})["normal"]
    assert normal.scale[:3] == (2, 2, 2)
    assert normal.bias[:3] == (-1, -1, -1)


def test_half_the_strength_of_occlusion_keeps_half_the_light():
    shadows = preview_surface({"occlusionTexture": {"index": 0, "strength": 0.5}})["occlusion"]
    assert 0 * shadows.scale[0] + shadows.bias[0] == 0.5
    assert 1 * shadows.scale[0] + shadows.bias[0] == 1


@pytest.mark.parametrize(
    ("mode", "opacity", "threshold"),
    [("OPAQUE", 1, None), ("BLEND", 0.3, None), ("MASK", 0.3, 0.5)],
)
def test_alpha_counts_where_its_mode_says(mode, opacity, threshold):
    material = {"alphaMode": mode, "pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 0.3]}}
    surface = preview_surface(material)
    assert surface["opacity"] == opacity
    assert surface.get("opacityThreshold") == threshold


def test_clear_glass_is_nearly_see_through_and_opaque_where_its_texture_is_black():
    glass = preview_surface(with_extension("transmission", transmissionFactor=1))
    assert 0 < glass["opacity"] < 0.5
    frosted = with_extension("transmission", transmissionFactor=1, transmissionTexture=TEXTURE)
    opacity = preview_surface(frosted)["opacity"]
    assert opacity.bias[0] == 1
    assert 0 < opacity.bias[0] + opacity.scale[0] < 0.5


def test_thick_amber_glass_is_darker_than_thin():
    def blue(thickness: float) -> float:
        volume = {"attenuationColor": [1, 0.5, 0.1], "attenuationDistance": 0.01}
        return preview_surface(with_extension("volume", thicknessFactor=thickness, **volume))[
            "diffuseColor"
        ][2]

    assert blue(0.01) == pytest.approx(0.1)
    assert blue(0.02) == pytest.approx(0.01)


def test_no_specular_means_no_mirror():
    matt = with_extension("specular", specularFactor=0)
    assert preview_surface(matt)["ior"] == 1
    assert "ior" not in preview_surface({})


def test_unlit_materials_shine_by_themselves():
    surface = preview_surface(
        with_extension("unlit") | {"pbrMetallicRoughness": {"baseColorFactor": [0, 1, 0, 1]}}
    )
    assert surface["emissiveColor"] == (0, 1, 0)
    assert surface["diffuseColor"] == (0, 0, 0)


def test_what_gets_lost_is_told():
    material = with_extension("iridescence", iridescenceFactor=1)
    material["extensions"]["KHR_materials_clearcoat"] = {"clearcoatNormalTexture": TEXTURE}
    assert lost(material) == {"KHR_materials_iridescence", "clearcoatNormalTexture"}
    assert lost(with_extension("ior", ior=1.4)) == set()
