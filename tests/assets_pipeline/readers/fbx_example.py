"""A board as FBX, written as text and as binary from one tree."""

import base64
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
POINTS = [0, 0, 0, 100, 0, 0, 100, 0, 50, 0, 0, 50]
UVS = [0, 0, 1, 0, 1, 1, 0, 1]


@dataclass
class Node:
    name: str
    values: list[Any] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)


def node(name: str, *values: Any, inside: list[Node] | None = None) -> Node:
    return Node(name, list(values), inside or [])


def properties(**values: Any) -> Node:
    rows = []
    for name, value in values.items():
        held = value if isinstance(value, tuple) else (value,)
        rows.append(node("P", name.replace("__", "|").replace("_", " "), "", "", "", *held))
    return node("Properties70", inside=rows)


def mesh(
    points: list[float] = POINTS,
    polygons: list[int] | None = None,
    layers: list[Node] | None = None,
) -> Node:
    uv = node("LayerElementUV", 0, inside=[
        node("Name", "map1"), node("MappingInformationType", "ByPolygonVertex"),
        node("ReferenceInformationType", "IndexToDirect"), node("UV", np.array(UVS, float)),
        node("UVIndex", np.array([0, 1, 2, 3], np.int32)),
    ])  # fmt: skip
    normals = node("LayerElementNormal", 0, inside=[
        node("MappingInformationType", "AllSame"), node("ReferenceInformationType", "Direct"),
        node("Normals", np.array([0, -2.0, 0])),
    ])  # fmt: skip
    return node("Geometry", 10, "Board\0\1Geometry", "Mesh", inside=[
        node("Vertices", np.array(points, float)),
        node("PolygonVertexIndex", np.array(polygons or [0, 1, 2, -4], np.int32)),
        normals, uv, *(layers or []),
    ])  # fmt: skip


def model(ident: int = 20, name: str = "Board", kind: str = "Mesh", **values: Any) -> Node:
    return node("Model", ident, f"{name}\0\1Model", kind, inside=[properties(**values)])


def material(shading: str = "phong", **values: Any) -> Node:
    return node("Material", 30, "Oak\0\1Material", "", inside=[
        node("ShadingModel", shading), properties(**values)])  # fmt: skip


def texture(ident: int, file: str, content: bytes | None = None, **values: Any) -> list[Node]:
    video = [node("Filename", file)]
    if content is not None:
        video.append(node("Content", content))
    return [
        node("Texture", ident, "Picture\0\1Texture", "", inside=[
            node("FileName", f"C:\\art\\{file}"), node("RelativeFilename", file),
            properties(**values)]),
        node("Video", ident + 1, "Clip\0\1Video", "Clip", inside=video),
    ]  # fmt: skip


CONNECTED: list[tuple[Any, ...]] = [(20, 0), (10, 20), (30, 20)]


def document(
    objects: list[Node] | None = None,
    connected: list[tuple[Any, ...]] | None = None,
    *,
    creator: str = "Max",
    **settings: Any,
) -> list[Node]:
    """A board of 100 × 50 cm that stands upright where z is up, facing −y."""
    usual = {"UpAxis": 2, "UpAxisSign": 1, "FrontAxis": 1, "FrontAxisSign": -1, "CoordAxis": 0,
             "CoordAxisSign": 1, "UnitScaleFactor": 1.0}  # fmt: skip
    links = [
        node("C", "OP" if len(link) > 2 else "OO", *link)
        for link in (CONNECTED if connected is None else connected)
    ]
    return [
        node("FBXHeaderExtension", inside=[
            node("FBXHeaderVersion", 1003), node("FBXVersion", 7400), node("Creator", creator)]),
        node("GlobalSettings", inside=[properties(**usual | settings)]),
        node("Objects", inside=objects if objects is not None else [mesh(), model(), material()]),
        node("Connections", inside=links),
    ]  # fmt: skip


def text(nodes: list[Node]) -> str:
    return "; FBX 7.4.0 project file\n" + "".join(_text(one) for one in nodes)


def _text(one: Node) -> str:
    body = "".join(_text(child) for child in one.children)
    if len(one.values) == 1 and isinstance(one.values[0], np.ndarray):
        array = one.values[0]
        return f"{one.name}: *{len(array)} {{\na: {','.join(map(str, array.tolist()))}\n}}\n"
    values = ",".join(_word(value) for value in one.values)
    return f"{one.name}: {values} {{\n{body}}}\n" if one.children else f"{one.name}: {values}\n"


def _word(value: Any) -> str:
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, str):
        name, mark, kind = value.partition("\0\1")
        return f'"{kind}::{name}"' if mark else f'"{value}"'
    return str(value)


def binary(nodes: list[Node], version: int = 7400, *, packed: bool = True) -> bytes:
    start = MAGIC + struct.pack("<I", version)
    layout = "<QQQB" if version >= 7500 else "<IIIB"
    return start + _list(nodes, len(start), layout, packed=packed) + b"\xfa\xbc\xab\x09" * 8


def _list(nodes: list[Node], at: int, layout: str, *, packed: bool) -> bytes:
    whole = b""
    for one in nodes:
        whole += _binary(one, at + len(whole), layout, packed=packed)
    return whole + bytes(struct.calcsize(layout))


def _binary(one: Node, at: int, layout: str, *, packed: bool) -> bytes:
    name = one.name.encode()
    values = b"".join(_value(value, packed=packed) for value in one.values)
    head = struct.calcsize(layout) + len(name)
    inner = b""
    if one.children:
        inner = _list(one.children, at + head + len(values), layout, packed=packed)
    end = at + head + len(values) + len(inner)
    sizes = struct.pack(layout, end, len(one.values), len(values), len(name))
    return sizes + name + values + inner


def _value(value: Any, *, packed: bool) -> bytes:
    if isinstance(value, np.ndarray):
        kind = {"f": b"d", "i": b"i"}[value.dtype.kind]
        content = value.tobytes()
        content = zlib.compress(content) if packed else content
        return kind + struct.pack("<III", len(value), int(packed), len(content)) + content
    if isinstance(value, bytes | str):
        content = value if isinstance(value, bytes) else value.encode()
        return (
            (b"R" if isinstance(value, bytes) else b"S") + struct.pack("<I", len(content)) + content
        )
    return (
        b"D" + struct.pack("<d", value)
        if isinstance(value, float)
        else b"L" + struct.pack("<q", value)
    )
