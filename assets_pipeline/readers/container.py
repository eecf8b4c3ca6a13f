"""The GLB container, and the JSON inside it or inside a .gltf file."""

import json
import math
import struct
from typing import Any

from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.model import Json
from assets_pipeline.readers.limits import Limits

JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def open_glb(data: bytes, limits: Limits) -> tuple[Json, bytes | None]:
    """The JSON and the binary chunk. Raises InvalidModel when the container is cut or damaged.

    Source: glTF 2.0, section 4.4.
    """
    if len(data) < 20:
        raise InvalidModel(reason=f"The GLB ends after {len(data)} bytes: it is truncated")
    _, version, length = struct.unpack_from("<4sII", data)
    if version != 2:
        raise UnsupportedModel(
            found=f"It is GLB version {version}", remedy="Export it as glTF 2.0."
        )
    if length > len(data):
        raise InvalidModel(
            reason=f"The GLB should have {length:,} bytes, but {len(data):,} are there:"
            " it is truncated"
        )
    text, binary, offset = None, None, 12
    while offset + 8 <= length:
        size, kind = struct.unpack_from("<II", data, offset)
        offset += 8
        if offset + size > length:
            raise InvalidModel(reason="A chunk of the GLB ends past the file: it is truncated")
        if kind == JSON_CHUNK and text is None:
            text = data[offset : offset + size]
        elif kind == BINARY_CHUNK and binary is None:
            binary = data[offset : offset + size]
        offset += size
    if text is None:
        raise InvalidModel(reason="The GLB has no JSON chunk")
    return parse_json(text, limits), binary


def parse_json(text: bytes, limits: Limits) -> Json:
    limits.check("Bytes of JSON", len(text), limits.json_bytes)
    limits.check("Objects in the JSON", text.count(b"{") + text.count(b"["), limits.json_objects)
    limits.check("Values in the JSON", text.count(b","), limits.json_values)
    try:
        gltf = json.loads(
            text.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidModel(reason=f"Its JSON cannot be read: {error}") from error
    if b"\\u" in text:
        _refuse_half_letters(gltf)
    asset = gltf.get("asset") if isinstance(gltf, dict) else None
    if not isinstance(asset, dict):
        raise InvalidModel(reason="Its JSON has no asset entry, so it is not glTF")
    if not str(asset.get("version", "")).startswith("2."):
        raise UnsupportedModel(
            found=f"It is glTF version {asset.get('version')}", remedy="Export it as glTF 2.0."
        )
    if asset.get("minVersion", "2.0") != "2.0":
        raise UnsupportedModel(
            found=f"It is for readers of glTF {asset['minVersion']}",
            remedy="Export it as glTF 2.0.",
        )
    _check_counts(gltf, limits)
    return dict(gltf)


def _check_counts(gltf: Json, limits: Limits) -> None:
    """Before anything is made of the entries."""
    for kind, entries in gltf.items():
        if isinstance(entries, list):
            most = limits.nodes if kind == "nodes" else limits.entries
            limits.check(kind.capitalize(), len(entries), most)
    meshes = gltf.get("meshes")
    if isinstance(meshes, list):
        lists = (mesh.get("primitives") for mesh in meshes if isinstance(mesh, dict))
        drawn = sum(len(primitives) for primitives in lists if isinstance(primitives, list))
        limits.check("Primitives", drawn, limits.primitives)


def _refuse_half_letters(gltf: Any) -> None:
    """JSON can escape one half of a UTF-16 pair. No file that we write could hold it."""
    try:
        json.dumps(gltf, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidModel(reason="Its JSON has half a letter in a text") from error


def _finite(text: str) -> float:
    number = float(text)
    return _refuse_constant(text) if math.isinf(number) else number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON can hold")
