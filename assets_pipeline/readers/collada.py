"""COLLADA (.dae): XML with meshes, effects and a scene.

Source: COLLADA 1.4.1 and 1.5. Meshes under bones are shown in their bind pose; what moves them is
not read, and a warning says so.
"""

import numpy as np

from assets_pipeline.axes import column_major
from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Mesh, Model, Node
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.collada_geometry import MeshReader
from assets_pipeline.readers.collada_materials import read_surface
from assets_pipeline.readers.collada_xml import Element, parse_tree
from assets_pipeline.readers.shapes import PLAIN_SURFACE
from assets_pipeline.readers.source import Source
from assets_pipeline.transforms import Matrix

UPS = {"X_UP": "x", "Y_UP": "y", "Z_UP": "z"}
GEOMETRY = ("instance_geometry", "instance_controller")
Bindings = dict[str, Element]  # by symbol: the <instance_material>


def read_collada(source: Source) -> Model:
    """Raises InvalidModel, TooLarge. Missing pictures are warnings."""
    document = parse_tree(source.data, source.name)
    return ColladaReader(document, source).model()


class ColladaReader:
    def __init__(self, document: Element, source: Source) -> None:
        self.document = document
        self.assembly = Assembly(source, "COLLADA")
        self.by_id = {e.get("id"): e for e in document.walk() if e.get("id")}
        tool = document.word("asset", "contributor", "authoring_tool")
        self.linear_light = tool.startswith("Blender")
        self.meshes: dict[tuple[object, ...], int | None] = {}
        self.materials: dict[tuple[object, ...], int] = {}

    def find(self, url: str) -> Element | None:
        return self.by_id.get(url.removeprefix("#"))

    def model(self) -> Model:
        unit = self.document.first("asset", "unit")
        try:
            metres = float(unit.get("meter", "1")) if unit is not None else 1.0
        except ValueError as error:
            raise InvalidModel(reason="Its unit of length is no number") from error
        up = UPS.get(self.document.word("asset", "up_axis") or "Y_UP", "y")
        shown = self.document.first("scene", "instance_visual_scene")
        scene = self.find(shown.get("url")) if shown is not None else None
        if scene is None:
            scene = self.document.first("library_visual_scenes", "visual_scene")
        roots = self.children(scene, ()) if scene is not None else self._loose()
        for library, what in (("library_animations", "animations"), ("library_lights", "lights")):
            if self.document.first(library, library[8:-1]) is not None:
                self.assembly.warn(f"The COLLADA's {what} are not read.")
        return self.assembly.model(roots, metres=metres, up=up)

    def children(self, parent: Element, inside: tuple[str, ...]) -> list[int]:
        made = []
        for child in parent.children:
            if child.name == "node":
                made.append(self.node(child, inside))
            elif child.name == "instance_node":
                made += self._instance(child.get("url"), inside)
        return made

    def node(self, element: Element, inside: tuple[str, ...]) -> int:
        matrix = _transform(element)
        shown = [mesh for e in element.children if e.name in GEOMETRY for mesh in self._shown(e)]
        children = self.children(element, inside)
        if len(shown) > 1:  # a glTF node has one mesh
            children += [self.assembly.node(Node(mesh=mesh)) for mesh in shown]
        return self.assembly.node(
            Node(
                name=element.get("name") or element.get("id") or None,
                children=tuple(children),
                mesh=shown[0] if len(shown) == 1 else None,
                matrix=None if np.array_equal(matrix, np.eye(4)) else column_major(matrix),
            )
        )

    def _instance(self, url: str, inside: tuple[str, ...]) -> list[int]:
        """A node of the library. `inside` are those on the way here."""
        found = self.find(url)
        if found is None:
            self.assembly.warn(f"The node {url[:60]!r} is missing.")
            return []
        if url in inside:
            raise InvalidModel(reason=f"The node {url[:60]!r} is part of itself")
        return [self.node(found, (*inside, url))]

    def _loose(self) -> list[int]:
        """Without a scene, every geometry once."""
        shown = [e for e in self.document.walk() if e.name == "geometry"]
        meshes = [self.mesh(geometry, {}, None) for geometry in shown]
        return [self.assembly.node(Node(mesh=mesh)) for mesh in meshes if mesh is not None]

    def _shown(self, instance: Element) -> list[int]:
        bound = instance.first("bind_material", "technique_common")
        bindings = {e.get("symbol"): e for e in (bound.all("instance_material") if bound else [])}
        geometry, bind = self.find(instance.get("url")), None
        while geometry is not None and geometry.name == "controller":
            # A skin names its mesh; a morph its base. Each names something else than itself,
            # or the chain ends at the one that was there before.
            held = geometry.first("skin") or geometry.first("morph")
            self.assembly.warn("The COLLADA's bones and morphs are not read: it is at rest.")
            if held is None or bind is not None:
                return []
            said = held.first("bind_shape_matrix")
            bind = np.eye(4) if said is None else _matrix(said)
            geometry = self.find(held.get("source"))
        mesh = None if geometry is None else self.mesh(geometry, bindings, bind)
        if geometry is None:
            self.assembly.warn(f"The geometry {instance.get('url')[:60]!r} is missing.")
        return [] if mesh is None else [mesh]

    def mesh(self, geometry: Element, bindings: Bindings, bind: Matrix | None) -> int | None:
        """The number of the geometry with these materials; None when it draws no triangles."""
        targets = tuple((symbol, e.get("target")) for symbol, e in bindings.items())
        key = (id(geometry), targets, None if bind is None else bind.tobytes())
        if key not in self.meshes:
            content = geometry.first("mesh")
            primitives = []
            if content is not None:
                primitives = MeshReader(content, self.find).primitives(
                    lambda symbol, sets: self.material(symbol, bindings.get(symbol), sets)
                )
            name = geometry.get("name") or geometry.get("id") or None
            made = Mesh(tuple(primitives), name)
            self.meshes[key] = self.assembly.mesh(made) if primitives else None
        return self.meshes[key]

    def material(self, symbol: str, binding: Element | None, sets: list[int]) -> int:
        target = binding.get("target") if binding is not None else symbol
        found = self.find(target)
        inputs = binding.all("bind_vertex_input") if binding is not None else []
        said = {e.get("semantic"): e.get("input_set", "0") for e in inputs}
        key = (target if found is not None else None, tuple(said.items()), tuple(sets))
        if key not in self.materials:

            def uv(name: str) -> int:
                number = said.get(name, "0")
                return next((i for i, known in enumerate(sets) if str(known) == number), 0)

            surface = PLAIN_SURFACE
            if found is not None and found.name == "material":
                surface = read_surface(
                    self.assembly, self.find, found, uv, linear_light=self.linear_light
                )
            self.materials[key] = self.assembly.looks.add(surface)
        return self.materials[key]


def _transform(node: Element) -> Matrix:
    """The product of a node's transforms, in the order that they are written."""
    whole = np.eye(4)
    for child in node.children:
        step = STEPS.get(child.name)
        if step is not None:
            whole = whole @ step(child)
    return whole


def _numbers(element: Element, count: int) -> list[float]:
    found = element.numbers().tolist()
    if len(found) != count:
        raise InvalidModel(reason=f"<{element.name}> has {len(found)} numbers instead of {count}")
    return [float(x) for x in found]


def _matrix(element: Element) -> Matrix:
    return np.array(_numbers(element, 16)).reshape(4, 4)


def _translate(element: Element) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = _numbers(element, 3)
    return matrix


def _scale(element: Element) -> Matrix:
    return np.diag([*_numbers(element, 3), 1.0])


def _rotate(element: Element) -> Matrix:
    """Axis and degrees. Source: Rodrigues' formula."""
    *axis, degrees = _numbers(element, 4)
    length = float(np.linalg.norm(axis))
    if length == 0:
        return np.eye(4)
    x, y, z = (a / length for a in axis)
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle) * across + (1 - np.cos(angle)) * across @ across
    return matrix


def _lookat(element: Element) -> Matrix:
    eye, target, up = np.array(_numbers(element, 9)).reshape(3, 3)
    back = _unit(eye - target)
    right = _unit(np.cross(up, back))
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([right, np.cross(back, right), back, eye])
    return matrix


def _unit(vector: Matrix) -> Matrix:
    length = np.linalg.norm(vector)
    return vector / length if length else vector


STEPS = {"matrix": _matrix, "translate": _translate, "scale": _scale, "rotate": _rotate,
         "lookat": _lookat}  # fmt: skip
