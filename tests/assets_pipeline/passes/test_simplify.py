"""Fewer triangles: closed where it was closed, and all that is no triangle as it was."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline import meshoptimizer, programs
from assets_pipeline.measure.deviation import deviation, surface
from assets_pipeline.model import POINTS, STRIP, Mesh, Model, Primitive, Skin, Values
from assets_pipeline.passes import Simplify
from assets_pipeline.passes.sewing import sew
from assets_pipeline.passes.simplify import COARSE, METHODS, Method, triangles, vertices
from assets_pipeline.programs import MissingProgram
from tests.assets_pipeline.surfaces import hill, patch, two_patches

BORDER = 24 * 4  # edges around the hill


@pytest.fixture(autouse=True)
def _needs_npm() -> None:
    try:
        programs.package("meshoptimizer")
    except MissingProgram as missing:
        pytest.skip(str(missing))


def open_edges(model: Model, margin: float = 0.0) -> int:
    """Edges that only one triangle has, counting vertices at one place as one, and only those
    further than `margin` inside the square."""
    count: Counter[frozenset[bytes]] = Counter()
    for primitive in model.primitives:
        assert primitive.indices is not None
        places = [row.tobytes() for row in primitive.attributes["POSITION"].array]
        for a, b, c in primitive.indices.reshape(-1, 3):
            for edge in ((a, b), (b, c), (c, a)):
                count[frozenset(places[i] for i in edge)] += 1
    middles = {
        edge: np.mean([np.frombuffer(place, np.float32)[[0, 2]] for place in edge], axis=0)
        for edge, times in count.items()
        if times == 1
    }
    return sum(abs(middle - 0.5).max() <= 0.5 - margin for middle in middles.values())


@pytest.mark.parametrize("method", [*METHODS, COARSE], ids=lambda m: m.name)
def test_no_crack_opens_between_primitives_that_meet(method: Method) -> None:
    before = two_patches()
    assert open_edges(before) == BORDER
    assert open_edges(replace(before, meshes=(Mesh(before.primitives[:1]),)), margin=0.1) > 15
    after = method(sew(before), 200)
    assert 100 < triangles(after) <= 200
    sides = [p.attributes["POSITION"].array[:, 2] for p in after.primitives]
    assert 0.4 < sides[0].max() < 0.6  # they still meet in the middle
    assert open_edges(after) < BORDER
    assert open_edges(after, margin=0.1) == 0
    assert deviation(surface(before), surface(after), samples=2_000).most_mm < 60  # of two metres


def test_one_budget_goes_where_the_shape_is() -> None:
    flat, bent = hill(24)[2], hill(24)[2]
    model = two_patches()
    level = patch(flat)
    ground = level.attributes["POSITION"].array * np.float32([1, 0, 1]) - np.float32([0, 0, 2])
    up = np.tile(np.float32([0, 1, 0]), (level.vertices, 1))
    attributes = {
        **level.attributes,
        "POSITION": Values(ground, "VEC3"),
        "NORMAL": Values(up, "VEC3"),
    }
    pair = (replace(level, attributes=attributes), patch(bent))
    after = Simplify(max_triangles=300)(replace(model, meshes=(Mesh(pair),)))
    plain, round_ = after.primitives
    assert plain.triangles < 20
    assert round_.triangles > 200


def test_a_part_too_small_to_matter_keeps_a_triangle() -> None:
    speck = patch(hill(24)[2][:3])
    model = replace(two_patches(), meshes=(Mesh((patch(hill(24)[2]), speck)),))
    for made in (Simplify(max_triangles=12)(model), COARSE(sew(model), 2)):
        assert all(p.triangles >= 1 for p in made.primitives)


def test_a_budget_holds_although_specks_are_saved_and_strips_count() -> None:
    specks = tuple(patch(hill(24)[2][i : i + 3]) for i in range(0, 90, 3))
    strip = replace(patch(hill(24)[2][:9]), indices=np.arange(5, dtype=np.uint32), mode=STRIP)
    model = replace(two_patches(), meshes=(Mesh((*specks, strip, *two_patches().primitives)),))
    after = Simplify(max_triangles=200)(model)
    assert 150 < triangles(after) <= 200
    assert all(p.triangles for p in after.primitives)


def test_a_model_within_its_budget_is_the_same_model() -> None:
    model = two_patches()
    assert Simplify(max_triangles=triangles(model), max_vertices=vertices(model))(model) is model


def test_names_materials_extras_and_nodes_stay() -> None:
    before = two_patches()
    after = Simplify(max_triangles=100)(before)
    assert (after.nodes, after.materials, after.scenes) == (
        before.nodes,
        before.materials,
        before.scenes,
    )
    assert after.meshes[0].name == "hill"
    assert [p.extras for p in after.primitives] == [{"side": "near"}, {"side": "far"}]
    assert [p.material for p in after.primitives] == [0, 1]


def test_normals_stay_of_length_one_and_coordinates_in_their_range() -> None:
    for primitive in Simplify(max_triangles=60)(two_patches()).primitives:
        lengths = np.linalg.norm(primitive.attributes["NORMAL"].array, axis=1)
        assert lengths == pytest.approx(1, abs=1e-5)
        uv = primitive.attributes["TEXCOORD_0"].array
        assert uv.min() >= 0
        assert uv.max() <= 1


def test_vertices_are_brought_below_their_budget() -> None:
    after = Simplify(max_vertices=150)(two_patches())
    assert 75 < vertices(after) <= 150


def test_points_stay_as_they_are_beside_triangles() -> None:
    points = Primitive({"POSITION": Values(np.eye(3, dtype=np.float32), "VEC3")}, mode=POINTS)
    model = replace(two_patches(), meshes=(Mesh((points, *two_patches().primitives)),))
    after = Simplify(max_triangles=100)(model)
    assert after.primitives[0] is points
    assert triangles(after) <= 100


def test_joints_and_weights_go_with_their_vertices() -> None:
    dressed = patch(hill(24)[2])
    row = np.arange(dressed.vertices)
    joints = np.stack([row % 7, row % 5, row * 0, row * 0], axis=1).astype(np.uint8)
    weights = np.tile(np.float32([0.25, 0.75, 0, 0]), (dressed.vertices, 1))
    attributes = {
        **dressed.attributes,
        "JOINTS_0": Values(joints, "VEC4"),
        "WEIGHTS_0": Values(weights, "VEC4"),
    }
    model = two_patches()
    model = replace(
        model,
        meshes=(Mesh((replace(dressed, attributes=attributes),)),),
        nodes=(replace(model.nodes[0], skin=0),),
        skins=(Skin(joints=(0,) * 7),),
    )
    after = Simplify(max_triangles=100)(model).primitives[0]
    assert after.attributes["JOINTS_0"].array.dtype == np.uint8
    kept = {tuple(pair) for pair in after.attributes["JOINTS_0"].array[:, :2].tolist()}
    assert kept <= {tuple(pair) for pair in joints[:, :2].tolist()}
    assert np.array_equal(after.attributes["WEIGHTS_0"].array, weights[: after.vertices])


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_morph_targets_fit_the_vertices_that_are_left(method: Method) -> None:
    still = patch(hill(24)[2])
    positions = still.attributes["POSITION"].array
    way = np.float32([0, 0, 1]) * positions[:, :1] ** 2  # known for every place
    model = replace(
        two_patches(),
        meshes=(Mesh((replace(still, targets=({"POSITION": Values(way, "VEC3")},)),)),),
    )
    after = method(sew(model), 100).primitives[0]
    left = after.attributes["POSITION"].array
    assert after.triangles <= 100
    assert {row.tobytes() for row in left} <= {row.tobytes() for row in positions}
    assert after.targets[0]["POSITION"].array[:, 2] == pytest.approx(left[:, 0] ** 2, abs=1e-6)


def test_a_mesh_shown_small_and_mirrored_comes_back_in_its_own_units() -> None:
    model = two_patches()
    node = replace(model.nodes[0], scale=(-0.001, 0.001, 0.001), rotation=(0.6, 0.0, 0.0, 0.8))
    model = replace(model, nodes=(node,))
    after = Simplify(max_triangles=200)(model)
    for before_part, part in zip(model.primitives, after.primitives, strict=True):
        old, new = before_part.attributes["POSITION"].array, part.attributes["POSITION"].array
        assert new.min(axis=0) == pytest.approx(old.min(axis=0), abs=0.02)
        assert new.max(axis=0) == pytest.approx(old.max(axis=0), abs=0.02)


def test_without_meshoptimizer_the_other_simplifier_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "PACKAGES", tmp_path)
    meshoptimizer.compiled.cache_clear()
    try:
        after = Simplify(max_triangles=200)(two_patches())
    finally:
        meshoptimizer.compiled.cache_clear()
    assert 100 < triangles(after) <= 200
