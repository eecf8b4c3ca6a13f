"""Triangles by Draco: smaller than meshopt's codecs, slower to unpack.

Draco stores whole numbers of any width, so quantized attributes go in as they are; it only
rounds normals, texture coordinates where its own prediction for them wins, and positions that
are floats still. It reorders and may split vertices, so accessors describe what comes out.
Source: KHR_draco_mesh_compression; Draco's bitstream 2.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import DracoPy
import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Attributes, Primitive, Values

DRACO = "KHR_draco_mesh_compression"
LEAST_NORMAL_BITS = 10  # 0.25° off at most; 8 would save 8 % of Draco's bytes and err by 1.2°
HARDEST = 10
TRIED_BOTH_WAYS = 40_000  # triangles: above, the ways are within 1 % and each takes 0.2 s
LEAST_POSITION_BITS = 14
FLOAT_STEP = 0.0001  # metres
FLOAT_UV_STEPS = 8192  # a texture's width, an eighth of a texel of a 2K texture
GENERIC, UINT8, UINT16, INT8, INT16 = 4, 2, 4, 1, 3  # Draco's numbers of kinds and types
WHOLE = {"|u1": "u1", "|i1": "u1", "<u2": "u2", "<i2": "u2"}  # stored as; DracoPy takes no signs
SIGNED = {"|i1": (UINT8, INT8), "<i2": (UINT16, INT16)}
NAMED = {0: "POSITION", 1: "NORMAL", 3: "TEXCOORD_0"}  # Draco's attribute types


@dataclass(frozen=True, eq=False)
class Packed:
    """A primitive as a Draco file, and as a reader will find it after unpacking."""

    data: bytes
    ids: dict[str, int]  # the number of each attribute in the file, by glTF's semantic
    attributes: Attributes
    indices: Values


def pack_primitive(primitive: Primitive, scale: float) -> Packed | None:
    """None where Draco cannot store it: no triangle list, morph targets, or other floats.

    `scale` is how much larger than its own units it is shown: positions that are floats err by
    0.05 mm at most per axis.
    """
    if primitive.mode != TRIANGLES or primitive.targets or primitive.indices is None:
        return None
    if not len(primitive.indices) or not all(_fits(*a) for a in primitive.attributes.items()):
        return None
    both = "TEXCOORD_0" in primitive.attributes and primitive.triangles <= TRIED_BOTH_WAYS
    ways = [False, True] if both or _floating_uv(primitive) else [False]
    made = [_encoded(primitive, scale, predicted=way) for way in ways]
    smallest = min(filter(None, made), key=lambda way: len(way[0]), default=None)
    return None if smallest is None else _unpacked(*smallest)


def _floating_uv(primitive: Primitive) -> bool:
    """Whether it has texture coordinates that only Draco's own way can store."""
    uv = primitive.attributes.get("TEXCOORD_0")
    return uv is not None and uv.array.dtype.kind == "f"


def _fits(name: str, values: Values) -> bool:
    if name in ("POSITION", "NORMAL"):
        return True
    return values.array.dtype.str in WHOLE or (name == "TEXCOORD_0" and values.kind == "VEC2")


def _encoded(
    primitive: Primitive, scale: float, *, predicted: bool
) -> tuple[bytes, Attributes, list[str]] | None:
    """The file, what was put into it, and the names of what it stores without a meaning.

    `predicted`: the first texture coordinates as such, else as plain whole numbers.
    """
    attributes = primitive.attributes
    options: dict[str, Any] = _positions(attributes["POSITION"], scale)
    if "NORMAL" in attributes:
        options["normals"] = attributes["NORMAL"].floats().astype(np.float64)
        bits = max(LEAST_NORMAL_BITS, attributes["NORMAL"].octahedral_bits)
        options["normal_quantization_bits"] = bits
    named = {"POSITION", "NORMAL"}
    if predicted:
        uv = attributes["TEXCOORD_0"].array
        extent = float(np.ptp(uv.astype(np.float64), axis=0).max())
        options["tex_coord"] = uv.astype(np.float64)
        options["tex_coord_quantization_bits"] = _uv_bits(uv, extent)
        named.add("TEXCOORD_0")
    generic = [name for name in attributes if name not in named]
    if any(attributes[name].array.dtype.str not in WHOLE for name in generic):
        return None  # texture coordinates as floats, for which only the other way is open
    whole = [tangents(attributes[n]) if n == "TANGENT" else attributes[n] for n in generic]
    stored = {i: _unsigned(values.array) for i, values in enumerate(whole)}
    triangles = primitive.indices.reshape(-1, 3)  # type: ignore[union-attr]
    try:
        data = DracoPy.encode(
            faces=triangles, compression_level=HARDEST, generic_attributes=stored or None, **options
        )
    except DracoPy.EncodingFailedException:
        return None  # nothing but triangles without an area
    return data, {**attributes, **dict(zip(generic, whole, strict=True))}, generic


def _positions(values: Values, scale: float) -> dict[str, Any]:
    """Whole numbers exactly, as floats: Draco's grid of 16 bits over 65535 steps is theirs."""
    points = values.array.astype(np.float64)
    if values.array.dtype.kind == "f":
        steps = float(np.ptp(points, axis=0).max()) * scale / FLOAT_STEP
        bits = int(np.clip(np.ceil(np.log2(steps + 1)), LEAST_POSITION_BITS, 30))
        return {"points": points, "quantization_bits": bits}
    origin = [float(np.iinfo(values.array.dtype).min)] * 3
    return {
        "points": points,
        "quantization_bits": 16,
        "quantization_range": 65535.0,
        "quantization_origin": origin,
    }


def _uv_bits(uv: NDArray[Any], extent: float) -> int:
    """Twice as fine as whole numbers are, which adds a quarter of a step at most."""
    steps = extent * (FLOAT_UV_STEPS if uv.dtype.kind == "f" else 1)
    return min(30, int(np.ceil(np.log2(max(steps, 1.0) + 1))) + 1)


def tangents(values: Values) -> Values:
    """As bytes, 0.4° off at most: Draco predicts no directions, and 16 bits took twice the room."""
    if values.array.dtype.kind == "f":
        return values
    fractions = values.floats()
    return Values(np.round(fractions * 127).astype(np.int8), values.kind, normalized=True)


def _unsigned(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array).view(WHOLE[array.dtype.str])


def with_sign(data: bytes, number: int, array: NDArray[Any]) -> bytes:
    """The file with a generic attribute's type set to the signed one, where `array` is signed.

    The encoder takes unsigned numbers only. What it stores are remainders, so the type in the
    attribute's header is all that tells the two apart; wrapping cost 1 % on the sample models.
    """
    if array.dtype.str not in SIGNED:
        return data
    unsigned, signed = SIGNED[array.dtype.str]
    head = bytes([GENERIC, unsigned, array.shape[1], 0, number])
    for place in _places(data, head):
        changed = data[: place + 1] + bytes([signed]) + data[place + 2 :]
        if _type_of(changed, number) == signed:
            return changed
    raise AssertionError("Draco stored an attribute that its file does not name")


def _places(data: bytes, wanted: bytes) -> Iterator[int]:
    place = data.find(wanted)
    while place >= 0:
        yield place
        place = data.find(wanted, place + 1)


def _type_of(data: bytes, number: int) -> int | None:
    try:
        attributes = DracoPy.decode(data).attributes
    except (ValueError, TypeError, DracoPy.FileTypeException):
        return None  # the bytes were not a header
    return next((a["data_type"] for a in attributes if a["unique_id"] == number), None)


def _unpacked(data: bytes, attributes: Attributes, generic: list[str]) -> Packed:
    for number, name in enumerate(generic):
        data = with_sign(data, number, attributes[name].array)
    mesh = DracoPy.decode(data)
    ids, found = {}, {}
    for entry in mesh.attributes:
        number, kind = int(entry["unique_id"]), entry["attribute_type"]
        name = generic[number] if kind == GENERIC else NAMED[kind]
        ids[name] = number
        was = attributes[name]
        dtype = was.array.dtype if kind == GENERIC else np.dtype("<f4")
        normalized = was.normalized and dtype.kind != "f"
        found[name] = Values(entry["data"].astype(dtype), was.kind, normalized)
    indices = mesh.faces.astype("<u4" if len(mesh.points) > 65535 else "<u2").reshape(-1, 1)
    ordered = {name: found[name] for name in attributes}
    return Packed(data, ids, ordered, Values(indices, "SCALAR"))
