"""Small healthy files of every format that is read: what the fuzzer damages."""

import json
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assets_pipeline.readers import read
from assets_pipeline.writers.glb import GlbWriter
from tests.assets_pipeline import examples
from tests.fuzz.sample import Sample, plain
from tests.fuzz.samples_of_others import other_samples


def samples() -> Iterator[Sample]:
    """All of them; those whose optional packages are missing are left out."""
    yield from _gltf_samples()
    yield from _packed_samples()
    yield plain("wedge", "stl", examples.STL)
    yield plain("wedge-binary", "stl", examples.binary_stl([CORNER, SLOPE]))
    yield plain("scan", "ply", examples.PLY)
    yield plain("scan-binary", "ply", _binary_ply())
    yield plain("bare", "obj", examples.OBJ)
    board = {"board.obj": examples.OBJ.encode(), "wood.mtl": examples.MTL.encode()}
    yield Sample("board", "zip", {**board, "oak.png": examples.picture()})
    yield from other_samples()


CORNER = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
SLOPE = [[1.0, 0.0, 0.0], [1.0, 1.0, 0.5], [0.0, 1.0, 0.0]]


def _gltf_samples() -> Iterator[Sample]:
    yield plain("square", "glb", examples.square().glb())
    yield plain("textured", "glb", examples.textured_square().glb())
    yield plain("moving", "glb", examples.moving_square().glb())
    yield plain("instanced", "glb", _instanced().glb())
    yield plain("sparse", "glb", _sparse().glb())
    for form in ("WEBP", "AVIF", "JPEG"):
        yield plain(form.lower(), "glb", _with_picture(form).glb())
    for name, example in (("embedded", examples.moving_square()), ("loose", _with_picture("PNG"))):
        document = example.finished()
        files = {"model.gltf": b"", "model.bin": bytes(example.binary)}
        document["buffers"][0]["uri"] = "model.bin"
        if "images" in document:
            document["images"] = [{"uri": "pictures/a%20b.png"}]
            files["pictures/a b.png"] = examples.picture()
        files["model.gltf"] = json.dumps(document).encode()
        yield Sample(name, "zip", files)


def _instanced() -> examples.GltfExample:
    example = examples.square()
    attributes = {
        "TRANSLATION": example.accessor([[0, 0, 0], [2, 0, 0]]),
        "ROTATION": example.accessor([[0, 0, 0, 1], [0, 1, 0, 0]]),
    }
    content = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    example.document["nodes"][0]["extensions"] = content
    example.document["extensionsUsed"] = ["EXT_mesh_gpu_instancing"]
    return example


def _sparse() -> examples.GltfExample:
    example = examples.square()
    positions = example.document["accessors"][0]
    positions["sparse"] = {
        "count": 2,
        "indices": {"bufferView": example.view(b"\1\2"), "componentType": 5121},
        "values": {"bufferView": example.view(struct.pack("<6f", 2, 0, 0, 2, 1, 0))},
    }
    return example


def _with_picture(form: str) -> examples.GltfExample:
    """The picture as colour, with a second UV set and a transform."""
    example = examples.square(material=0)
    mime = f"image/{form.lower()}"
    texture = example.texture(examples.picture((16, 16), form, "RGB"), mime)
    if form in ("WEBP", "AVIF"):
        name = f"EXT_texture_{form.lower()}"
        example.document["textures"][0] = {"extensions": {name: {"source": 0}}}
        example.document["extensionsUsed"] = [name]
    transform = {"KHR_texture_transform": {"scale": [2, 2], "texCoord": 0}}
    info = {"index": texture, "extensions": transform}
    example.document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": info}}]
    used = example.document.setdefault("extensionsUsed", [])
    used.append("KHR_texture_transform")
    return example


def _binary_ply() -> bytes:
    head = (
        "ply\nformat binary_little_endian 1.0\nelement vertex 4\nproperty float x\n"
        "property float y\nproperty float z\nelement face 2\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    corners = b"".join(struct.pack("<3f", *corner) for corner in examples.SQUARE)
    return head.encode() + corners + struct.pack("<B3iB3i", 3, 0, 1, 2, 3, 0, 2, 3)


def _packed_samples() -> Iterator[Sample]:
    """What our own writer makes of two models by each of its codecs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.glb"
        for name in ("textured", "moving"):
            path.write_bytes(getattr(examples, f"{name}_square")().glb())
            for codec in ("meshopt", "draco"):
                try:
                    content = GlbWriter(codec=codec).write(read(path))
                except (KeyError, NotImplementedError):
                    continue
                yield plain(f"{name}-{codec}", "glb", content)
