"""Models that move, held still; and bumps whose strength became pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline.model import Image, Model, Texture, Values
from assets_pipeline.passes import BakeNormalScale, Still, Triangulate
from assets_pipeline.passes.normal_scale import scale_normals
from assets_pipeline.readers import read
from assets_pipeline.transforms import placed_primitives
from tests.assets_pipeline.examples import GltfExample, moving_square, square


def model_of(example: GltfExample, folder: Path) -> Model:
    path = folder / "example.glb"
    path.write_bytes(example.glb())
    return Triangulate()(read(path))


def test_nothing_is_left_that_moves(tmp_path):
    still = Still()(model_of(moving_square(), tmp_path))
    assert not still.skins
    assert not still.animations
    assert not any(p.targets or "JOINTS_0" in p.attributes for p in still.primitives)


def test_a_skin_stays_where_its_joints_have_put_it(tmp_path):
    """`placed_primitives` poses skins on its own, but knows no morphs."""
    moving = model_of(moving_square(), tmp_path)
    bare = replace(moving, meshes=tuple(replace(mesh, weights=None) for mesh in moving.meshes))
    posed, still = (
        sorted(p.tolist() for _, p in placed_primitives(m)) for m in (bare, Still()(bare))
    )
    assert np.array(still) == pytest.approx(np.array(posed))


def test_morph_targets_count_by_their_weights(tmp_path):
    moving = model_of(moving_square(), tmp_path)
    node = replace(moving.nodes[3], weights=(0.5,))
    still = Still()(replace(moving, nodes=(*moving.nodes[:3], node)))
    swollen = still.meshes[still.nodes[3].mesh].primitives[0].attributes["POSITION"].array
    # Half of the target's (0, 0.5, 0) for the second corner and (0, 0, 0.5) for the third.
    assert swollen.tolist() == [[0, 0, 0], [1, 0.25, 0], [1, 1, 0.25], [0, 1, 0]]


def test_what_stands_still_already_is_left_alone(tmp_path):
    model = model_of(square(), tmp_path)
    assert Still()(model) is model


def test_normals_tilt_less_and_keep_their_length():
    tilted = np.array([[[218, 128, 218]]], np.uint8)  # 45° towards X
    x, y, z = scale_normals(tilted, 0.5)[0, 0].astype(float) / 127.5 - 1
    assert x / z == pytest.approx(0.5, abs=0.02)
    assert np.hypot(np.hypot(x, y), z) == pytest.approx(1, abs=0.01)


def test_each_strength_gets_its_picture_once(tmp_path):
    flat = np.full((4, 4, 3), 128, np.uint8)
    bumpy = Image(pixels=flat, width=4, height=4)
    strengths = (1, 0.5, 0.5, 0.2)
    materials = tuple({"normalTexture": {"index": 0, "scale": s}} for s in strengths)
    model = Model(materials=materials, textures=(Texture(image=0),), images=(bumpy,))
    baked = BakeNormalScale()(model)
    assert [m["normalTexture"]["index"] for m in baked.materials] == [0, 1, 1, 2]
    assert all(m["normalTexture"].get("scale", 1) == 1 for m in baked.materials)
    assert [t.image for t in baked.textures] == [0, 1, 2]
    assert len(baked.images) == 3


def test_a_sum_of_directions_is_a_direction_again(tmp_path):
    moving = model_of(moving_square(), tmp_path)
    turned = Values(np.full((4, 3), 3, np.float32), "VEC3")
    mesh = moving.meshes[1]
    primitive = replace(mesh.primitives[0], targets=({"NORMAL": turned},))
    meshes = (moving.meshes[0], replace(mesh, primitives=(primitive,), weights=(1.0,)))
    still = Still()(replace(moving, meshes=meshes))
    normals = still.meshes[still.nodes[3].mesh].primitives[0].attributes["NORMAL"].array
    assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(4))
