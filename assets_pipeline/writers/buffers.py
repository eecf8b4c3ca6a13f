"""The binary part of a glTF file: buffer views, plain or compressed, and accessors on them."""

import hashlib
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
class BufferWriter:
    """Collects arrays and files; equal ones are stored once.

    `meshopt` is the extension to compress views by, or None. Compressed views have no fallback:
    buffer 1 stands for the decompressed data and holds nothing, as the extensions describe.
    """

    meshopt: str | None = None
    data: bytearray = field(default_factory=bytearray)
    views: list[pygltflib.BufferView] = field(default_factory=list)
    accessors: list[pygltflib.Accessor] = field(default_factory=list)
    _fallback_bytes: int = 0
    _known: dict[Any, int] = field(default_factory=dict)

    def file(self, content: bytes) -> int:
        """The number of a view that holds a file's bytes."""
        key = ("file", hashlib.sha256(content).digest())
        if key not in self._known:
            self._known[key] = self._plain(content)
        return self._known[key]

    def attribute(self, values: Values, *, bounds: bool = False) -> int:
        """The number of an accessor for vertex data, one row per vertex."""
        return self._accessor(values, bounds, VERTICES)

    def data_accessor(self, values: Values, *, bounds: bool = False) -> int:
        """The number of an accessor for animation, bind matrices or instances."""
        return self._accessor(values, bounds, None)

    def indices(self, indices: NDArray[np.uint32], mode: int) -> int:
        # 65535 is the restart marker of 16-bit indices, so it must not be a vertex.
        highest = int(indices.max()) if len(indices) else 0
        array = indices.astype("<u2" if highest < 65535 else "<u4")
        key = ("indices", mode, array.dtype.str, hashlib.sha256(array.tobytes()).digest())
        if key not in self._known:
            if self.meshopt and len(array):
                listed = mode == TRIANGLES and len(array) % 3 == 0
                view = self._compressed(
                    array.reshape(-1, 1),
                    meshopt.encode_gltf_buffer(
                        np.ascontiguousarray(indices), "TRIANGLES" if listed else "INDICES"
                    ),
                    {"mode": "TRIANGLES" if listed else "INDICES"},
                    INDICES,
                )
            else:
                view = self._plain(array.tobytes(), target=INDICES)
            self._known[key] = self._add_accessor(view, Values(array.reshape(-1, 1), "SCALAR"))
        return self._known[key]

    def buffers(self) -> list[Json]:
        buffers: list[Json] = []
        if self.data:
            buffers.append({"byteLength": len(self.data)})
        if self._fallback_bytes:
            fallback = {
                "byteLength": self._fallback_bytes,
                "extensions": {self.meshopt: {"fallback": True}},
            }
            buffers.append(fallback)
        return buffers

    @property
    def _version(self) -> int:
        """Of the vertex codec: 1 packs 5 to 7 % better, and the vendor extension forbids it."""
        return int(self.meshopt == KHR_MESHOPT)

    @property
    def compressed(self) -> bool:
        return self._fallback_bytes > 0

    def _accessor(self, values: Values, bounds: bool, target: int | None) -> int:
        content = hashlib.sha256(np.ascontiguousarray(values.array).tobytes()).digest()
        shape = (values.array.dtype.str, values.array.shape, values.kind, values.normalized)
        key = ("values", target, bounds, shape, content, values.octahedral_bits)
        if key not in self._known:
            view = self._rows(values, target)
            accessor = self._add_accessor(view, values)
            if bounds and len(values):
                self.accessors[accessor].min = values.array.min(axis=0).tolist()
                self.accessors[accessor].max = values.array.max(axis=0).tolist()
            self._known[key] = accessor
        return self._known[key]

    def _rows(self, values: Values, target: int | None) -> int:
        rows = padded(values.array) if target else np.ascontiguousarray(values.array)
        stride = rows.strides[0] if len(rows) else 4
        if self.meshopt and len(rows) and stride % 4 == 0 and stride <= 256:
            return self._compressed(rows, *encode_rows(values, rows, self._version), target)
        return self._plain(rows.tobytes(), target=target, stride=stride if target else None)

    def _plain(
        self, content: bytes, *, target: int | None = None, stride: int | None = None
    ) -> int:
        offset = self._append(content)
        self.views.append(_view(0, offset, max(1, len(content)), stride, target))
        return len(self.views) - 1

    def _compressed(self, rows: NDArray[Any], packed: bytes, how: Json, target: int | None) -> int:
        size, stride = rows.nbytes, rows.nbytes // len(rows)
        view = _view(1, self._fallback_bytes, size, stride if target == VERTICES else None, target)
        self._fallback_bytes += size + -size % 4
        view.extensions = {
            self.meshopt: {
                "buffer": 0,
                "byteOffset": self._append(packed),
                "byteLength": len(packed),
                "byteStride": stride,
                "count": len(rows),
                **how,
            }
        }
        self.views.append(view)
        return len(self.views) - 1

    def _append(self, content: bytes) -> int:
        self.data += bytes(-len(self.data) % 4)
        offset = len(self.data)
        self.data += content or b"\0"
        return offset

    def _add_accessor(self, view: int, values: Values) -> int:
        accessor = pygltflib.Accessor(
            bufferView=view,
            byteOffset=None,
            componentType=COMPONENT[values.array.dtype.str[1:]],
            normalized=True if values.normalized else None,
            count=len(values),
            type=values.kind,
        )
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def padded(array: NDArray[Any]) -> NDArray[Any]:
    """Rows filled with zeros to a multiple of four bytes, as glTF wants vertex data."""
    width = array.shape[1] * array.dtype.itemsize
    missing = -width % 4 // array.dtype.itemsize
    if not missing:
        return np.ascontiguousarray(array)
    return np.hstack([array, np.zeros((len(array), missing), array.dtype)])


def encode_rows(values: Values, rows: NDArray[Any], version: int) -> tuple[bytes, Json]:
    """The packed rows and what a reader must know of them. Lossless up to the filter's rounding."""
    flat, how = rows.view(np.uint8).reshape(len(rows), -1), {"mode": "ATTRIBUTES"}
    if values.octahedral_bits:
        vectors = np.zeros((len(rows), 4), np.float32)
        vectors[:, : values.array.shape[1]] = values.floats()
        flat = meshopt.encode_filter_oct(vectors, rows.strides[0], values.octahedral_bits)
        how["filter"] = "OCTAHEDRAL"
    return meshopt.encode_vertex_buffer_level(flat, HARDEST, version), how


def _view(
    buffer: int, offset: int, length: int, stride: int | None, target: int | None
) -> pygltflib.BufferView:
    return pygltflib.BufferView(
        buffer=buffer,
        byteOffset=offset or None,
        byteLength=length,
        byteStride=stride,
        target=target,
    )
