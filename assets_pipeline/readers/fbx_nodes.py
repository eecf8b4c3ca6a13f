"""FBX's records, binary and text, as a tree.

Source: Blender developers' "FBX binary file format specification"; the text form is what
Autodesk's own exporter writes. Nothing of either is official.
"""

import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, TooLarge, UnsupportedModel

MAGIC = b"Kaydara FBX Binary  \x00"
LONG_SINCE = 7500  # versions from here on count in 64 bits
OLDEST = 7000
DEEPEST = 64
MOST_RECORDS = 2_000_000
MOST_VALUES = 512 << 20  # bytes of all unpacked arrays
ARRAYS = {b"f": "<f4", b"d": "<f8", b"l": "<i8", b"i": "<i4", b"b": "u1", b"c": "u1"}
SCALARS = {b"Y": "<h", b"C": "<B", b"I": "<i", b"F": "<f", b"D": "<d", b"L": "<q", b"Z": "<b"}
TOKEN = re.compile(
    r'"(?P<text>[^"]*)"|(?P<count>\*\d+)|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)'
    r"|(?P<key>[A-Za-z_][\w.|-]*)\s*:|(?P<word>[^\s,{}:\"]+)|(?P<mark>[{}])|(?P<comma>,)"
)
ARRAY = re.compile(r"\s*\{\s*a:(?P<numbers>[^{}]*)\}")
COMMENT = re.compile(r"(?m)^\s*;.*$")


@dataclass(eq=False)
class Record:
    name: str
    values: list[Any] = field(default_factory=list)  # numbers, str, bytes, arrays
    children: list["Record"] = field(default_factory=list)

    def all(self, name: str) -> list["Record"]:
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Record | None":
        return next((child for child in self.children if child.name == name), None)

    def text(self, place: int = 0) -> str:
        value = self.values[place] if place < len(self.values) else ""
        return value if isinstance(value, str) else ""

    def word(self, name: str) -> str:
        """The text of a child; empty when there is none."""
        child = self.first(name)
        return child.text() if child is not None else ""

    def whole(self, place: int = 0) -> int | None:
        value = self.values[place] if place < len(self.values) else None
        return value if isinstance(value, int) else None

    def array(self, name: str) -> NDArray[Any]:
        """The numbers of a child, however they are written; empty when there is none."""
        child = self.first(name)
        if child is None:
            return np.empty(0)
        for value in child.values:
            if isinstance(value, np.ndarray):
                return value
        try:
            return np.array([float(v) for v in child.values], np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidModel(reason=f"{name} holds text where numbers should be") from error


def parse_records(data: bytes) -> Record:
    """The whole file as the children of one record. Raises InvalidModel, TooLarge,
    UnsupportedModel."""
    if data.startswith(MAGIC):
        return _Binary(data).read()
    return _parse_text(data.decode("utf-8", errors="replace"))


class _Binary:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.records = self.unpacked = 0
        version = struct.unpack_from("<I", data, 23)[0] if len(data) > 27 else 0
        _check_version(version)
        self.header = struct.Struct("<QQQB" if version >= LONG_SINCE else "<IIIB")

    def read(self) -> Record:
        root = Record("")
        try:
            self._children(root, 27, len(self.data), 0)
        except (struct.error, IndexError, ValueError, zlib.error) as error:
            raise InvalidModel(reason=f"The FBX is damaged or truncated: {error}") from error
        return root

    def _children(self, parent: Record, at: int, end: int, depth: int) -> None:
        if depth > DEEPEST:
            raise InvalidModel(reason=f"The FBX nests records deeper than {DEEPEST}")
        while at + self.header.size <= end:
            stop, count, size, name_size = self.header.unpack_from(self.data, at)
            if stop == 0:
                return  # the empty record that ends a list
            start = at + self.header.size + name_size
            if not start + size <= stop <= end:
                raise ValueError(f"a record that ends at {stop:,} of {end:,} bytes")
            self.records += 1
            if self.records > MOST_RECORDS:
                raise TooLarge(what="Records in the FBX", count=self.records, limit=MOST_RECORDS)
            name = self.data[start - name_size : start].decode("utf-8", errors="replace")
            record = Record(name, list(self._values(start, start + size, count)))
            parent.children.append(record)
            self._children(record, start + size, stop, depth + 1)
            at = stop
        if depth == 0:
            raise ValueError("no end")

    def _values(self, at: int, end: int, count: int) -> Iterator[Any]:
        for _ in range(count):
            kind = self.data[at : at + 1]
            at += 1
            if kind in SCALARS:
                layout = SCALARS[kind]
                yield struct.unpack_from(layout, self.data, at)[0]
                at += struct.calcsize(layout)
            elif kind in (b"S", b"R"):
                size = struct.unpack_from("<I", self.data, at)[0]
                at += 4
                content = self.data[at : min(at + size, end)]
                yield content if kind == b"R" else content.decode("utf-8", errors="replace")
                at += size
            elif kind in ARRAYS:
                length, packed, size = struct.unpack_from("<III", self.data, at)
                at += 12
                yield self._array(ARRAYS[kind], length, packed, self.data[at : at + size])
                at += size
            else:
                raise ValueError(f"a value of the unknown kind {kind!r}")
            if at > end:
                raise ValueError("a value that ends past its record")

    def _array(self, dtype: str, length: int, packed: int, content: bytes) -> NDArray[Any]:
        size = length * np.dtype(dtype).itemsize
        self.unpacked += size
        if self.unpacked > MOST_VALUES:
            raise TooLarge(what="Bytes of arrays", count=self.unpacked, limit=MOST_VALUES)
        if packed:
            content = zlib.decompressobj().decompress(content, size) if size else b""
        if len(content) != size:
            raise ValueError(f"an array of {len(content):,} bytes instead of {size:,}")
        return np.frombuffer(content, dtype)


def _parse_text(text: str) -> Record:
    """`Name: value, value {` … `}`. Long arrays are `Name: *count { a: 1,2,3 }`."""
    root = Record("")
    stack, current, count, at = [root], root, 0, 0
    text = COMMENT.sub("", text)
    while token := TOKEN.search(text, at):
        at = token.end()
        kind, said = token.lastgroup, token[0]
        if kind == "key":
            count += 1
            if count > MOST_RECORDS:
                raise TooLarge(what="Records in the FBX", count=count, limit=MOST_RECORDS)
            current = Record(token["key"])
            stack[-1].children.append(current)
        elif kind == "count" and (array := ARRAY.match(text, at)):
            current.values.append(_text_array(current.name, int(said[1:]), array["numbers"]))
            at = array.end()
        elif said == "{":
            stack.append(current)
            if len(stack) > DEEPEST:
                raise InvalidModel(reason=f"The FBX nests records deeper than {DEEPEST}")
        elif said == "}":
            if len(stack) == 1:
                raise InvalidModel(reason="The FBX closes more braces than it opens")
            current = stack.pop()
        elif kind in READ:
            current.values.append(READ[kind](said))
    if len(stack) > 1:
        raise InvalidModel(reason="The FBX is truncated: it ends within a record")
    header = root.first("FBXHeaderExtension")
    version = header.first("FBXVersion") if header is not None else None
    _check_version(version.whole() or 0 if version is not None else 0)
    return root


def _text_array(name: str, count: int, text: str) -> NDArray[np.float64]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's word for other text
            found = np.fromstring(text, np.float64, sep=",")
    except (DeprecationWarning, ValueError) as error:
        raise InvalidModel(reason=f"{name} holds text where numbers should be") from error
    if len(found) != count:
        raise InvalidModel(reason=f"{name} has {len(found):,} numbers instead of {count:,}")
    return found


def _number(said: str) -> int | float:
    try:
        return int(said)
    except ValueError:
        return float(said)


READ: dict[str | None, Callable[[str], Any]] = {
    "text": lambda said: said[1:-1].replace("&quot;", '"'),
    "number": _number,
    "word": str,
}


def _check_version(version: int) -> None:
    if version < OLDEST:
        raise UnsupportedModel(
            found=f"It is FBX of version {version}, older than 7.0 (2011)",
            remedy="Export it as FBX 2013 or newer, or as GLB.",
        )
