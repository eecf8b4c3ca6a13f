"""glTF buffers, views and accessors as arrays, every bound checked before it is used."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import meshopt
import numpy as np
import pygltflib
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.model import Json, Values
from assets_pipeline.readers.limits import Limits

COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
TYPES: dict[int, np.dtype[Any]] = {
    pygltflib.BYTE: np.dtype("<i1"),
    pygltflib.UNSIGNED_BYTE: np.dtype("<u1"),
    pygltflib.SHORT: np.dtype("<i2"),
    pygltflib.UNSIGNED_SHORT: np.dtype("<u2"),
    pygltflib.UNSIGNED_INT: np.dtype("<u4"),
    pygltflib.FLOAT: np.dtype("<f4"),
}
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")


def whole(value: object, what: str) -> int:
    """A count, size or offset of glTF JSON. Raises InvalidModel unless it is a whole number ≥ 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise InvalidModel(reason=f"{what} is {value!r}, not a whole number")
    if value < 0:
        raise InvalidModel(reason=f"{what} is negative ({value})")
    return int(value)


def data_uri(uri: str) -> bytes:
    """The bytes of a `data:…;base64,` URI."""
    head, comma, body = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise InvalidModel(reason="It holds a data URI that is not base64")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidModel(reason=f"It holds a damaged data URI: {error}") from error


class Buffers:
    """Reads accessors and views of one glTF file; each is decoded once and shared."""

    def __init__(
        self, gltf: Json, chunk: bytes | None, sibling: Callable[[str], bytes], limits: Limits
    ) -> None:
        self._gltf, self._chunk, self._sibling, self._limits = gltf, chunk, sibling, limits
        self._buffers: dict[int, memoryview] = {}
        self._views: dict[int, memoryview] = {}
        self._accessors: dict[int, Values] = {}
        self._unpacked_bytes = self._accessor_bytes = 0

    def accessor(self, index: int) -> Values:
        """Raises InvalidModel when it reaches past its view, its buffer or the file."""
        if index not in self._accessors:
            self._accessors[index] = self._read_accessor(index)
        return self._accessors[index]

    def declared(self, index: object) -> Json:
        """What the JSON says of an accessor."""
        return self._entry("accessors", index)

    def described(self, index: int, found: NDArray[Any]) -> Values:
        """Rows that an extension supplied, as the accessor describes them.

        Raises InvalidModel when it describes something else.
        """
        kind, dtype, count = self._described(index)
        if found.shape != (count, COMPONENTS[kind]):
            raise InvalidModel(
                reason=f"Accessor {index} promises {count} of {kind}, but {len(found)} of"
                f" {found.shape[1]} components were unpacked"
            )
        if dtype.kind != "f" and found.dtype.kind == "f":
            limits = np.iinfo(dtype)
            found = np.nan_to_num(found).clip(limits.min, limits.max)
        normalized = bool(self.declared(index).get("normalized", False))
        return Values(found.astype(dtype), kind, normalized)

    def view(self, index: int) -> memoryview:
        """The bytes of a bufferView, decompressed when it is compressed."""
        if index not in self._views:
            view = self._entry("bufferViews", index)
            packed = next(
                (view["extensions"][e] for e in MESHOPT if e in view.get("extensions", {})), None
            )
            self._views[index] = (
                self._slice(view, f"Buffer view {index}")
                if packed is None
                else self._unpack(packed, f"Buffer view {index}")
            )
        return self._views[index]

    def _entry(self, kind: str, index: object) -> Json:
        entries = self._gltf.get(kind, [])
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(entries):
            raise InvalidModel(
                reason=f"It refers to entry {index!r} of {kind}, which does not exist"
            )
        entry = entries[index]
        if not isinstance(entry, dict):
            raise InvalidModel(reason=f"Entry {index} of {kind} is not an object")
        return entry

    def _buffer(self, index: int) -> memoryview:
        if index not in self._buffers:
            buffer = self._entry("buffers", index)
            uri, length = buffer.get("uri"), whole(buffer.get("byteLength"), "A buffer's length")
            if uri is None:
                data = self._chunk if index == 0 and self._chunk is not None else None
                if data is None:
                    raise InvalidModel(reason=f"Buffer {index} has no data in the file")
            else:
                data = data_uri(uri) if uri.startswith("data:") else self._sibling(uri)
            if len(data) < length:
                raise InvalidModel(
                    reason=f"Buffer {index} should hold {length:,} bytes, but only"
                    f" {len(data):,} are there: the file is truncated"
                )
            self._buffers[index] = memoryview(data)[:length]
        return self._buffers[index]

    def _slice(self, view: Json, where: str) -> memoryview:
        buffer = self._buffer(view.get("buffer", -1))
        offset = whole(view.get("byteOffset", 0), f"{where}'s offset")
        length = whole(view.get("byteLength"), f"{where}'s length")
        if offset + length > len(buffer):
            raise InvalidModel(
                reason=f"{where} ends {offset + length - len(buffer):,} bytes past its buffer"
            )
        return buffer[offset : offset + length]

    def _unpack(self, packed: Json, where: str) -> memoryview:
        count = whole(packed.get("count"), f"{where}'s count")
        stride = whole(packed.get("byteStride"), f"{where}'s stride")
        self._unpacked_bytes += count * stride
        self._limits.check(
            "Bytes in compressed views", self._unpacked_bytes, self._limits.archive_bytes
        )
        filtered = packed.get("filter")
        try:
            rows = meshopt.decode_gltf_buffer(
                bytes(self._slice(packed, where)),
                count,
                stride,
                packed.get("mode"),
                None if filtered == "NONE" else filtered,
            )
        except (ValueError, TypeError) as error:
            raise InvalidModel(reason=f"{where} does not decompress: {error}") from error
        return memoryview(np.ascontiguousarray(rows).tobytes())

    def _described(self, index: int) -> tuple[str, np.dtype[Any], int]:
        """Kind, component type and count."""
        entry, where = self.declared(index), f"Accessor {index}"
        kind, component = entry.get("type"), entry.get("componentType")
        if kind not in COMPONENTS or component not in TYPES:
            raise InvalidModel(reason=f"{where} has the unknown type {kind!r} of {component!r}")
        count = whole(entry.get("count"), f"{where}'s count")
        self._limits.check(f"Elements in {where}", count, self._limits.vertices * 3)
        dtype = TYPES[component]
        if kind.startswith("MAT") and dtype.itemsize < 4:
            raise UnsupportedModel(
                found=f"{where} packs matrices into small integers",
                remedy="Export its matrices as floats.",
            )
        self._accessor_bytes += count * COMPONENTS[kind] * dtype.itemsize
        self._limits.check("Bytes in accessors", self._accessor_bytes, self._limits.accessor_bytes)
        return kind, dtype, count

    def _read_accessor(self, index: int) -> Values:
        entry, where = self.declared(index), f"Accessor {index}"
        kind, dtype, count = self._described(index)
        if "bufferView" in entry:
            array = self._elements(
                entry["bufferView"],
                entry.get("byteOffset", 0),
                count,
                COMPONENTS[kind],
                dtype,
                where,
            )
        else:
            array = np.zeros((count, COMPONENTS[kind]), dtype)
        if "sparse" in entry:
            array = self._sparse(entry["sparse"], array, where)
        return Values(array, kind, bool(entry.get("normalized", False)))

    def _elements(
        self, view: int, offset: object, count: int, width: int, dtype: np.dtype[Any], where: str
    ) -> NDArray[Any]:
        data = self.view(view)
        size = width * dtype.itemsize
        declared = self._entry("bufferViews", view)
        stride = whole(declared.get("byteStride", size), f"{where}'s stride")
        start = whole(offset, f"{where}'s offset")
        end = start + (stride * (count - 1) + size if count else 0)
        if end > len(data):
            raise InvalidModel(
                reason=f"{where} ends {end - len(data):,} bytes past its buffer view"
            )
        if stride < size:
            raise InvalidModel(reason=f"{where} has elements that overlap (stride {stride})")
        if not count:
            return np.zeros((0, width), dtype)
        strided = np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize))
        return np.ascontiguousarray(strided)

    def _sparse(self, sparse: Json, base: NDArray[Any], where: str) -> NDArray[Any]:
        count = whole(sparse.get("count"), f"{where}'s sparse count")
        places, values = sparse["indices"], sparse["values"]
        at = self._elements(
            places["bufferView"],
            places.get("byteOffset", 0),
            count,
            1,
            TYPES[places["componentType"]],
            f"{where} (sparse indices)",
        ).ravel()
        if count and int(at.max()) >= len(base):
            raise InvalidModel(reason=f"{where} replaces element {int(at.max())} of {len(base)}")
        changed = base.copy()
        changed[at] = self._elements(
            values["bufferView"],
            values.get("byteOffset", 0),
            count,
            base.shape[1],
            base.dtype,
            f"{where} (sparse values)",
        )
        return changed
