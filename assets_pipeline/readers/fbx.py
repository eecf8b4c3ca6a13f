"""FBX of version 7.0 (2011) and newer, binary and text.

Own code, because no binding of ufbx that has a licence gives a mesh's points (pufbx 0.1.0 knows
nodes and animations only). Meshes under bones are shown at rest, and a warning says so.
"""

import numpy as np

from assets_pipeline.axes import column_major
from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Mesh, Model, Node
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.fbx_geometry import GeometryReader
from assets_pipeline.readers.fbx_materials import MaterialReader
from assets_pipeline.readers.fbx_nodes import Record, parse_records
from assets_pipeline.readers.fbx_objects import (
    Objects,
    Properties,
    number,
    plain_name,
    properties,
)
from assets_pipeline.readers.fbx_transform import geometric, local
from assets_pipeline.readers.shapes import PLAIN_SURFACE
from assets_pipeline.readers.source import Source
from assets_pipeline.transforms import Matrix

ROOT = 0  # the id that what stands in the scene is connected to
AXES = ("CoordAxis", "UpAxis", "FrontAxis")  # of the file, for glTF's x, y and z
USUAL_AXES = {"CoordAxis": 0, "UpAxis": 1, "FrontAxis": 2}
IGNORED = {"AnimationCurve": "animations", "Deformer": "bones and morphs"}


def read_fbx(source: Source) -> Model:
    """Raises InvalidModel, UnsupportedModel, TooLarge. Missing pictures are warnings."""
    return SceneReader(parse_records(source.data), source).model()


class SceneReader:
    def __init__(self, document: Record, source: Source) -> None:
        self.document = document
        self.assembly = Assembly(source, "FBX")
        self.objects = Objects(document)
        blender = _creator(document).startswith("Blender")
        self.looks = MaterialReader(self.assembly, self.objects, blender=blender)
        self.geometries: dict[int, GeometryReader] = {}
        self.meshes: dict[tuple[object, ...], int | None] = {}
        self.materials: dict[tuple[int, tuple[str, ...]], int] = {}

    def model(self) -> Model:
        settings = properties(self.document.first("GlobalSettings"))
        metres = number(settings, "UnitScaleFactor", 1.0) / 100  # it counts centimetres
        roots = self.children(ROOT, ())
        kinds = {record.name for record in self.objects.by_id.values()}
        for kind, said in IGNORED.items():
            if kind in kinds:
                self.assembly.warn(f"The FBX's {said} are not read: it is at rest.")
        return self.assembly.model(roots, metres=metres, up=_axes(settings))

    def children(self, parent: int, inside: tuple[int, ...]) -> list[int]:
        models = self.objects.inside(parent, "Model")
        record = self.objects.by_id.get(parent)
        if record is not None and record.text(2) == "LodGroup":
            models = models[:1]  # the finest; all of them would lie inside each other
        made = []
        for ident, model, _ in models:
            if ident in inside:
                raise InvalidModel(reason=f"The node {plain_name(model)!r} is its own ancestor")
            made.append(self.node(ident, model, (*inside, ident)))
        return made

    def node(self, ident: int, model: Record, inside: tuple[int, ...]) -> int:
        held = self.objects.properties(model)
        children = self.children(ident, inside)
        own = geometric(held)
        mesh = self.mesh(ident) if number(held, "Visibility", 1.0) > 0 else None
        if mesh is not None and not _still(own):
            children.append(self.assembly.node(Node(mesh=mesh, matrix=column_major(own))))
            mesh = None
        matrix = local(held)
        return self.assembly.node(
            Node(
                plain_name(model) or None,
                tuple(children),
                mesh,
                matrix=None if _still(matrix) else column_major(matrix),
            )
        )

    def mesh(self, ident: int) -> int | None:
        """The number of the mesh that a model shows; None without triangles."""
        found = self.objects.inside(ident, "Geometry")
        shown = next((entry for entry in found if entry[1].text(2) == "Mesh"), None)
        if shown is None:
            if found:
                self.assembly.warn(f"The FBX's {found[0][1].text(2)} is no mesh, and is not read.")
            return None
        number_of, geometry, _ = shown
        dressed = [(i, record) for i, record, _ in self.objects.inside(ident, "Material")]
        key = (number_of, *(i for i, _ in dressed))
        if key not in self.meshes:
            if number_of not in self.geometries:
                self.geometries[number_of] = GeometryReader(geometry)
            reader = self.geometries[number_of]
            materials = [self.material(i, record, reader.uv_names) for i, record in dressed]
            primitives = reader.primitives(materials or [self.plain()])
            made = Mesh(tuple(primitives), plain_name(geometry) or None)
            self.meshes[key] = self.assembly.mesh(made) if primitives else None
        return self.meshes[key]

    def material(self, ident: int, record: Record, uv_names: list[str]) -> int:
        key = (ident, tuple(uv_names))
        if key not in self.materials:
            surface = self.looks.surface(ident, record, uv_names)
            self.materials[key] = self.assembly.looks.add(surface)
        return self.materials[key]

    def plain(self) -> int:
        key = (ROOT, ())
        if key not in self.materials:
            self.materials[key] = self.assembly.looks.add(PLAIN_SURFACE)
        return self.materials[key]


def _creator(document: Record) -> str:
    """The program that wrote the file, as it says itself."""
    header = document.first("FBXHeaderExtension")
    info = header.first("SceneInfo") if header is not None else None
    vendor = properties(info).get("Original|ApplicationName", [""])
    said = str(vendor[0]) if vendor else ""
    return said or (header.word("Creator") if header is not None else "")


def _axes(settings: Properties) -> Matrix:
    """Rows are glTF's axes in the file's. Raises InvalidModel when they are not three."""
    rows = np.zeros((3, 3))
    for row, name in enumerate(AXES):
        axis = number(settings, name, USUAL_AXES[name])
        if axis not in (0, 1, 2):
            raise InvalidModel(reason=f"{name} is {axis:g}, and there are three axes")
        rows[row, int(axis)] = -1.0 if number(settings, f"{name}Sign", 1.0) < 0 else 1.0
    if abs(np.linalg.det(rows)) != 1:
        raise InvalidModel(reason="Two of its axes are the same")
    return rows


def _still(matrix: Matrix) -> bool:
    return bool(np.allclose(matrix, np.eye(4), atol=1e-12))
