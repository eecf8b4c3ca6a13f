"""Whatever a small model is made of, it means the same after quantizing, packing and reading."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import KDTree

from assets_pipeline.describe import keepsakes
from assets_pipeline.model import Image, Mesh, Model, Node, Primitive, Skin, Texture, Values
from assets_pipeline.passes import Dedup, Dequantize, Instance, Join, Prune
from assets_pipeline.readers import read
from assets_pipeline.recipes import compact
from assets_pipeline.transforms import placed_primitives
from assets_pipeline.writers.glb import Codec, GlbWriter
from tests.assets_pipeline import examples
from tests.assets_pipeline.writers.test_draco import sheet

VARIANTS = "KHR_materials_variants"
OPTIONAL = ("NORMAL", "TANGENT", "TEXCOORD_1", "COLOR_0")
# How far each attribute may be off: half a step of 13 bits, of 16, or of the directions' 10.
MOST = {"TEXCOORD_0": 2e-4, "TEXCOORD_1": 2e-4, "COLOR_0": 1e-5, "WEIGHTS_0": 1e-4}
DIRECTIONS = ("NORMAL", "TANGENT")


@st.composite
def models(draw: Any) -> Model:
    """A sheet with some of what a vertex can carry, in its place: skinned, morphed, in variants."""
    part = sheet(6, draw(st.integers(0, 5)))
    dropped = draw(st.sets(st.sampled_from(OPTIONAL)))
    attributes = {n: v for n, v in part.attributes.items() if n not in dropped}
    skinned = draw(st.booleans())
    if skinned:
        joints = np.tile(np.array([0, 1, 0, 0], np.uint8), (part.vertices, 1))
        share = attributes["POSITION"].array[:, :1]
        weights = np.hstack([share, 1 - share, 0 * share, 0 * share])
        attributes["JOINTS_0"] = Values(joints, "VEC4")
        attributes["WEIGHTS_0"] = Values(weights, "VEC4")
    targets: tuple[dict[str, Values], ...] = ()
    if draw(st.booleans()):
        lift = 0.1 * np.roll(attributes["POSITION"].array, 1, axis=1)
        targets = ({"POSITION": Values(lift, "VEC3")},)
    mappings = {"mappings": [{"material": 1, "variants": [0]}]}
    part = Primitive(attributes, part.indices, 4, 0, targets, {VARIANTS: mappings}, {"part": 1})
    return whole(part, skinned, draw(st.sampled_from([0.01, 1.0, 4.0])))


def whole(part: Primitive, skinned: bool, scale: float) -> Model:
    info = {"index": 0}
    look = {"normalTexture": info, "occlusionTexture": {**info, "texCoord": 1}}
    bare = {"baseColorTexture": info}
    if "TEXCOORD_1" not in part.attributes:
        look["occlusionTexture"] = info
    joints = (Node(name="hip", translation=(0, 1, 0)), Node(name="knee"))
    body = Node(mesh=0, skin=0) if skinned else Node(mesh=0, scale=(scale,) * 3, name="body")
    return Model(
        asset={"version": "2.0"},
        meshes=(Mesh((part,), weights=(0.5,) if part.targets else None, name="mesh"),),
        nodes=(body, *joints),
        skins=(Skin((1, 2)),) if skinned else (),
        scenes=({"nodes": [0, 1, 2]},),
        scene=0,
        materials=({"name": "bumpy", **look}, {"name": "flat", "pbrMetallicRoughness": bare}),
        textures=(Texture(image=0),),
        images=(Image(examples.picture(), "image/png", 2048, 2048),),
        extensions={VARIANTS: {"variants": [{"name": "Flat"}]}},
        used=frozenset({VARIANTS}),
    )


@given(models(), st.sampled_from(["none", "meshopt", "draco", "smallest"]), st.booleans())
@settings(max_examples=40)
def test_a_model_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, model: Model, codec: Codec, khr: bool
) -> None:
    packed = model
    for step in (Prune(), Dedup(), Join(), Instance(), *compact(12, 10, 13)):
        packed = step(packed)
    path = tmp_path_factory.getbasetemp() / "packed.glb"
    path.write_bytes(GlbWriter(codec, khr=khr).write(packed))
    found = read(path)
    assert keepsakes(found) == keepsakes(model)
    check_vertices(model, found)


def check_vertices(model: Model, found: Model) -> None:
    ((ours, here),) = placed_primitives(model)
    ((theirs, there),) = placed_primitives(found)
    assert theirs.triangles == ours.triangles
    assert theirs.attributes.keys() == ours.attributes.keys()
    distances, rows = KDTree(here).query(there)
    assert distances.max() <= 0.0001 * 1.01
    expected = {name: values.floats()[rows] for name, values in ours.attributes.items()}
    actual = {name: values.floats() for name, values in theirs.attributes.items()}
    for name in DIRECTIONS:
        if name in actual:
            assert degrees(expected[name], actual[name]).max() < 0.8
    for name, most in MOST.items():
        if name in actual:
            scale = uv_scale(found, name)
            assert np.abs(expected[name] - actual[name] * scale).max() <= most, name
    if "JOINTS_0" in actual:  # where a weight is zero, any joint will do
        weighs = actual["WEIGHTS_0"] > 0
        np.testing.assert_array_equal(expected["JOINTS_0"][weighs], actual["JOINTS_0"][weighs])
    for before, after in zip(ours.targets, theirs.targets, strict=True):
        step = found.nodes[-1].scale or (1.0,)
        if found.skins:
            step = (float(found.skins[0].inverse_bind_matrices.array[0, 0]),)  # type: ignore[union-attr]
        moved = before["POSITION"].floats()[rows] - after["POSITION"].floats() * step[0]
        assert np.abs(moved).max() * (model.nodes[0].scale or (1.0,))[0] <= 0.0001


def uv_scale(model: Model, name: str) -> float:
    """Of the texture transform that undoes the steps of a coordinate set."""
    if not name.startswith("TEXCOORD"):
        return 1.0
    slot = "normalTexture" if name.endswith("0") else "occlusionTexture"
    info = model.materials[0][slot]
    return float(info["extensions"]["KHR_texture_transform"]["scale"][0])


def degrees(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    a, b = (v[:, :3] / np.linalg.norm(v[:, :3], axis=1, keepdims=True) for v in (one, other))
    angle: NDArray[np.float64] = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", a, b), -1, 1)))
    return angle


def test_a_quantized_file_is_read_and_quantized_again(tmp_path: Path) -> None:
    """What was built once can be an input: the loss does not grow past twice the bound."""
    model = replace(whole(sheet(6), False, 1.0))
    path, once = tmp_path / "a.glb", model
    for _ in range(2):
        for step in (Dequantize(), Prune(), *compact(12, 10, 13)):
            once = step(once)
        path.write_bytes(GlbWriter("draco").write(once))
        once = read(path)
    here = np.vstack([points for _, points in placed_primitives(model)])
    there = np.vstack([points for _, points in placed_primitives(once)])
    assert KDTree(here).query(there)[0].max() <= 0.0002
