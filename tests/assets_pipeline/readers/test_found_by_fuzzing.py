"""What damaged files did before, each in its smallest form."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline.confine import ProcessLimits, confined
from assets_pipeline.errors import InvalidModel, PipelineError, TooLarge, UnsupportedModel
from assets_pipeline.model import Image
from assets_pipeline.readers import Limits, read
from assets_pipeline.readers.pictures import decode, picture
from tests.assets_pipeline import examples


def refusal(path: Path, content: bytes) -> PipelineError:
    path.write_bytes(content)
    with pytest.raises(PipelineError) as refused:
        read(path)
    return refused.value


@pytest.mark.parametrize("where", [("nodes", 0, "name"), ("asset", "generator"), ("extras",)])
def test_half_a_letter_is_refused(tmp_path: Path, where: tuple[Any, ...]) -> None:
    document = examples.square().finished()
    place: Any = document
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = "\ud800"
    error = refusal(tmp_path / "a.glb", examples.pack_glb(document))
    assert "half a letter" in str(error)


@pytest.mark.parametrize("content", [None, [], "x", 1])
def test_an_extension_that_is_no_object_is_refused(tmp_path: Path, content: object) -> None:
    document = examples.square().finished()
    document["asset"]["extensions"] = {"ACME_x": content}
    assert "ACME_x" in str(refusal(tmp_path / "a.glb", examples.pack_glb(document)))


def test_what_extras_call_extensions_is_nobodys_business(tmp_path: Path) -> None:
    example = examples.square()
    example.document["extras"] = {"extensions": [1]}
    (tmp_path / "a.glb").write_bytes(example.glb())
    assert read(tmp_path / "a.glb").extras == {"extensions": [1]}


def test_a_file_for_readers_of_the_future_is_refused(tmp_path: Path) -> None:
    example = examples.square()
    example.document["asset"]["minVersion"] = "2.1"
    assert isinstance(refusal(tmp_path / "a.glb", example.glb()), UnsupportedModel)


@pytest.mark.parametrize("listed", [[0, 0], [0, 1]])
def test_a_scene_lists_roots_and_each_once(tmp_path: Path, listed: list[int]) -> None:
    example = examples.square()
    example.document["nodes"] = [{"mesh": 0, "children": [1]}, {}]
    example.document["scenes"][0]["nodes"] = listed
    assert isinstance(refusal(tmp_path / "a.glb", example.glb()), InvalidModel)


def test_an_error_is_short_and_can_be_shown(tmp_path: Path) -> None:
    error = InvalidModel(reason="\x1b[31m" + "x" * 100_000, remedy="Mend it.")
    shown = str(error)
    assert shown.isprintable()
    assert len(shown) < 1_000
    assert shown.endswith("… Mend it.")


def test_a_damaged_avif_is_refused_whatever_its_decoder_raises() -> None:
    stream = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (32, 32, 3), np.uint8)
    Pillow.fromarray(noise).save(stream, "AVIF")
    refusals = 0
    for at in range(0, stream.tell(), 7):
        content = bytearray(stream.getvalue())
        content[at] ^= 0x55
        try:
            decode(Image(data=bytes(content), mime="image/avif"), "Image 0")
        except InvalidModel:
            refusals += 1
    assert refusals > 5


def test_a_damaged_avif_is_refused_when_it_is_only_looked_at() -> None:
    stream = io.BytesIO()
    Pillow.new("RGB", (32, 32)).save(stream, "AVIF")
    content = stream.getvalue().replace(b"iloc", b"xloc", 1)
    with pytest.raises(InvalidModel, match="not a picture"):
        picture(content, "Image 0", Limits())


def test_a_morph_target_that_moves_nothing_is_refused(tmp_path: Path) -> None:
    example = examples.moving_square()
    example.document["meshes"][0]["primitives"][0]["targets"] = [{}]
    assert "schema" in str(refusal(tmp_path / "a.glb", example.glb()))


def test_a_ply_whose_lists_are_counted_in_fractions_is_refused(tmp_path: Path) -> None:
    header = """ply
format binary_little_endian 1.0
element vertex 4
property flo flo float x
property float y
property float z
element face 2
property list uchar int vertex_indices
property list double float vertex_indices
end_header
"""
    assert isinstance(refusal(tmp_path / "a.ply", header.encode() + bytes(200)), InvalidModel)


def test_a_ply_row_that_lacks_a_number_gives_no_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    path.write_text(examples.PLY.replace("0 0 0 255 0 0\n", "0 0 0 255 0\n"))
    assert "COLOR_0" not in read(path).primitives[0].attributes


def test_texture_coordinates_of_one_number_are_left_out(tmp_path: Path) -> None:
    text = examples.OBJ.replace("vt 0 0", "vt 0").replace("vt 1 0", "vt 1")
    text = text.replace("vt 1 1", "vt 1").replace("vt 0 1", "vt 0")
    path = tmp_path / "a.obj"
    path.write_text(text)
    assert "TEXCOORD_0" not in read(path).primitives[0].attributes


def _zeros_without_data() -> bytes:
    document = examples.square().finished()
    zeros = {"componentType": 5126, "type": "MAT4", "count": 9_000_000}
    document["accessors"] += [zeros] * 4
    more = {f"_{i}": len(document["accessors"]) - 1 - i for i in range(4)}
    document["meshes"][0]["primitives"][0]["attributes"] |= more
    return examples.pack_glb(document, bytes(examples.square().binary))


def _views_shared_by_many() -> bytes:
    example = examples.square()
    document = example.finished()
    shared = {"bufferView": 0, "componentType": 5121, "type": "SCALAR", "count": 60_000_000}
    document["accessors"] += [shared] * 20
    document["bufferViews"][0] |= {"byteLength": 60_000_000, "byteOffset": 0}
    document["buffers"][0]["byteLength"] = 60_000_000
    more = {f"_{i}": len(document["accessors"]) - 1 - i for i in range(20)}
    document["meshes"][0]["primitives"][0]["attributes"] |= more
    return examples.pack_glb(document, bytes(60_000_000))


def _json(entry: str, times: int, key: str = "extras") -> bytes:
    text = json.dumps({"asset": {"version": "2.0"}})[:-1]
    return (text + f', "{key}": [' + (entry + ",") * times + entry + "]}").encode()


BOMBS = {
    "zeros": _zeros_without_data,
    "shared": _views_shared_by_many,
    "objects": lambda: _json("{}", 20_000_000),
    "numbers": lambda: _json("1.5", 14_000_000),
    "nodes": lambda: _json('{"a":1}', 400_000, "nodes"),
    "meshes": lambda: _json('{"primitives":[{}]}', 250_000, "meshes"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak")
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_would_fill_the_memory_is_refused_first(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "bomb.glb"
    path.write_bytes(BOMBS[name]())

    def work(_: object) -> dict[str, Any]:
        with pytest.raises(TooLarge):
            read(path)
        status = Path("/proc/self/status").read_text().splitlines()
        return {"peak": int(next(s for s in status if s.startswith("VmHWM")).split()[1]) // 1024}

    *_, end = confined(work, "bomb.glb", ProcessLimits(memory_mb=8192))
    assert end["result"]["peak"] < 600, "megabytes, this process's own included"


def test_an_animation_has_a_value_for_each_time(tmp_path: Path) -> None:
    example = examples.moving_square()
    example.document["animations"][0]["samplers"][0]["output"] = example.accessor([[0, 0, 0, 1]])
    error = refusal(tmp_path / "a.glb", example.glb())
    assert "1 values for rotation where 2 belong" in str(error)


@pytest.mark.parametrize("name", ["utf-7", "cp037", "utf-16", "shift_jis", "nonsense"])
def test_xml_of_a_rare_encoding_is_refused(tmp_path: Path, name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><COLLADA></COLLADA>'
    assert isinstance(refusal(tmp_path / "a.dae", text.encode()), InvalidModel)


def test_a_variant_without_a_name_is_refused(tmp_path: Path) -> None:
    example = examples.textured_square()
    example.document["extensions"]["KHR_materials_variants"]["variants"][0] = {}
    assert "`name`" in str(refusal(tmp_path / "a.glb", example.glb()))
