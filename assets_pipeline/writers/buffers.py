"""The binary part of a glTF file: buffer views, plain or compressed, and accessors on them."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import meshopt
import numpy as np
import pygltflib
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Json, Values

EXT_MESHOPT, KHR_MESHOPT = "EXT_meshopt_compression", "KHR_meshopt_compression"
HARDEST = 3  # the vertex codec's level; its version 0 knows none
VERTICES, INDICES = pygltflib.ARRAY_BUFFER, pygltflib.ELEMENT_ARRAY_BUFFER
COMPONENT = {
    "i1": pygltflib.BYTE,
    "u1": pygltflib.UNSIGNED_BYTE,
    "i2": pygltflib.SHORT,
    "u2": pygltflib.UNSIGNED_SHORT,
    "u4": pygltflib.UNSIGNED_INT,
    "f4": pygltflib.FLOAT,
}


@dataclass
class Shelf:
    """Rows of one kind, of all accessors together: they share a buffer view.

    A view of its own for each accessor costs 300 bytes of JSON and of codec headers, which on
    the sample models was up to 5 % of the geometry.
    """

    target: int | None
    mode: str  # of the codec: ATTRIBUTES, TRIANGLES or INDICES
    octahedral_bits: int = 0
    rows: list[NDArray[Any]] = field(default_factory=list)  # each (n, stride) bytes
    accessors: list[Json] = field(default_factory=list)
    length: int = 0  # bytes

    def put(self, rows: NDArray[Any], accessor: Json) -> None:
        if self.length:
            accessor["byteOffset"] = self.length
        self.accessors.append(accessor)
        self.rows.append(rows)
        self.length += rows.nbytes


@dataclass
class BufferWriter:
    """Collects arrays and files; equal ones are stored once.

    `meshopt` is the extension to compress views by, or None. Compressed views have no fallback:
    buffer 1 stands for the decompressed data and holds nothing, as the extensions describe.
    """

    meshopt: str | None = None
    data: bytearray = field(default_factory=bytearray)
    views: list[Json] = field(default_factory=list)
    accessors: list[Json] = field(default_factory=list)
    _fallback_bytes: int = 0
    _known: dict[Hashable, int] = field(default_factory=dict)
    _shelves: dict[Hashable, Shelf] = field(default_factory=dict)

    def file(self, content: bytes) -> int:
        """The number of a view that holds a file's bytes."""
        key = ("file", hashlib.sha256(content).digest())
        if key not in self._known:
            self._known[key] = self._view(0, self._append(content), len(content))
        return self._known[key]

    def attribute(self, name: str, values: Values, *, bounds: bool = False) -> int:
        """The number of an accessor for vertex data, one row per vertex; `name` is its meaning."""
        return self._accessor(name, values, bounds, VERTICES)

    def data_accessor(self, name: str, values: Values, *, bounds: bool = False) -> int:
        """The number of an accessor for animation, bind matrices or instances."""
        return self._accessor(name, values, bounds, None)

    def described(self, values: Values, *, bounds: bool = False) -> int:
        """The number of an accessor whose content an extension of the primitive supplies."""
        return self._add(_described(values, bounds=bounds))

    def indices(self, indices: NDArray[np.uint32], mode: int) -> int:
        # 65535 is the restart marker of 16-bit indices, so it must not be a vertex.
        highest = int(indices.max()) if len(indices) else 0
        array = indices.astype("<u2" if highest < 65535 else "<u4").reshape(-1, 1)
        listed = "TRIANGLES" if mode == TRIANGLES and len(array) % 3 == 0 else "INDICES"
        shelf = Shelf(INDICES, listed)
        kind = ("indices", listed, array.dtype.str)
        return self._put(kind, shelf, array, _described(Values(array, "SCALAR")))

    def finish(self) -> list[Json]:
        """Stores what was collected, and gives the file's list of buffers."""
        for shelf in self._shelves.values():
            view = self._store(shelf)
            for accessor in shelf.accessors:
                accessor["bufferView"] = view
        self._shelves.clear()
        buffers: list[Json] = []
        if self.data:
            buffers.append({"byteLength": len(self.data)})
        if self._fallback_bytes:
            fallback = {self.meshopt: {"fallback": True}}
            buffers.append({"byteLength": self._fallback_bytes, "extensions": fallback})
        return buffers

    @property
    def compressed(self) -> bool:
        """Whether `finish` has compressed anything."""
        return self._fallback_bytes > 0

    def _accessor(self, name: str, values: Values, bounds: bool, target: int | None) -> int:
        rows = padded(values.array) if target else np.ascontiguousarray(values.array)
        kind = (name, target, rows.dtype.str, rows.shape[1], values.octahedral_bits)
        shelf = Shelf(target, "ATTRIBUTES", values.octahedral_bits)
        return self._put(kind, shelf, rows, _described(values, bounds=bounds))

    def _put(self, kind: Hashable, shelf: Shelf, rows: NDArray[Any], accessor: Json) -> int:
        content = hashlib.sha256(rows.tobytes()).digest()
        same = (kind, content, accessor["type"], "normalized" in accessor, "min" in accessor)
        if same not in self._known:
            self._shelves.setdefault(kind, shelf).put(rows, accessor)
            self._known[same] = self._add(accessor)
        return self._known[same]

    def _add(self, accessor: Json) -> int:
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def _store(self, shelf: Shelf) -> int:
        rows = np.concatenate(shelf.rows)
        stride = rows.nbytes // len(rows) if len(rows) else 4
        vertices = {"byteStride": stride} if shelf.target == VERTICES else {}
        target = {"target": shelf.target} if shelf.target else {}
        fits = shelf.target == INDICES or (stride % 4 == 0 and stride <= 256)
        if not (self.meshopt and len(rows) and fits):
            return self._view(0, self._append(rows.tobytes()), rows.nbytes, vertices | target)
        packed = self._encoded(shelf, rows)
        how = {
            "buffer": 0,
            "byteOffset": self._append(packed),
            "byteLength": len(packed),
            "byteStride": stride,
            "mode": shelf.mode,
            "count": len(rows),
        } | ({"filter": "OCTAHEDRAL"} if shelf.octahedral_bits else {})
        extension = {"extensions": {self.meshopt: how}}
        view = self._view(1, self._fallback_bytes, rows.nbytes, vertices | target | extension)
        self._fallback_bytes += rows.nbytes + -rows.nbytes % 4
        return view

    def _encoded(self, shelf: Shelf, rows: NDArray[Any]) -> bytes:
        """Lossless up to the filter's rounding, which octahedral values have behind them."""
        if shelf.target == INDICES:
            return bytes(meshopt.encode_gltf_buffer(rows.ravel().astype(np.uint32), shelf.mode))
        if shelf.octahedral_bits:
            fractions = Values(rows, "VEC4", normalized=True).floats()
            rows = meshopt.encode_filter_oct(fractions, rows.strides[0], shelf.octahedral_bits)
        flat = rows.view(np.uint8).reshape(len(rows), -1)
        # Version 1 packs 5 to 7 % better, and the vendor extension forbids it.
        version = int(self.meshopt == KHR_MESHOPT)
        return bytes(meshopt.encode_vertex_buffer_level(flat, HARDEST, version))

    def _view(self, buffer: int, offset: int, length: int, more: Json | None = None) -> int:
        entry: Json = {"buffer": buffer, "byteLength": max(1, length)}
        entry |= {"byteOffset": offset} if offset else {}
        self.views.append(entry | (more or {}))
        return len(self.views) - 1

    def _append(self, content: bytes) -> int:
        self.data += bytes(-len(self.data) % 4)
        offset = len(self.data)
        self.data += content or b"\0"
        return offset


def padded(array: NDArray[Any]) -> NDArray[Any]:
    """Rows filled with zeros to a multiple of four bytes, as glTF wants vertex data."""
    width = array.shape[1] * array.dtype.itemsize
    missing = -width % 4 // array.dtype.itemsize
    if not missing:
        return np.ascontiguousarray(array)
    return np.hstack([array, np.zeros((len(array), missing), array.dtype)])


def _described(values: Values, *, bounds: bool = False) -> Json:
    entry: Json = {
        "componentType": COMPONENT[values.array.dtype.str[1:]],
        "count": len(values),
        "type": values.kind,
    }
    entry |= {"normalized": True} if values.normalized else {}
    if bounds and len(values):
        entry["min"] = values.array.min(axis=0).tolist()
        entry["max"] = values.array.max(axis=0).tolist()
    return entry
