"""Draco's triangles come back as they went in, but for their order and the bits they may lose."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, PipelineError
from assets_pipeline.model import Image, Mesh, Model, Node, Primitive, Texture, Values
from assets_pipeline.readers import read
from assets_pipeline.readers.container import open_glb
from assets_pipeline.readers.draco import claimed_faces
from assets_pipeline.readers.limits import Limits
from assets_pipeline.recipes import compact
from assets_pipeline.writers.draco import pack_primitive
from assets_pipeline.writers.glb import Codec, GlbWriter
from tests.assets_pipeline import examples


def sheet(side: int, seed: int = 0) -> Primitive:
    """A wavy sheet of `side` × `side` vertices, with all that a vertex can carry."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[0:side, 0:side] / (side - 1)
    z = 0.1 * np.sin(5 * u + rng.uniform()) * np.cos(4 * v)
    normals = np.stack([-0.5 * np.cos(5 * u), 0.4 * np.sin(4 * v), np.ones_like(u)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    tangents = np.stack([normals[..., 2], 0 * u, -normals[..., 0]], axis=-1)
    tangents /= np.linalg.norm(tangents, axis=-1, keepdims=True)
    tangents = np.concatenate([tangents, np.where(u > 0.5, 1, -1)[..., None]], axis=-1)
    corner = np.arange(side * side).reshape(side, side)[:-1, :-1].ravel()
    quads = corner[:, None] + np.array([0, 1, side + 1, 0, side + 1, side])
    floats = {
        "POSITION": ("VEC3", np.stack([u, v, z], axis=-1)),
        "NORMAL": ("VEC3", normals),
        "TANGENT": ("VEC4", tangents),
        "TEXCOORD_0": ("VEC2", np.stack([3 * u - 1, v], axis=-1)),
        "TEXCOORD_1": ("VEC2", np.stack([v, u], axis=-1)),
        "COLOR_0": ("VEC4", rng.uniform(size=(side, side, 4))),
    }
    attributes = {
        name: Values(array.reshape(side * side, -1).astype(np.float32), kind)
        for name, (kind, array) in floats.items()
    }
    return Primitive(attributes, quads.ravel().astype(np.uint32), material=0)


def model_of(*primitives: Primitive) -> Model:
    info = {"index": 0}
    material = {"normalTexture": info, "occlusionTexture": {**info, "texCoord": 1}}
    model = Model(
        asset={"version": "2.0"},
        meshes=(Mesh(primitives),),
        nodes=(Node(mesh=0),),
        materials=(material,),
        textures=(Texture(image=0),),
        images=(Image(examples.picture(), "image/png", 8, 8),),
        scenes=({"nodes": [0]},),
        scene=0,
    )
    for step in compact(12, 10, 13):
        model = step(model)
    return model


def corners(primitive: Primitive, names: list[str]) -> NDArray[Any]:
    """(triangles, 3 × components): each turned so that its lowest corner leads, and sorted."""
    assert primitive.indices is not None
    rows = np.hstack([primitive.attributes[n].array.astype(np.float64) for n in names])
    triangles = rows[primitive.indices.reshape(-1, 3)]
    turns = np.stack([np.roll(triangles, -k, axis=1).reshape(len(triangles), -1) for k in range(3)])
    first = [min(range(3), key=lambda k, t=t: tuple(turns[k, t])) for t in range(len(triangles))]
    chosen = turns[first, np.arange(len(triangles))]
    ordered: NDArray[Any] = chosen[np.lexsort(chosen.T[::-1])]
    return ordered


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_whole_numbers_come_back_exactly(tmp_path: Path, seed: int) -> None:
    model = model_of(sheet(12, seed))
    path = tmp_path / "sheet.glb"
    path.write_bytes(GlbWriter("draco").write(model))
    (ours,), (theirs,) = model.primitives, read(path).primitives
    exact = ["POSITION", "TEXCOORD_1", "COLOR_0"]
    np.testing.assert_array_equal(corners(ours, exact), corners(theirs, exact))
    assert theirs.attributes.keys() == ours.attributes.keys()
    assert theirs.attributes["TANGENT"].array.dtype == np.int8
    assert theirs.attributes["COLOR_0"].normalized


def test_directions_and_texture_coordinates_stay_within_their_bits(tmp_path: Path) -> None:
    model = model_of(sheet(12))
    path = tmp_path / "sheet.glb"
    path.write_bytes(GlbWriter("draco").write(model))
    (ours,), (theirs,) = model.primitives, read(path).primitives
    place = {tuple(p): i for i, p in enumerate(ours.attributes["POSITION"].array.tolist())}
    rows = [place[tuple(p)] for p in theirs.attributes["POSITION"].array.tolist()]
    for name, most_degrees in (("NORMAL", 0.35), ("TANGENT", 0.6)):
        one = unit(ours.attributes[name].floats()[rows])
        other = unit(theirs.attributes[name].floats())
        cosine = np.clip(np.einsum("ij,ij->i", one, other), -1, 1)
        assert np.degrees(np.arccos(cosine)).max() < most_degrees
    hands = [p.attributes["TANGENT"].floats()[:, 3] for p in (ours, theirs)]
    np.testing.assert_array_equal(hands[0][rows], hands[1])
    steps = ours.attributes["TEXCOORD_0"].array[rows] - theirs.attributes["TEXCOORD_0"].array
    assert np.abs(steps).max() <= 0.25 * 1.001


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    three = vectors[:, :3].astype(np.float64)
    unit_vectors: NDArray[np.float64] = three / np.linalg.norm(three, axis=1, keepdims=True)
    return unit_vectors


def test_what_draco_cannot_store_is_stored_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.moving_square().glb())
    model = read(tmp_path / "a.glb")
    still = replace(model.primitives[1], targets=())
    points = replace(still, mode=0, indices=None)
    model = replace(model, meshes=(*model.meshes, Mesh((still, points))))
    model = replace(model, nodes=(*model.nodes, Node(mesh=2)))
    packed = tmp_path / "b.glb"
    packed.write_bytes(GlbWriter("draco").write(model))
    document, _ = open_glb(packed.read_bytes(), Limits())
    used = [["extensions" in p for p in mesh["primitives"]] for mesh in document["meshes"]]
    assert used == [[False], [False], [True, False]]
    assert document["extensionsRequired"] == ["KHR_draco_mesh_compression"]
    again = read(packed)
    assert [p.mode for p in again.primitives] == [4, 4, 4, 0]
    assert [len(p.targets) for p in again.primitives] == [1, 1, 0, 0]


def test_equal_primitives_share_one_draco_file() -> None:
    primitive = sheet(8)
    once, twice = (GlbWriter("draco").write(model_of(*[primitive] * n)) for n in (1, 2))
    assert len(twice) - len(once) < 500


def test_the_smallest_codec_is_never_larger_than_the_others() -> None:
    model = model_of(sheet(20))
    codecs: list[Codec] = ["meshopt", "draco", "smallest"]
    meshopt, draco, smallest = (len(GlbWriter(codec).write(model)) for codec in codecs)
    assert smallest == min(meshopt, draco)
    assert draco < meshopt


def test_positions_that_stayed_floats_are_fine_to_a_twentieth_of_a_millimetre() -> None:
    primitive = sheet(9)
    del primitive.attributes["COLOR_0"], primitive.attributes["TANGENT"]  # type: ignore[attr-defined]
    del primitive.attributes["TEXCOORD_1"]  # type: ignore[attr-defined]
    packed = pack_primitive(primitive, scale=20.0)
    assert packed is not None
    ours = np.sort(primitive.attributes["POSITION"].array, axis=0)
    theirs = np.sort(packed.attributes["POSITION"].array, axis=0)
    assert np.abs(ours - theirs).max() * 20 <= 0.00005


@pytest.mark.parametrize("corners", [[0, 0, 0], [0, 1, 1]])
def test_triangles_without_an_area_are_stored_beside_it(tmp_path: Path, corners: list[int]) -> None:
    lines = replace(sheet(3), indices=np.array(corners, np.uint32))
    path = tmp_path / "lines.glb"
    path.write_bytes(GlbWriter("draco").write(model_of(lines, sheet(3))))
    assert [p.triangles for p in read(path).primitives] == [1, 8]


@cache
def draco_glb() -> tuple[bytes, int]:
    """A file, and where in it the Draco data begin."""
    glb = GlbWriter("draco").write(model_of(sheet(6)))
    return glb, glb.index(b"DRACO")


def test_a_draco_mesh_of_impossible_size_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    glb, start = draco_glb()
    damaged = bytearray(glb)
    damaged[start + 13 : start + 18] = b"\xff\xff\xff\xff\x0f"  # the number of faces, and more
    (tmp_path / "a.glb").write_bytes(damaged)
    with pytest.raises(PipelineError, match=r"Triangles|corners"):
        read(tmp_path / "a.glb")


def test_draco_data_that_hold_another_mesh_are_refused(tmp_path: Path) -> None:
    glb, _ = draco_glb()
    (tmp_path / "a.glb").write_bytes(glb.replace(b'"count":150', b'"count":147'))
    with pytest.raises(InvalidModel, match="147 corners, but its Draco data hold 150"):
        read(tmp_path / "a.glb")


@given(st.integers(11, 200), st.integers(0, 255))
@settings(max_examples=60)
def test_a_changed_byte_ends_in_a_model_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    glb, start = draco_glb()
    damaged = bytearray(glb)
    damaged[start + place] = value
    path = tmp_path_factory.getbasetemp() / "damaged.glb"
    path.write_bytes(damaged)
    with suppress(PipelineError):  # any other exception fails the test
        assert read(path).primitives[0].triangles == 50


def test_the_claimed_size_is_found_behind_metadata() -> None:
    import DracoPy

    primitive = sheet(6)
    data = DracoPy.encode(
        primitive.attributes["POSITION"].array.astype(float),
        primitive.indices.reshape(-1, 3),  # type: ignore[union-attr]
        create_metadata=True,
    )
    assert data[10] & 0x80
    assert claimed_faces(data) == 50
