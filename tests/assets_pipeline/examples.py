"""The smallest models that show something, built in code: independent of the pipeline's writer."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Json = dict[str, Any]
COMPONENT = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125, "i1": 5120, "i2": 5122}
KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
SQUARE = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
SQUARE_INDICES = [0, 1, 2, 0, 2, 3]


def pack_glb(document: Json, binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if binary:
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def picture(size: tuple[int, int] = (8, 8), form: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture with something in it: every pixel differs from its neighbours."""
    rng = np.random.default_rng(7)
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    pixels = rng.integers(0, 255, (size[1], size[0], channels), dtype=np.uint8)
    return encoded(pixels.squeeze(), form)


def encoded(pixels: NDArray[np.uint8], form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form)
    return stream.getvalue()


class GltfExample:
    """Collects accessors and files into one buffer; `document` is the JSON to add to."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.document: Json = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"name": "root", "mesh": 0}],
            "meshes": [],
            "materials": [],
            "accessors": [],
            "bufferViews": [],
        }

    def view(self, content: bytes) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        entry = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(content)}
        self.document["bufferViews"].append(entry)
        self.binary += content
        return len(self.document["bufferViews"]) - 1

    def accessor(self, values: Any, dtype: str = "f4", *, normalized: bool = False) -> int:
        array = np.asarray(values, f"<{dtype}")
        array = array.reshape(len(array), -1)
        entry: Json = {
            "bufferView": self.view(array.tobytes()),
            "componentType": COMPONENT[dtype],
            "count": len(array),
            "type": KIND[array.shape[1]],
            "min": array.min(axis=0).tolist(),
            "max": array.max(axis=0).tolist(),
        }
        if normalized:
            entry["normalized"] = True
        self.document["accessors"].append(entry)
        return len(self.document["accessors"]) - 1

    def mesh(self, attributes: dict[str, int], indices: int | None = None, **more: Any) -> Json:
        """Adds a mesh of one primitive, and gives that primitive."""
        primitive: Json = {"attributes": attributes, **more}
        if indices is not None:
            primitive["indices"] = indices
        self.document["meshes"].append({"name": "mesh", "primitives": [primitive]})
        return primitive

    def texture(self, content: bytes, mime: str = "image/png") -> int:
        images = self.document.setdefault("images", [])
        images.append({"bufferView": self.view(content), "mimeType": mime})
        self.document.setdefault("textures", []).append({"source": len(images) - 1})
        return len(self.document["textures"]) - 1

    def finished(self) -> Json:
        document = {key: value for key, value in self.document.items() if value != []}
        return {**document, "buffers": [{"byteLength": len(self.binary)}]}

    def glb(self) -> bytes:
        return pack_glb(self.finished(), bytes(self.binary))


def square(**more: Any) -> GltfExample:
    """A square metre that stands on the ground, facing +Z."""
    example = GltfExample()
    attributes = {
        "POSITION": example.accessor(SQUARE),
        "NORMAL": example.accessor([[0, 0, 1]] * 4),
        "TEXCOORD_0": example.accessor([[0, 1], [1, 1], [1, 0], [0, 0]]),
    }
    example.mesh(attributes, example.accessor(SQUARE_INDICES, "u2"), **more)
    return example


def textured_square() -> GltfExample:
    """The square with colour, normals and roughness, and two variants."""
    example = square(material=0)
    colour = {"index": example.texture(picture())}
    bumps = {"index": example.texture(picture((16, 16)))}
    rough = {"index": example.texture(picture((4, 4)))}
    example.document["materials"] = [
        {
            "name": "red",
            "pbrMetallicRoughness": {"baseColorTexture": colour, "metallicRoughnessTexture": rough},
            "normalTexture": bumps,
        },
        {"name": "blue", "pbrMetallicRoughness": {"baseColorFactor": [0, 0, 1, 1]}},
    ]
    example.document["extensionsUsed"] = ["KHR_materials_variants"]
    example.document["extensions"] = {
        "KHR_materials_variants": {"variants": [{"name": "Red"}, {"name": "Blue"}]}
    }
    mappings = [{"material": 0, "variants": [0]}, {"material": 1, "variants": [1]}]
    primitive = example.document["meshes"][0]["primitives"][0]
    primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    return example


def moving_square() -> GltfExample:
    """The square with everything that moves: a skin, a morph target, and an animation of both."""
    example = square()
    document = example.document
    primitive = document["meshes"][0]["primitives"][0]
    primitive["attributes"]["JOINTS_0"] = example.accessor([[0, 1, 0, 0]] * 4, "u2")
    primitive["attributes"]["WEIGHTS_0"] = example.accessor([[0.25, 0.75, 0, 0]] * 4)
    primitive["targets"] = [
        {"POSITION": example.accessor([[0, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]])}
    ]
    document["meshes"][0]["weights"] = [0.5]
    document["nodes"] = [
        {"name": "dressed", "mesh": 0, "skin": 0},
        {"name": "hip", "children": [2], "translation": [0, 1, 0]},
        {"name": "knee", "rotation": [0, 0, 0.7071068, 0.7071068], "extras": {"left": True}},
        {"name": "bare", "mesh": 1, "translation": [2, 0, 0], "scale": [2, 2, 2]},
    ]
    document["scenes"][0]["nodes"] = [0, 1, 3]
    inverse = np.tile(np.eye(4), (2, 1, 1))
    inverse[1, 3, :3] = [0, -1, 0]  # column-major: the fourth row of the array is the translation
    document["skins"] = [{"joints": [1, 2], "inverseBindMatrices": example.accessor(inverse)}]
    bare = {k: v for k, v in primitive["attributes"].items() if k in ("POSITION", "NORMAL")}
    document["meshes"].append(
        {
            "primitives": [
                {
                    "attributes": bare,
                    "indices": primitive["indices"],
                    "targets": primitive["targets"],
                }
            ]
        }
    )
    times = example.accessor([0, 1])
    turn = example.accessor([[0, 0, 0, 1], [0, 0, 1, 0]])
    swell = example.accessor([0, 1])
    document["animations"] = [
        {
            "name": "wave",
            "samplers": [{"input": times, "output": turn}, {"input": times, "output": swell}],
            "channels": [
                {"sampler": 0, "target": {"node": 3, "path": "rotation"}},
                {"sampler": 1, "target": {"node": 3, "path": "weights"}},
            ],
        }
    ]
    return example


OBJ = """mtllib wood.mtl
o board
v 0 0 0
v 40 0 0
v 40 2 0
v 0 2 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
vn 0 0 1
usemtl oak
f 1/1/1 2/2/1 3/3/1 4/4/1
"""
MTL = "newmtl oak\nKd 0.5 0.4 0.3\nNs 100\nmap_Kd -s 1 1 1 oak.png\n"
STL = """solid wedge
facet normal 0 0 0
outer loop
vertex 0 0 0
vertex 100 0 0
vertex 0 100 0
endloop
endfacet
facet normal 0 0 0
outer loop
vertex 100 0 0
vertex 100 100 0
vertex 0 100 0
endloop
endfacet
endsolid wedge
"""
PLY = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
end_header
0 0 0 255 0 0
1 0 0 0 255 0
1 1 0 0 0 255
0 1 0 255 255 255
3 0 1 2
3 0 2 3
"""


def binary_stl(triangles: list[list[list[float]]]) -> bytes:
    rows = b"".join(
        struct.pack("<12fH", 0, 0, 0, *np.ravel(triangle).tolist(), 0) for triangle in triangles
    )
    return (
        b"solid, says the header, but it is not".ljust(80)
        + struct.pack("<I", len(triangles))
        + rows
    )


def archive(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def obj_archive(path: Path) -> Path:
    return archive(
        path, {"board/board.obj": OBJ, "board/wood.mtl": MTL, "board/oak.png": picture()}
    )
