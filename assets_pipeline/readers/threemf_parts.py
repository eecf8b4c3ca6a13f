"""The XML of 3MF as arrays: one pass over it, nothing kept that is not needed."""

import posixpath
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Json
from assets_pipeline.readers.archive import Archive
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.xml import Attributes, parse_xml
from assets_pipeline.transforms import Matrix


@dataclass
class Shape:
    """An object: its triangles, or the objects that it is made of."""

    name: str | None
    kind: str
    group: str | None  # the properties of triangles that name none
    index: int
    points: "array[float]" = field(default_factory=lambda: array("d"))
    corners: "array[int]" = field(default_factory=lambda: array("q"))
    groups: list[str] = field(default_factory=list)  # that its triangles name
    properties: "array[int]" = field(default_factory=lambda: array("q"))  # group, p1, p2, p3 each
    parts: list["Placed"] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """An object somewhere: `matrix` 4×4 for column vectors."""

    part: str  # the file in the zip
    id: str
    matrix: Matrix


@dataclass
class Part:
    """One .model file."""

    unit: str = "millimeter"
    shapes: dict[str, Shape] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    items: list[Placed] = field(default_factory=list)


class PartReader:
    """Fills a Part from the events of its XML."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.limits = name, source.limits
        self.part = Part()
        self.shape: Shape | None = None
        self.group: Json = {}
        self.starts: dict[str, Callable[[Attributes], None]] = {
            "model": self._model, "object": self._object, "vertex": self._vertex,
            "triangle": self._triangle, "component": self._component, "item": self._item,
            "basematerials": self._begin("base"), "base": self._add,
            "colorgroup": self._begin("color"), "color": self._add,
            "texture2dgroup": self._begin("texture"), "tex2coord": self._add,
            "texture2d": self._texture, "multiproperties": self._begin("multi"),
            "multi": self._add, "pbmetallicdisplayproperties": self._begin("metallic"),
            "pbmetallic": self._add, "compositematerials": self._begin("composite"),
            "composite": self._add,
        }  # fmt: skip

    def read(self, archive: Archive) -> Part:
        if not archive.has(self.name):
            raise InvalidModel(reason=f"It refers to {self.name[:100]!r}, which is not in the 3MF")
        parse_xml(archive.chunks(self.name), self.name, self._start, lambda _: None)
        return self.part

    def _start(self, name: str, attributes: Attributes) -> None:
        handler = self.starts.get(name)
        if handler is not None:
            handler(attributes)

    def _model(self, attributes: Attributes) -> None:
        self.part.unit = attributes.get("unit", "millimeter")

    def _object(self, attributes: Attributes) -> None:
        self.shape = Shape(
            attributes.get("name"),
            attributes.get("type", "model"),
            attributes.get("pid"),
            int(attributes.get("pindex", 0)),
        )
        self.part.shapes[attributes["id"]] = self.shape

    def _vertex(self, attributes: Attributes) -> None:
        points = self._current().points
        points.extend((float(attributes["x"]), float(attributes["y"]), float(attributes["z"])))
        if len(points) > 3 * self.limits.vertices:
            self.limits.check("Vertices", len(points) // 3, self.limits.vertices)

    def _triangle(self, attributes: Attributes) -> None:
        shape = self._current()
        corners = shape.corners
        corners.extend((int(attributes["v1"]), int(attributes["v2"]), int(attributes["v3"])))
        if len(corners) > 3 * self.limits.triangles:
            self.limits.check("Triangles", len(corners) // 3, self.limits.triangles)
        if len(attributes) > 3 and "p1" in attributes:
            self._property(shape, attributes)

    def _property(self, shape: Shape, attributes: Attributes) -> None:
        """Rows are kept only for triangles that say something: most say nothing."""
        group = attributes.get("pid", shape.group or "")
        if group not in shape.groups:
            shape.groups.append(group)
        first = int(attributes["p1"])
        others = (int(attributes.get(name, first)) for name in ("p2", "p3"))
        number = len(shape.corners) // 3 - 1
        shape.properties.extend((number, shape.groups.index(group), first, *others))

    def _component(self, attributes: Attributes) -> None:
        self._current().parts.append(self._placed(attributes))

    def _item(self, attributes: Attributes) -> None:
        self.part.items.append(self._placed(attributes))

    def _placed(self, attributes: Attributes) -> Placed:
        elsewhere = next((v for k, v in attributes.items() if k.endswith(":path")), None)
        part = self.name if elsewhere is None else posixpath.normpath(elsewhere.lstrip("/"))
        return Placed(part, attributes["objectid"], _matrix(attributes.get("transform")))

    def _begin(self, kind: str) -> Callable[[Attributes], None]:
        def begin(attributes: Attributes) -> None:
            self.group = {"kind": kind, "entries": [], **attributes}
            self.part.groups[attributes["id"]] = self.group

        return begin

    def _add(self, attributes: Attributes) -> None:
        self.group["entries"].append(dict(attributes))

    def _texture(self, attributes: Attributes) -> None:
        self.part.groups[attributes["id"]] = {"kind": "picture", **attributes}

    def _current(self) -> Shape:
        if self.shape is None:
            raise ValueError("a mesh outside of an object")
        return self.shape


def _matrix(text: str | None) -> Matrix:
    """3MF writes four rows of three, for row vectors."""
    matrix = np.eye(4)
    if text is not None:
        matrix[:3, :] = np.array([float(x) for x in text.split()]).reshape(4, 3).T
    return matrix
