"""3MF: what printers and slicers exchange. A zip with a model in XML.

Sources: 3MF Core 1.3; Materials and Properties 1.2 (colours, textures, metal); Production 1.1
(parts in files of their own).
"""

from dataclasses import replace

import numpy as np

from assets_pipeline.axes import column_major
from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Json, Mesh, Model, Node, Primitive, Values
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.packing import CLAMP, MIRROR, REPEAT, Map
from assets_pipeline.readers.polygons import Streams, Whole, indexed
from assets_pipeline.readers.shapes import PLAIN_SURFACE, linear_colours
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.surface import Surface, linear
from assets_pipeline.readers.threemf_parts import Part, PartReader, Placed, Shape

METRES = {"micron": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "inch": 0.0254, "foot": 0.3048,
          "meter": 1.0}  # fmt: skip
PRINTED_ONLY = ("support", "solidsupport", "other")
TILES = {"wrap": REPEAT, "mirror": MIRROR, "clamp": CLAMP, "none": CLAMP}
LONGEST_CHAIN = 16  # of properties that refer to properties


def read_threemf(source: Source) -> Model:
    """Raises InvalidModel, TooLarge. Slices, lattices and support are not read."""
    archive = source.archive
    if archive is None:
        raise InvalidModel(reason="A 3MF is a zip, and this is none")
    parts: dict[str, Part] = {}
    todo = [source.name]
    while todo:
        name = todo.pop()
        if name not in parts:
            parts[name] = PartReader(name, source).read(archive)
            shapes = parts[name].shapes.values()
            placed = [*parts[name].items, *(p for shape in shapes for p in shape.parts)]
            todo += [p.part for p in placed]
    root = parts[source.name]
    if root.unit not in METRES:
        raise InvalidModel(reason=f"It counts in {root.unit[:40]!r}, which is no unit of 3MF")
    assembly = Assembly(source, "3MF")
    try:
        built = Builder(assembly, parts).children(root.items, ())
    except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
        raise InvalidModel(
            reason=f"Its properties break 3MF's schema ({type(error).__name__}: {error})"
        ) from error
    top = assembly.node(Node(children=tuple(built)))
    return assembly.model([top], metres=METRES[root.unit], up="z", placed=False)


class Builder:
    """Objects become nodes and meshes, each mesh once."""

    def __init__(self, assembly: Assembly, parts: dict[str, Part]) -> None:
        self.assembly, self.parts = assembly, parts
        self.meshes: dict[tuple[str, str], int] = {}
        self.surfaces: dict[tuple[str, str, int], int] = {}

    def children(self, placed: list[Placed], inside: tuple[tuple[str, str], ...]) -> list[int]:
        return [node for one in placed if (node := self.node(one, inside)) is not None]

    def node(self, placed: Placed, inside: tuple[tuple[str, str], ...]) -> int | None:
        """`inside` are the objects on the way here: one that holds itself never ends."""
        key = (placed.part, placed.id)
        shape = self.parts[placed.part].shapes.get(placed.id)
        if shape is None:
            raise InvalidModel(reason=f"It places the object {placed.id[:40]!r}, which is missing")
        if key in inside:
            raise InvalidModel(reason=f"The object {placed.id[:40]!r} is part of itself")
        if shape.kind in PRINTED_ONLY:
            return None
        mesh = self.mesh(key, shape) if shape.corners else None
        children = tuple(self.children(shape.parts, (*inside, key)))
        still = np.array_equal(placed.matrix, np.eye(4))
        matrix = None if still else column_major(placed.matrix)
        return self.assembly.node(Node(shape.name, children, mesh, matrix=matrix))

    def mesh(self, key: tuple[str, str], shape: Shape) -> int:
        if key not in self.meshes:
            primitives = tuple(ShapeReader(self, key[0], shape).primitives())
            self.meshes[key] = self.assembly.mesh(Mesh(primitives, shape.name))
        return self.meshes[key]

    def material(self, part: str, group: str, index: int, surface: Surface) -> int:
        key = (part, group, index)
        if key not in self.surfaces:
            self.surfaces[key] = self.assembly.looks.add(surface)
        return self.surfaces[key]


class ShapeReader:
    """The triangles of one object, a primitive for each way that they look."""

    def __init__(self, builder: Builder, part: str, shape: Shape) -> None:
        self.builder, self.part, self.shape = builder, part, shape
        self.groups = builder.parts[part].groups
        self.points = Values(np.array(shape.points, np.float64).reshape(-1, 3), "VEC3")
        self.corners: Whole = np.array(shape.corners, np.int64).reshape(-1, 3)

    def primitives(self) -> list[Primitive]:
        names = [self.shape.group or "", *self.shape.groups]
        chosen = np.zeros(len(self.corners), np.int64)
        properties = np.full((len(self.corners), 3), self.shape.index, np.int64)
        rows = np.array(self.shape.properties, np.int64).reshape(-1, 5)
        chosen[rows[:, 0]], properties[rows[:, 0]] = rows[:, 1] + 1, rows[:, 2:]
        made: list[Primitive] = []
        for number in np.unique(chosen):
            mask = chosen == number
            made += self.look(names[number], self.corners[mask], properties[mask])
        return made

    def look(
        self, group: str, corners: Whole, properties: Whole, depth: int = 0
    ) -> list[Primitive]:
        """Triangles (n, 3) of one group; `properties` (n, 3) count in it."""
        found = self.groups.get(group, {})
        kind, held = found.get("kind"), found.get("entries", [])
        if held and (int(properties.min()) < 0 or int(properties.max()) >= len(held)):
            raise InvalidModel(reason=f"A triangle names a property that {group[:40]!r} lacks")
        if kind == "base" and held:
            return self.bases(group, found, corners, properties[:, 0])
        if kind == "color" and held:
            return [self.coloured(held, corners, properties)]
        if kind == "texture" and held:
            return [self.textured(group, found, corners, properties)]
        if kind in ("multi", "composite") and held and depth < LONGEST_CHAIN:
            inner, numbers = _inner(found)
            return self.look(inner, corners, numbers[properties], depth + 1)
        plain = self.builder.material("", "", 0, PLAIN_SURFACE)
        return [indexed({"POSITION": (self.points, corners.ravel())}, plain)]

    def bases(self, group: str, found: Json, corners: Whole, numbers: Whole) -> list[Primitive]:
        made = []
        metals = self.groups.get(found.get("displaypropertiesid", ""), {}).get("entries", [])
        for number in np.unique(numbers).tolist():
            entry = found["entries"][number]
            colour, alpha = _colour(entry.get("displaycolor", "#808080"))
            surface = Surface(entry.get("name", ""), linear(colour), alpha)
            if number < len(metals) and "metallicness" in metals[number]:
                surface = replace(
                    surface,
                    metallic=float(metals[number]["metallicness"]),
                    roughness=float(metals[number].get("roughness", 1)),
                )
            material = self.builder.material(self.part, group, number, surface)
            mask = numbers == number
            made.append(indexed({"POSITION": (self.points, corners[mask].ravel())}, material))
        return made

    def coloured(self, held: list[Json], corners: Whole, properties: Whole) -> Primitive:
        read = [_colour(entry.get("color", "#808080")) for entry in held]
        shades = linear_colours(np.array([[*rgb, alpha] for rgb, alpha in read]))
        alpha = min(alpha for _, alpha in read)
        # One glass colour makes glass of all: glTF has one mode for a material.
        surface = Surface("Colours", alpha=1.0 if alpha == 1 else 0.998)
        streams: Streams = {
            "POSITION": (self.points, corners.ravel()),
            "COLOR_0": (shades, properties.ravel()),
        }
        return indexed(streams, self.builder.material("", "colours", int(alpha == 1), surface))

    def textured(self, group: str, found: Json, corners: Whole, properties: Whole) -> Primitive:
        # 3MF counts v from the picture's lower edge, glTF from the upper.
        uv = np.array([[float(e["u"]), 1 - float(e["v"])] for e in found["entries"]], np.float32)
        streams: Streams = {
            "POSITION": (self.points, corners.ravel()),
            "TEXCOORD_0": (Values(uv, "VEC2"), properties.ravel()),
        }
        surface = Surface("Textured", colour_map=self.map(found.get("texid", "")))
        return indexed(streams, self.builder.material(self.part, group, 0, surface))

    def map(self, number: str) -> Map | None:
        texture = self.groups.get(number, {})
        path = str(texture.get("path", "")).lstrip("/")
        archive = self.builder.assembly.source.archive
        data = archive.read(path) if archive is not None and archive.has(path) else None
        image = self.builder.assembly.picture(path, data, "the 3MF")
        if image is None:
            return None
        wraps = (texture.get(f"tilestyle{axis}", "wrap") for axis in "uv")
        s, t = (TILES.get(style, REPEAT) for style in wraps)
        return Map(image, wrap=(s, t))


def _inner(found: Json) -> tuple[str, Whole]:
    """The group that counts of several on one triangle, and for each entry its number in it: the
    uppermost layer of multiproperties, the largest share of a composite material."""
    if found["kind"] == "multi":
        layer = len(found.get("pids", "").split()) - 1
        numbers = [e.get("pindices", "").split() for e in found["entries"]]
        group = found.get("pids", "").split()[layer]
        return group, np.array([int(n[layer]) if layer < len(n) else 0 for n in numbers])
    choices = [int(n) for n in found.get("matindices", "").split()]
    shares = [[float(x) for x in e.get("values", "").split()] for e in found["entries"]]
    return found.get("matid", ""), np.array([choices[int(np.argmax(row))] for row in shares])


def _colour(text: str) -> tuple[tuple[float, float, float], float]:
    """#RRGGBB or #RRGGBBAA in sRGB, as 0–1."""
    digits = bytes.fromhex(text.strip().lstrip("#"))
    if len(digits) not in (3, 4):
        raise InvalidModel(reason=f"{text[:40]!r} is no colour")
    r, g, b, a = (x / 255 for x in (*digits, 255)[:4])
    return (r, g, b), a
