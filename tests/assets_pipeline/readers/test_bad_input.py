"""Each bad input gets its own clear error, and none gets further."""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_pipeline.describe import describe
from assets_pipeline.errors import (
    InvalidModel,
    NoSuchFile,
    NotAModel,
    PipelineError,
    TooLarge,
    UnsafeArchive,
    UnsupportedModel,
)
from assets_pipeline.readers import Limits, read
from assets_pipeline.recipes import PROFILES, preparation
from tests.assets_pipeline import examples


def refused(
    path: Path, content: bytes | str | None = None, limits: Limits | None = None
) -> PipelineError:
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(PipelineError) as caught:
        read(path, limits)
    return caught.value


def test_a_renamed_jpeg_is_named_for_what_it_is(tmp_path: Path) -> None:
    error = refused(tmp_path / "shoe.glb", examples.picture(form="JPEG"))
    assert isinstance(error, NotAModel)
    assert "shoe.glb is a JPEG picture" in str(error)
    assert "GLB" in str(error)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\x1f\x8b\x08 ...", "a gzip archive"),
        (b"just some words", "of an unknown kind"),
        (b'{"name": "not glTF"}', "a JSON document"),
        (b"newmtl oak\nKd 1 1 1\n", "a material library"),
    ],
)
def test_other_files_are_named_too(tmp_path: Path, content: bytes, said: str) -> None:
    error = refused(tmp_path / "a.glb", content)
    assert isinstance(error, NotAModel)
    assert said.split()[-1] in str(error)


def test_a_known_format_that_is_not_read_says_what_to_do(tmp_path: Path) -> None:
    error = refused(tmp_path / "a.glb", b"BLENDER-v300")
    assert isinstance(error, UnsupportedModel)
    assert "Export it as GLB" in str(error)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path / "none.glb"), NoSuchFile)


@given(keep=st.floats(0, 0.999))
@settings(max_examples=60)
def test_a_glb_cut_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, keep: float
) -> None:
    whole = examples.textured_square().glb()
    path = tmp_path_factory.mktemp("cut") / "a.glb"
    error = refused(path, whole[: int(len(whole) * keep)])
    assert isinstance(error, InvalidModel | NotAModel)


@given(st.data())
@settings(max_examples=150)
def test_a_glb_with_flipped_bytes_is_read_or_refused_but_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(examples.textured_square().glb())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("flip") / "a.glb"
    path.write_bytes(content)
    with suppress(PipelineError):  # anything else is a crash
        read(path)


def _accessor_past_its_buffer(gltf: dict[str, Any]) -> None:
    gltf["accessors"][0]["count"] = 500


def _view_past_its_buffer(gltf: dict[str, Any]) -> None:
    gltf["bufferViews"][0]["byteOffset"] = 10**9


def _absurd_count(gltf: dict[str, Any]) -> None:
    gltf["accessors"][0].update(count=10**12)
    del gltf["accessors"][0]["bufferView"]


def _negative_count(gltf: dict[str, Any]) -> None:
    gltf["accessors"][0]["count"] = -1


def _child_of_itself(gltf: dict[str, Any]) -> None:
    gltf["nodes"][0]["children"] = [0]


def _circle(gltf: dict[str, Any]) -> None:
    gltf["nodes"] += [{"children": [2]}, {"children": [1]}]


def _two_parents(gltf: dict[str, Any]) -> None:
    gltf["nodes"] += [{"children": [3]}, {"children": [3]}, {}]


def _no_such_mesh(gltf: dict[str, Any]) -> None:
    gltf["nodes"][0]["mesh"] = 7


def _no_such_material(gltf: dict[str, Any]) -> None:
    gltf["meshes"][0]["primitives"][0]["material"] = 7


def _lists_where_objects_belong(gltf: dict[str, Any]) -> None:
    gltf["meshes"] = [["primitives"]]


def _no_positions(gltf: dict[str, Any]) -> None:
    del gltf["meshes"][0]["primitives"][0]["attributes"]["POSITION"]


def _a_file_address(gltf: dict[str, Any]) -> None:
    gltf["buffers"][0]["uri"] = "file:///etc/passwd"


def _a_web_address(gltf: dict[str, Any]) -> None:
    gltf["buffers"][0]["uri"] = "http://169.254.169.254/latest/meta-data"


def _a_path_upwards(gltf: dict[str, Any]) -> None:
    gltf["buffers"][0]["uri"] = "../../etc/passwd"


def _an_escaped_path_upwards(gltf: dict[str, Any]) -> None:
    gltf["buffers"][0]["uri"] = "%2e%2e/%2e%2e/etc/passwd"


def _a_neighbour(gltf: dict[str, Any]) -> None:
    gltf["buffers"][0]["uri"] = "neighbour.bin"


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (_accessor_past_its_buffer, "past its buffer view"),
        (_view_past_its_buffer, "past its buffer"),
        (_absurd_count, "at most"),
        (_negative_count, "negative"),
        (_child_of_itself, "ancestor"),
        (_circle, "ancestor"),
        (_two_parents, "two parents"),
        (_no_such_mesh, "Node 0 names mesh 7"),
        (_no_such_material, "primitive 0 names material 7"),
        (_lists_where_objects_belong, "schema"),
        (_no_positions, "no positions"),
        (_a_file_address, "only files inside the zip"),
        (_a_web_address, "only files inside the zip"),
        (_a_path_upwards, "outside the zip"),
        (_an_escaped_path_upwards, "outside the zip"),
        (_a_neighbour, "Send both in one zip"),
    ],
)
def test_broken_gltf_is_refused_with_its_reason(
    tmp_path: Path, breaking: Callable[[dict[str, Any]], None], said: str
) -> None:
    (tmp_path / "neighbour.bin").write_bytes(bytes(10_000))
    example = examples.square()
    document = example.finished()
    breaking(document)
    error = refused(tmp_path / "a.glb", examples.pack_glb(document, bytes(example.binary)))
    assert isinstance(error, InvalidModel | TooLarge)
    assert said in str(error)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_positions_that_are_not_finite_are_refused(tmp_path: Path, number: float) -> None:
    example = examples.GltfExample()
    position = example.accessor([[0, 0, 0], [1, 0, 0], [0, 1, number]])
    for bound in ("min", "max"):  # JSON has no such number
        example.document["accessors"][position][bound] = [0, 0, 0]
    example.mesh({"POSITION": position})
    assert "not finite" in str(refused(tmp_path / "a.glb", example.glb()))


def _times_without_end(example: examples.GltfExample) -> None:
    times = example.accessor([0, 1])
    example.binary[-4:] = np.float32(np.nan).tobytes()
    example.document["animations"][0]["samplers"][0]["input"] = times


def _skin_without_joints(example: examples.GltfExample) -> None:
    example.document["skins"][0]["joints"] = []


def _no_such_skeleton(example: examples.GltfExample) -> None:
    example.document["skins"][0]["skeleton"] = 9


def _no_such_variant(example: examples.GltfExample) -> None:
    example.document["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "Red"}]}}
    example.document["materials"] = [{}]
    mappings = [{"material": 0, "variants": [1]}]
    example.document["meshes"][0]["primitives"][0]["extensions"] = {
        "KHR_materials_variants": {"mappings": mappings}
    }


def _indices_that_are_floats(example: examples.GltfExample) -> None:
    example.document["meshes"][0]["primitives"][0]["indices"] = example.accessor([0, 1, 2])


def _instances_of_two_counts(example: examples.GltfExample) -> None:
    attributes = {
        "TRANSLATION": example.accessor([[0, 0, 0], [1, 0, 0]]),
        "ROTATION": example.accessor([[0, 0, 0, 1]]),
    }
    example.document["nodes"][3]["extensions"] = {
        "EXT_mesh_gpu_instancing": {"attributes": attributes}
    }


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (_times_without_end, "not finite"),
        (_skin_without_joints, "no joints"),
        (_no_such_skeleton, "names skeleton 9"),
        (_no_such_variant, "names variant 1"),
        (_indices_that_are_floats, "indices as SCALAR of float32"),
        (_instances_of_two_counts, "different counts"),
    ],
)
def test_what_moves_and_varies_is_checked_too(
    tmp_path: Path, breaking: Callable[[examples.GltfExample], None], said: str
) -> None:
    example = examples.moving_square()
    breaking(example)
    assert said in str(refused(tmp_path / "a.glb", example.glb()))


def test_a_number_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    content = examples.square(extras=0.125).glb()
    assert "1e999" in str(refused(tmp_path / "a.glb", content.replace(b"0.125", b"1e999")))


def test_an_index_past_the_last_vertex_is_refused(tmp_path: Path) -> None:
    example = examples.GltfExample()
    example.mesh({"POSITION": example.accessor(examples.SQUARE)}, example.accessor([0, 1, 9], "u2"))
    assert "draws vertex 9, but the last one is 3" in str(
        refused(tmp_path / "a.glb", example.glb())
    )


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = '{"asset":{"version":"2.0"},"extras":' + "[" * 100_000 + "]" * 100_000 + "}"
    assert isinstance(refused(tmp_path / "a.gltf", deep), InvalidModel)


def test_draco_data_that_are_something_else_are_refused(tmp_path: Path) -> None:
    example = examples.square()
    del example.document["accessors"][0]["bufferView"]
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": {}}}
    assert "not a Draco mesh" in str(refused(tmp_path / "a.glb", example.glb()))


def test_a_damaged_meshopt_view_is_refused(tmp_path: Path) -> None:
    example = examples.square()
    packed = {"buffer": 0, "byteLength": 9, "byteStride": 12, "count": 4, "mode": "ATTRIBUTES"}
    example.document["bufferViews"][0]["extensions"] = {"EXT_meshopt_compression": packed}
    assert "does not decompress" in str(refused(tmp_path / "a.glb", example.glb()))


def test_a_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = b"IHDR" + struct.pack(">II5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c))
              for c in (header, pixels, b"IEND")]  # fmt: skip
    example = examples.square()
    example.texture(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    error = refused(tmp_path / "a.glb", example.glb())
    assert isinstance(error, TooLarge)
    assert "3,600,000,000 found" in str(error)


def test_a_large_picture_is_refused_by_its_pixels(tmp_path: Path) -> None:
    example = examples.square()
    example.texture(examples.picture((40, 40)))
    error = refused(tmp_path / "a.glb", example.glb(), Limits(image_pixels=1000))
    assert isinstance(error, TooLarge)
    assert "1,600 found, at most 1,000" in str(error)


@pytest.mark.parametrize(
    "name", ["../evil.obj", "/etc/evil.obj", "a/../../evil.obj", "C:\\evil.obj"]
)
def test_a_zip_with_names_that_leave_it_is_refused(tmp_path: Path, name: str) -> None:
    error = refused(examples.archive(tmp_path / "a.zip", {name: examples.OBJ}))
    assert isinstance(error, UnsafeArchive)
    assert "outside the archive" in str(error)


def test_a_zip_that_declares_ten_gibibytes_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("huge.obj", examples.OBJ)
    content = bytearray(stream.getvalue())
    directory = content.index(b"PK\x01\x02")
    # 4 GiB is all that the plain field holds; the zip64 record says ten.
    extra = struct.pack("<HHQ", 1, 8, 10 * 2**30)
    name_length = struct.unpack_from("<H", content, directory + 28)[0]
    struct.pack_into("<I", content, directory + 24, 0xFFFFFFFF)
    struct.pack_into("<H", content, directory + 30, len(extra))
    content[directory + 46 + name_length : directory + 46 + name_length] = extra
    end = content.index(b"PK\x05\x06")
    size = struct.unpack_from("<I", content, end + 12)[0]
    struct.pack_into("<I", content, end + 12, size + len(extra))
    error = refused(tmp_path / "a.zip", bytes(content))
    assert isinstance(error, UnsafeArchive)
    assert "10,737,418,240 bytes" in str(error)


def test_a_zip_that_bursts_is_refused_by_its_ratio(tmp_path: Path) -> None:
    error = refused(examples.archive(tmp_path / "a.zip", {"a.obj": b"v 0 0 0\n" * 4_000_000}))
    assert isinstance(error, UnsafeArchive)
    assert "times" in str(error)


def test_a_zip_of_many_files_is_refused(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"{i}.txt": "" for i in range(30)}
    error = refused(examples.archive(tmp_path / "a.zip", files), limits=Limits(archive_files=20))
    assert isinstance(error, TooLarge)


def test_a_zip_without_a_model_says_so(tmp_path: Path) -> None:
    assert isinstance(refused(examples.archive(tmp_path / "a.zip", {"a.txt": "hello"})), NotAModel)


def test_a_zip_with_two_models_names_them(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"one.obj": examples.OBJ, "two.ply": examples.PLY}
    error = refused(examples.archive(tmp_path / "a.zip", files))
    assert "one.obj, two.ply" in str(error)


def test_a_zip_cut_in_the_middle_is_refused(tmp_path: Path) -> None:
    whole = examples.obj_archive(tmp_path / "whole.zip").read_bytes()
    assert isinstance(refused(tmp_path / "a.zip", whole[: len(whole) // 2]), InvalidModel)


def test_a_truncated_stl_is_refused(tmp_path: Path) -> None:
    whole = examples.binary_stl([[[0, 0, 0], [1, 0, 0], [0, 1, 0]]] * 9)
    assert "truncated" in str(refused(tmp_path / "a.stl", whole[:-30]))


@pytest.mark.parametrize(
    "ply",
    [
        examples.PLY.replace("element vertex 4", "element vertex 4000000000"),
        examples.PLY.replace("element vertex 4", "element vertex " + "4" * 5000),
        examples.PLY[: examples.PLY.index("3 0 1 2")],
        examples.PLY.replace("3 0 2 3", "3 0 2 9"),
        examples.PLY.split("element face")[0] + "end_header\n0 0 0 1 2 3\n",
        "ply\nformat ascii 1.0\nelement vertex",
    ],
)
def test_a_broken_ply_is_refused(tmp_path: Path, ply: str) -> None:
    assert isinstance(refused(tmp_path / "a.ply", ply), InvalidModel)


@pytest.mark.parametrize(
    "obj",
    [
        examples.OBJ.replace("4/4/1", "9/4/1"),
        examples.OBJ.split("usemtl")[0],
        examples.OBJ.replace("v 40 0 0", "v 40 zero 0"),
        examples.OBJ.replace("v 40 0 0", "v nan 0 0"),
    ],
)
def test_a_broken_obj_is_refused(tmp_path: Path, obj: str) -> None:
    assert isinstance(refused(tmp_path / "a.obj", obj), InvalidModel)


@pytest.mark.parametrize("error", [InvalidModel, NotAModel, TooLarge, UnsafeArchive])
def test_every_refusal_says_what_to_do(error: type[PipelineError]) -> None:
    facts = {"reason": "It is bent", "name": "a.glb", "found": "bent", "what": "Bends"}
    said = str(error(**facts, count=2, limit=1))
    assert re.search(r"Copy|Expected|Reduce|Pack", said)
    assert said.count(". ") <= 1  # two sentences are enough


def test_problems_are_json(tmp_path: Path) -> None:
    problem = refused(tmp_path / "a.glb", b"").problem()
    assert json.loads(json.dumps(problem)) == problem
    assert set(problem) == {"type", "title", "detail"}


STRANGE = st.sampled_from(
    [
        None,
        -1,
        0,
        3,
        10**12,
        1.5,
        1e300,
        "x",
        "",
        [],
        {},
        [0],
        True,
        {"index": 99},
        [1e30] * 3,
        5126,
    ]
)


@given(st.data())
@settings(max_examples=150)
def test_gltf_with_strange_values_is_read_or_refused_but_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    example = data.draw(st.sampled_from(EXAMPLES))
    document = json.loads(json.dumps(example.finished()))
    place = data.draw(st.sampled_from([path for path in paths(document) if path]))
    owner = document
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = data.draw(STRANGE)
    path = tmp_path_factory.mktemp("strange") / "a.glb"
    path.write_bytes(examples.pack_glb(document, bytes(example.binary)))
    with suppress(PipelineError):  # anything else is a crash
        model = read(path)
        describe(model)
        for step in (*preparation(None), *PROFILES["web"].recipe.passes):
            model = step(model)


EXAMPLES = (examples.textured_square(), examples.moving_square())


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a JSON document is."""
    if not isinstance(value, dict | list):
        return [here]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [here, *(path for key, held in inner for path in paths(held, (*here, key)))]


def test_a_scene_that_shows_nothing_is_refused(tmp_path: Path) -> None:
    example = examples.square()
    example.document["scenes"][0]["nodes"] = []
    assert "shows nothing" in str(refused(tmp_path / "a.glb", example.glb()))
