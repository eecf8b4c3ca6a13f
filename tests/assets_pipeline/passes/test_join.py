"""Joining saves draw calls and changes neither the look nor what an author could look for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets_pipeline.describe import draw_calls, keepsakes
from assets_pipeline.model import Mesh, Model, Node, Primitive, Values
from assets_pipeline.passes import Join
from assets_pipeline.readers import read
from assets_pipeline.transforms import placed_primitives, world_matrices
from tests.assets_pipeline import examples

SQUARE = np.array(examples.SQUARE, np.float32)
INDICES = np.array(examples.SQUARE_INDICES, np.uint32)


def square(**more: Any) -> Primitive:
    attributes = {
        "POSITION": Values(SQUARE, "VEC3"),
        "NORMAL": Values(np.tile(np.float32([0, 0, 1]), (4, 1)), "VEC3"),
        "TANGENT": Values(np.tile(np.float32([1, 0, 0, 1]), (4, 1)), "VEC4"),
    }
    return replace(Primitive(attributes, INDICES, material=0), **more)


def standing(*nodes: Node, primitives: tuple[Primitive, ...] = ()) -> Model:
    parts = primitives or tuple(square() for _ in nodes)
    return Model(
        meshes=tuple(Mesh((part,)) for part in parts),
        nodes=nodes,
        scenes=({"nodes": list(range(len(nodes)))},),
        scene=0,
        materials=({}, {"name": "other"}),
    )


def triangles(model: Model) -> NDArray[np.float64]:
    """Sorted world-space triangles: the middle, the facing direction and the normal of each."""
    rows = []
    for node, matrix in zip(model.nodes, world_matrices(model), strict=True):
        for p in model.meshes[node.mesh or 0].primitives:
            assert p.indices is not None
            points = p.attributes["POSITION"].array @ matrix[:3, :3].T + matrix[:3, 3]
            corners = points[p.indices.reshape(-1, 3)]
            if np.linalg.det(matrix[:3, :3]) < 0:
                corners = corners[:, ::-1]  # glTF 2.0, section 3.7.4: the winding is reversed
            facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            normals = p.attributes["NORMAL"].array @ np.linalg.inv(matrix[:3, :3])
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            rows.append(np.hstack([corners.mean(axis=1), facing, normals[p.indices[::3]]]))
    found = np.vstack(rows)
    ordered: NDArray[np.float64] = found[np.lexsort(np.round(found, 2).T + 0.0)]
    return ordered


turns = st.sampled_from([(0.0, 0.0, 0.0, 1.0), (0.5, 0.5, 0.5, 0.5), (0.6, 0.0, 0.0, -0.8)])
scales = st.tuples(*[st.sampled_from([-2.0, -0.5, 0.5, 1.0, 3.0])] * 3)
places = st.tuples(*[st.integers(-5, 5).map(float)] * 3)


@given(st.lists(st.tuples(places, turns, scales), min_size=2, max_size=4))
@settings(max_examples=50)
def test_joined_siblings_look_as_before(
    transforms: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]],
) -> None:
    nodes = [
        Node(mesh=i, translation=place, rotation=turn, scale=scale)
        for i, (place, turn, scale) in enumerate(transforms)
    ]
    model = standing(*nodes)
    joined = Join()(model)
    assert draw_calls(joined) == 1
    assert len(joined.nodes) == 1
    assert np.abs(triangles(joined) - triangles(model)).max() < 1e-4


def test_a_mirrored_tangent_changes_its_hand() -> None:
    model = standing(Node(mesh=0), Node(mesh=1, scale=(-1, 1, 1)))
    tangents = Join()(model).primitives[0].attributes["TANGENT"].array
    assert tangents[:4].tolist() == [[1, 0, 0, 1]] * 4
    assert tangents[4:].tolist() == [[-1, 0, 0, -1]] * 4


def test_primitives_of_one_mesh_are_joined_by_material() -> None:
    parts = (square(), square(material=1), square())
    model = replace(standing(Node(mesh=0, name="named")), meshes=(Mesh(parts, name="named too"),))
    joined = Join()(model)
    assert [p.material for p in joined.primitives] == [0, 1]
    assert [p.triangles for p in joined.primitives] == [4, 2]
    assert keepsakes(joined) == keepsakes(model)


@pytest.mark.parametrize(
    "apart",
    [
        {"name": "leg"},
        {"extras": {"part": 3}},
        {"extensions": {"KHR_lights_punctual": {"light": 0}}},
    ],
)
def test_a_node_that_means_something_stays(apart: dict[str, Any]) -> None:
    model = standing(Node(mesh=0), replace(Node(mesh=1), **apart))
    assert Join()(model).nodes == model.nodes


@pytest.mark.parametrize(
    "part",
    [
        square(extras={"part": 3}),
        square(material=1),
        square(targets=({"POSITION": Values(SQUARE, "VEC3")},)),
        square(extensions={"KHR_materials_variants": {"mappings": []}}),
    ],
)
def test_a_part_that_is_drawn_in_another_way_stays(part: Primitive) -> None:
    model = standing(Node(mesh=0), Node(mesh=1), primitives=(square(), part))
    assert draw_calls(Join()(model)) == 2


@pytest.mark.parametrize(
    "look",
    [
        {"alphaMode": "BLEND"},
        {"extensions": {"KHR_materials_transmission": {"transmissionFactor": 1}}},
        {"extensions": {"KHR_materials_volume": {"thicknessFactor": 0.1}}},
    ],
)
def test_what_is_sorted_by_distance_stays_apart(look: dict[str, Any]) -> None:
    model = replace(standing(Node(mesh=0), Node(mesh=1)), materials=(look,))
    assert draw_calls(Join()(model)) == 2


def test_a_mesh_that_is_drawn_twice_is_not_copied() -> None:
    model = replace(standing(Node(mesh=0), Node(mesh=0)), meshes=(Mesh((square(),)),))
    assert Join()(model).nodes == model.nodes


def test_what_is_animated_or_wears_a_skin_stays(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.moving_square().glb())
    model = read(tmp_path / "a.glb")
    nameless = replace(model, nodes=tuple(replace(n, name=None) for n in model.nodes))
    joined = Join()(nameless)
    assert draw_calls(joined) == draw_calls(model)
    assert keepsakes(joined) == keepsakes(nameless)
    ours, theirs = (sorted(p.tolist() for _, p in placed_primitives(m)) for m in (model, joined))
    assert np.array(ours) == pytest.approx(np.array(theirs))
