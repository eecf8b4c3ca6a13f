"""COLLADA's meshes as primitives. Source: COLLADA 1.4.1, chapter 5, <mesh> and <polylist>."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Primitive, Values
from assets_pipeline.readers.collada_xml import Element
from assets_pipeline.readers.polygons import Whole, better_diagonals, fans, indexed
from assets_pipeline.readers.shapes import linear_colours

DRAWN = ("triangles", "polylist", "polygons", "trifans", "tristrips")
WIDTHS = {"POSITION": (3, 3), "NORMAL": (3, 3), "TEXCOORD": (2, 2), "COLOR": (3, 4)}
NAMES = {"POSITION": "POSITION", "NORMAL": "NORMAL"}
Find = Callable[[str], Element | None]
Material = Callable[[str, list[int]], int]  # by symbol, and the numbers of its UV sets


class MeshReader:
    """One <mesh>. `find` gives an element by its URL."""

    def __init__(self, mesh: Element, find: Find) -> None:
        self.mesh, self.find = mesh, find
        self._sources: dict[str, NDArray[np.float64]] = {}

    def primitives(self, material: Material) -> list[Primitive]:
        drawn = [e for e in self.mesh.children if e.name in DRAWN]
        made = [self._primitive(element, material) for element in drawn]
        return [primitive for primitive in made if primitive is not None]

    def _primitive(self, drawn: Element, material: Material) -> Primitive | None:
        inputs = self._inputs(drawn)
        if "POSITION" not in inputs:
            return None
        width = max(offset for offset, _ in inputs.values()) + 1
        width = max(width, *(_count(e, "offset") + 1 for e in drawn.all("input")))
        rows, counts = _corners(drawn, width)
        if not len(rows):
            return None
        chosen, polygon = fans(counts)
        offset, points = inputs["POSITION"]
        if len(points) and (corners := rows[:, offset]).max(initial=0) < len(points):
            chosen = better_diagonals(chosen, polygon, counts, points[corners])
        streams = {
            name: (_values(name, values), rows[chosen, offset])
            for name, (offset, values) in inputs.items()
        }
        return indexed(streams, material(drawn.get("material"), texcoord_sets(drawn)))

    def _inputs(self, drawn: Element) -> dict[str, tuple[int, NDArray[np.float64]]]:
        """By glTF's name: the offset within a corner, and the values that it counts in."""
        found: dict[str, tuple[int, NDArray[np.float64]]] = {}
        said: list[tuple[int, Element]] = []
        for entry in drawn.all("input"):
            offset = _count(entry, "offset")
            if entry.get("semantic") == "VERTEX":
                vertices = self.find(entry.get("source"))
                said += [(offset, e) for e in (vertices.all("input") if vertices else [])]
            else:
                said.append((offset, entry))
        sets = texcoord_sets(drawn)
        for offset, entry in said:
            semantic = entry.get("semantic")
            if semantic not in WIDTHS:
                continue
            name = NAMES.get(semantic, f"{semantic}_0")
            if semantic == "TEXCOORD":
                number = _count(entry, "set")
                name = f"TEXCOORD_{sets.index(number) if number in sets else 0}"
            if name not in found:
                found[name] = (offset, self._source(entry.get("source"), *WIDTHS[semantic]))
        return found

    def _source(self, url: str, fewest: int, most: int) -> NDArray[np.float64]:
        """The accessor's rows, `fewest` to `most` numbers wide."""
        if url not in self._sources:
            self._sources[url] = self._read_source(url)
        rows = self._sources[url]
        if rows.shape[1] < fewest:
            raise InvalidModel(
                reason=f"The source {url[:60]!r} has rows of {rows.shape[1]} numbers"
            )
        return rows[:, :most]

    def _read_source(self, url: str) -> NDArray[np.float64]:
        source = self.find(url)
        accessor = source.first("technique_common", "accessor") if source else None
        array = self.find(accessor.get("source")) if accessor else None
        if source is None or accessor is None or array is None:
            raise InvalidModel(reason=f"The source {url[:60]!r} is missing or has no numbers")
        stride = max(1, _count(accessor, "stride", 1))
        values = array.numbers()[_count(accessor, "offset") :]
        count = min(_count(accessor, "count"), len(values) // stride)
        return values[: count * stride].reshape(count, stride)


def texcoord_sets(drawn: Element) -> list[int]:
    """The numbers by which a primitive's <input>s call their texture coordinates, sorted: the
    first becomes TEXCOORD_0."""
    entries = drawn.all("input")
    return sorted({_count(e, "set") for e in entries if e.get("semantic") == "TEXCOORD"})


def _values(name: str, rows: NDArray[np.float64]) -> Values:
    if name.startswith("TEXCOORD"):
        # COLLADA counts v upwards, glTF downwards from the picture's upper edge.
        return Values(np.column_stack([rows[:, 0], 1 - rows[:, 1]]), "VEC2")
    if name.startswith("COLOR"):
        return linear_colours(np.nan_to_num(rows))
    return Values(_unit(rows) if name == "NORMAL" else rows, "VEC3")


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 0, rows / np.where(lengths > 0, lengths, 1), [0.0, 0.0, 1.0])


def _corners(drawn: Element, width: int) -> tuple[Whole, Whole]:
    """Corners (n, width) of all polygons, one after another, and how many each has."""
    lists = [p.counts() for p in drawn.all("p")]
    # A polygon with holes is read without them.
    lists += [p.counts() for ph in drawn.all("ph") for p in ph.all("p")[:1]]
    if any(len(p) % width for p in lists):
        raise InvalidModel(reason=f"<{drawn.name}> has corners of less than {width} numbers")
    rows = [p.reshape(-1, width) for p in lists]
    if drawn.name == "tristrips":
        rows = [_strip(strip) for strip in rows]
    whole = np.vstack(rows) if rows else np.empty((0, width), np.int64)
    if drawn.name in ("triangles", "tristrips"):
        counts = np.full(len(whole) // 3, 3)
    elif drawn.name == "polylist":
        said = drawn.first("vcount")
        counts = said.counts() if said is not None else np.empty(0, np.int64)
    else:
        counts = np.array([len(p) for p in rows], np.int64)
    if counts.sum() > len(whole):
        raise InvalidModel(reason=f"<{drawn.name}> counts more corners than it has")
    return whole, counts.astype(np.int64)


def _strip(rows: Whole) -> Whole:
    """A strip's triangles, every other one wound back."""
    if len(rows) < 3:
        return rows[:0]
    triangles = np.stack([rows[:-2], rows[1:-1], rows[2:]], axis=1)
    triangles[1::2] = triangles[1::2, [1, 0, 2]]
    return triangles.reshape(-1, rows.shape[1])


def _count(element: Element, name: str, default: int = 0) -> int:
    text = element.get(name, str(default))
    try:
        number = int(text)
    except ValueError as error:
        raise InvalidModel(reason=f"<{element.name}> has {name}={text[:40]!r}") from error
    if not 0 <= number < 2**31:
        raise InvalidModel(reason=f"<{element.name}> has {name}={number}")
    return number
