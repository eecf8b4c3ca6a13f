"""Quantizing moves nothing further than it says, and leaves the model's meaning alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from assets_pipeline.materials import texture_coordinates, texture_infos
from assets_pipeline.model import Image, Mesh, Model, Node, Primitive, Texture, Values
from assets_pipeline.passes import Dequantize, Quantize
from assets_pipeline.passes.quantize import octahedral, weights
from assets_pipeline.readers import read
from assets_pipeline.transforms import bounds, local_matrix, placed_primitives
from tests.assets_pipeline import examples

finite = st.floats(-1000, 1000, width=32)
points = arrays.arrays(np.float32, st.integers(3, 30).map(lambda n: (n, 3)), elements=finite)


def model_of(positions: NDArray[np.float32], **node: object) -> Model:
    primitive = Primitive({"POSITION": Values(positions, "VEC3")}, material=0)
    return Model(
        meshes=(Mesh((primitive,)),),
        nodes=(Node(mesh=0, name="thing", **node),),  # type: ignore[arg-type]
        materials=({},),
        textures=(Texture(),),
    )


def shown(model: Model) -> NDArray[np.float64]:
    return np.vstack([points for _, points in placed_primitives(model)])


@given(points, st.floats(0.001, 100), st.integers(8, 16))
def test_no_point_moves_further_than_half_a_step_nor_the_tolerance(
    positions: NDArray[np.float32], scale: float, bits: int
) -> None:
    model = model_of(positions, scale=(scale,) * 3, rotation=(0.5, 0.5, 0.5, 0.5))
    quantized = Quantize(position_bits=bits)(model)
    low, high = bounds(model) or (np.zeros(3), np.zeros(3))
    assume((high - low).max() > 0)
    half = float((high - low).max()) / (min(2**bits - 1, 65525)) / 2
    moved = shown(quantized) - shown(model)
    rounding = 1e-6 * float(np.abs(shown(model)).max())
    assert np.abs(moved).max() <= half * 1.001 + rounding
    assert np.linalg.norm(moved, axis=1).max() <= 0.0001 * 1.001 + 2 * rounding


def test_a_large_model_takes_more_bits_to_stay_within_the_tolerance() -> None:
    corners = np.array([[0, 0, 0], [5, 0, 0], [1.23456, 1.7, 2.3]], np.float32)
    quantized = Quantize(position_bits=8)(model_of(corners))
    assert np.linalg.norm(shown(quantized) - shown(model_of(corners)), axis=1).max() <= 0.0001
    assert quantized.primitives[0].attributes["POSITION"].array.dtype == np.uint16


def test_a_model_too_large_for_any_grid_keeps_its_floats() -> None:
    model = model_of(np.array([[0, 0, 0], [20, 0, 0], [0, 1, 0]], np.float32))
    positions = Quantize()(model).primitives[0].attributes["POSITION"]
    assert positions.array.dtype == np.float32


@given(points)
def test_a_grid_is_written_in_few_digits(positions: NDArray[np.float32]) -> None:
    model = model_of(positions / np.float32(1000), scale=(0.5,) * 3)
    node = Quantize()(model).nodes[-1]
    assert node.scale is not None
    assert node.translation is not None
    assert float(f"{node.scale[0]:.4g}") == node.scale[0]
    assert all(float(f"{x:.9g}") == x for x in node.translation)


@pytest.mark.parametrize("size", [1, 6.4])
def test_parts_of_one_model_share_a_grid_so_that_seams_stay_closed(size: float) -> None:
    seam = [1 / 3, 0.7, 0.1]
    one = Primitive(
        {"POSITION": Values(np.array([[-size, 0, 0], [1, 0, 0], seam], np.float32), "VEC3")}
    )
    two = Primitive(
        {"POSITION": Values(np.array([[size, size, size], [1, 5, 0], seam], np.float32), "VEC3")}
    )
    model = Model(meshes=(Mesh((one,)), Mesh((two,))), nodes=(Node(mesh=0), Node(mesh=1)))
    (_, first), (_, second) = placed_primitives(Quantize()(model))
    assert np.abs(first[2] - second[2]).max() < 1e-9


def test_a_mesh_shown_enlarged_gets_a_grid_of_its_own() -> None:
    long = Primitive(
        {"POSITION": Values(np.array([[0, 0, 0], [100, 0, 0], [0, 1, 0]], np.float32), "VEC3")}
    )
    fine = Primitive(
        {"POSITION": Values(np.array([[0, 0, 0], [1, 0, 0], [0.123456, 1, 0]], np.float32), "VEC3")}
    )
    model = Model(
        meshes=(Mesh((long,)), Mesh((fine,))),
        nodes=(Node(mesh=0, scale=(0.01,) * 3), Node(mesh=1)),
    )
    assert np.abs(shown(Quantize()(model)) - shown(model)).max() <= 0.0001


def test_a_node_keeps_its_name_place_and_children() -> None:
    model = model_of(np.array(examples.SQUARE, np.float32), translation=(1, 2, 3), extras={"a": 1})
    quantized = Quantize()(model)
    node = quantized.nodes[0]
    assert (node.name, node.translation, node.extras, node.mesh) == (
        "thing",
        (1, 2, 3),
        {"a": 1},
        None,
    )
    assert [quantized.nodes[child].mesh for child in node.children] == [0]


def test_a_node_that_is_nothing_but_a_place_takes_the_grid_in() -> None:
    turned = (0.5, 0.5, 0.5, 0.5)
    model = model_of(np.array(examples.SQUARE, np.float32), rotation=turned, scale=(1, 2, 3))
    bare = replace(model, nodes=(replace(model.nodes[0], name=None),))
    quantized = Quantize()(bare)
    assert len(quantized.nodes) == 1
    assert np.abs(shown(quantized) - shown(model)).max() <= 0.0001
    matrix = tuple(local_matrix(bare.nodes[0]).T.ravel().tolist())
    by_matrix = replace(bare, nodes=(Node(mesh=0, matrix=matrix),))
    assert np.abs(shown(Quantize()(by_matrix)) - shown(model)).max() <= 0.0001


def test_a_skin_a_morph_and_an_animation_stay_right(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.moving_square().glb())
    model = read(tmp_path / "a.glb")
    quantized = Quantize()(model)
    assert np.abs(shown(quantized) - shown(model)).max() < 0.0002
    wave = quantized.animations[0].channels
    assert wave[0]["target"] == {"node": 3, "path": "rotation"}
    moved = quantized.nodes[wave[1]["target"]["node"]]
    assert moved.mesh == 1
    step = moved.scale[0] if moved.scale else 0
    target = quantized.meshes[1].primitives[0].targets[0]["POSITION"]
    assert target.array * step == pytest.approx(
        model.meshes[1].primitives[0].targets[0]["POSITION"].array, abs=0.0001
    )


def test_glass_keeps_its_thickness() -> None:
    model = model_of(np.array(examples.SQUARE, np.float32))
    volume = {"thicknessFactor": 0.02, "attenuationDistance": 0.1}
    glass = {"extensions": {"KHR_materials_volume": volume}}
    quantized = Quantize()(replace(model, materials=(glass,)))
    scale = quantized.nodes[-1].scale
    assert scale is not None
    stored = quantized.materials[0]["extensions"]["KHR_materials_volume"]
    assert stored["thicknessFactor"] * scale[0] == pytest.approx(0.02)
    assert stored["attenuationDistance"] == 0.1  # counts in the world's metres


def test_glass_shared_by_meshes_of_two_grids_is_left_alone() -> None:
    model = model_of(np.array(examples.SQUARE, np.float32))
    glass = {"extensions": {"KHR_materials_volume": {"thicknessFactor": 0.02}}}
    small = model.meshes[0]
    big = Mesh((small.primitives[0].map_values(lambda v: Values(v.array * 1000, "VEC3")),))
    model = replace(
        model,
        meshes=(small, big),
        nodes=(Node(mesh=0), Node(mesh=1, scale=(0.001,) * 3)),
        materials=(glass,),
    )
    quantized = Quantize()(model)
    assert quantized.materials[0] == glass
    assert {p.attributes["POSITION"].array.dtype.kind for p in quantized.primitives} == {"f"}


def test_glass_that_is_left_alone_takes_along_what_shares_its_other_glass() -> None:
    model = model_of(np.array(examples.SQUARE, np.float32))
    glass = {"extensions": {"KHR_materials_volume": {"thicknessFactor": 0.02}}}
    (small,) = model.meshes[0].primitives
    big = small.map_values(lambda v: Values(v.array * 1000, "VEC3"))
    shapes = [[replace(small, material=1)], [replace(small, material=m) for m in (0, 1)], [big]]
    model = replace(
        model,
        meshes=tuple(Mesh(tuple(primitives)) for primitives in shapes),
        nodes=(Node(mesh=0), Node(mesh=1), Node(mesh=2, scale=(0.001,) * 3)),
        materials=(glass, glass),
    )
    quantized = Quantize()(model)
    assert quantized.materials == (glass, glass)
    assert {p.attributes["POSITION"].array.dtype.kind for p in quantized.primitives} == {"f"}


@given(
    arrays.arrays(np.float32, (6, 8), elements=st.floats(0, 1, width=32)).filter(
        lambda rows: bool((rows.sum(axis=1) > 0.01).all())
    )
)
def test_joint_weights_still_add_up_to_one_exactly(rows: NDArray[np.float32]) -> None:
    sets = {f"WEIGHTS_{i}": Values(rows[:, 4 * i : 4 * i + 4], "VEC4") for i in range(2)}
    stored = weights(sets)
    assert (sum(v.array.astype(int).sum(axis=1) for v in stored.values()) == 65535).all()
    total = rows.sum(axis=1, keepdims=True, dtype=np.float64)
    found = np.hstack([v.floats() for v in stored.values()])
    assert np.abs(found - rows / total).max() < 5 / 65535


@pytest.mark.parametrize(
    ("width", "tiles", "expected"), [(2048, 1, 13), (512, 1, 11), (512, 8, 14)]
)
def test_texture_coordinates_are_as_fine_as_their_textures(
    width: int, tiles: float, expected: int
) -> None:
    model = model_of(np.zeros((3, 3), np.float32))
    uv = Values(np.array([[0, 0], [1, 0], [0, 1]], np.float32), "VEC2")
    attributes = {**model.primitives[0].attributes, "TEXCOORD_0": uv}
    tiled = {"KHR_texture_transform": {"scale": [tiles, tiles]}}
    model = replace(
        model,
        meshes=(Mesh((replace(model.primitives[0], attributes=attributes),)),),
        materials=({"normalTexture": {"index": 0, "extensions": tiled}},),
        textures=(Texture(image=0),),
        images=(Image(width=width, height=64),),
    )
    stored = Quantize(uv_bits=13)(model).primitives[0].attributes["TEXCOORD_0"]
    assert stored.array.max() == 2**expected


coordinates = st.floats(-3.875, 3.875, width=32)


@given(
    arrays.arrays(np.float32, (6, 2), elements=coordinates),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)),
    st.floats(-3, 3),
)
@settings(max_examples=50)
def test_texture_coordinates_mean_the_same_after_their_transform(
    uv: NDArray[np.float32], offset: tuple[float, float], scale: tuple[float, float], turn: float
) -> None:
    transform = {"offset": list(offset), "scale": list(scale), "rotation": turn}
    info = {"index": 0, "extensions": {"KHR_texture_transform": transform}}
    model = model_of(np.zeros((6, 3), np.float32))
    primitive = replace(
        model.primitives[0],
        attributes={**model.primitives[0].attributes, "TEXCOORD_0": Values(uv, "VEC2")},
    )
    model = replace(model, meshes=(Mesh((primitive,)),), materials=({"normalTexture": info},))
    quantized = Quantize(uv_bits=13)(model)
    error = np.abs(transformed(quantized) - transformed(model)).max()
    # In repetitions: rounding to whole bits, the diagonal, and a bit less where 16 do not suffice.
    assert error <= 2**-14 * 2**0.5 * 2**0.5 * 2 * max(scale) / min(scale) * 1.001


def transformed(model: Model) -> NDArray[np.float64]:
    """Source: KHR_texture_transform, "Overview"."""
    ((_, info),) = texture_infos(model.materials[0])
    transform = info["extensions"]["KHR_texture_transform"]
    name = f"TEXCOORD_{texture_coordinates(info)}"
    u, v = (model.primitives[0].attributes[name].floats() * transform["scale"]).T.astype(float)
    sine, cosine = np.sin(transform["rotation"]), np.cos(transform["rotation"])
    turned = np.stack([cosine * u + sine * v, cosine * v - sine * u], axis=1)
    moved: NDArray[np.float64] = turned + transform["offset"]
    return moved


def test_texture_coordinates_too_far_out_stay_floats() -> None:
    model = model_of(np.zeros((3, 3), np.float32))
    far = Values(np.array([[0, 0], [100, 0], [0, 500]], np.float32), "VEC2")
    attributes = {**model.primitives[0].attributes, "TEXCOORD_0": far}
    mesh = Mesh((replace(model.primitives[0], attributes=attributes),))
    model = replace(model, meshes=(mesh,), materials=({"normalTexture": {"index": 0}},))
    quantized = Quantize()(model)
    assert quantized.primitives[0].attributes["TEXCOORD_0"] is far
    assert quantized.materials == model.materials


directions = arrays.arrays(np.float32, (8, 3), elements=st.floats(-1, 1, width=32)).filter(
    lambda v: bool((np.linalg.norm(v, axis=1) > 0.01).all())
)


@given(directions, st.sampled_from([(8, 1.25), (10, 0.3), (12, 0.1)]))
def test_a_normal_turns_by_less_than_its_bits_allow(
    vectors: NDArray[np.float32], allowed: tuple[int, float]
) -> None:
    bits, degrees = allowed
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    stored = octahedral(Values(unit, "VEC3"), bits).floats()
    stored = stored / np.linalg.norm(stored, axis=1, keepdims=True)
    cosine = np.clip(np.einsum("ij,ij->i", unit, stored), -1, 1)
    assert np.degrees(np.arccos(cosine)).max() < degrees


def test_dequantizing_gives_back_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.textured_square().glb())
    model = read(tmp_path / "a.glb")
    plain = Dequantize()(Quantize()(model))
    assert {p.attributes["POSITION"].array.dtype.kind for p in plain.primitives} == {"f"}
    assert np.abs(shown(plain) - shown(model)).max() < 0.0001
    assert "KHR_mesh_quantization" not in plain.used | plain.required


@pytest.mark.parametrize("times", [0.0, 1e308])
def test_a_texture_may_be_repeated_never_or_without_end(times: float) -> None:
    info = {"index": 0, "extensions": {"KHR_texture_transform": {"scale": [times, 1]}}}
    material = {"pbrMetallicRoughness": {"baseColorTexture": info}}
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    uv = Values(np.array([[0, 0], [1, 0], [0, 1]], np.float32), "VEC2")
    model = replace(model_of(corners), materials=(material,))
    model = model.map_primitives(
        lambda p: replace(p, attributes={**p.attributes, "TEXCOORD_0": uv})
    )
    model = replace(model, textures=(Texture(image=0),), images=(Image(width=1024, height=64),))
    (primitive,) = Quantize()(model).primitives
    assert len(primitive.attributes["TEXCOORD_0"]) == 3
