"""Draco's packed triangles, unpacked once their claims about themselves are believable.

Source: KHR_draco_mesh_compression; Draco's bitstream 2.2, sections 3.2 to 4.2.
"""

from dataclasses import dataclass
from typing import Any

import DracoPy
import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.readers.limits import Limits

HEADER = 11  # bytes: "DRACO", version, kind, method, flags
HAS_METADATA = 0x8000
MESH, EDGEBREAKER = 1, 1
DEEPEST = 16  # levels of metadata in metadata


@dataclass(frozen=True, eq=False)
class Unpacked:
    indices: NDArray[np.uint32]  # (corners,)
    attributes: dict[int, NDArray[Any]]  # by Draco's number: (vertices, components)


def unpack(data: bytes, corners: int, limits: Limits, where: str) -> Unpacked:
    """`corners` is the length of the index list that glTF promises.

    Raises InvalidModel when the data are damaged or hold another number of triangles, TooLarge.
    """
    try:
        faces = claimed_faces(data)
    except IndexError as error:
        raise InvalidModel(reason=f"{where} has Draco data that end early") from error
    limits.check(f"Triangles in {where}", faces, limits.triangles)
    if 3 * faces != corners:
        raise InvalidModel(
            reason=f"{where} should have {corners:,} corners, but its Draco data hold {3 * faces:,}"
        )
    try:
        mesh = DracoPy.decode(data)
        found = {int(a["unique_id"]): np.asarray(a["data"]) for a in mesh.attributes}
        indices = np.asarray(mesh.faces).astype(np.uint32).ravel()
    except (ValueError, TypeError, AttributeError, RuntimeError, DracoPy.FileTypeException) as e:
        raise InvalidModel(reason=f"{where} has Draco data that do not unpack: {e}") from e
    return Unpacked(indices, found)


def claimed_faces(data: bytes) -> int:
    """How many triangles the file says it holds, before anything is unpacked.

    Raises InvalidModel when it is not a mesh, IndexError when it ends early.
    """
    if data[:5] != b"DRACO" or data[7] != MESH:
        raise InvalidModel(reason="Its Draco data are not a Draco mesh")
    reader = _Reader(data, HEADER)
    if int.from_bytes(data[9:HEADER], "little") & HAS_METADATA:
        reader.skip_metadata()
    if data[8] == EDGEBREAKER:
        reader.byte()  # which traversal
        reader.number()  # vertices, before seams split them
    return reader.number()


class _Reader:
    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place = data, place

    def byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def number(self) -> int:
        """Seven bits a byte, the lowest first."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise InvalidModel(reason="Its Draco data hold a number without an end")

    def skip_metadata(self) -> None:
        for _ in range(self.number()):
            self.number()  # the attribute's number
            self._skip_entries(0)
        self._skip_entries(0)

    def _skip_entries(self, depth: int) -> None:
        if depth > DEEPEST:
            raise InvalidModel(reason="Its Draco metadata are nested too deeply")
        for _ in range(self.number()):
            self._skip(self.byte())  # a name
            self._skip(self.number())  # a value
        for _ in range(self.number()):
            self._skip(self.byte())
            self._skip_entries(depth + 1)

    def _skip(self, length: int) -> None:
        self.place += length
        if self.place > len(self.data):
            raise IndexError(self.place)
