"""USD's prims as nodes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdShade, UsdSkel

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Mesh, Model, Node
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.shapes import PLAIN_SURFACE
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.surface import Surface
from assets_pipeline.readers.usd_geometry import FIRST, MeshReader
from assets_pipeline.readers.usd_layers import Layers
from assets_pipeline.readers.usd_materials import MaterialReader

HIDDEN_PURPOSES = (UsdGeom.Tokens.proxy, UsdGeom.Tokens.guide)
STILL = Gf.Matrix4d(1.0)


class SceneReader:
    def __init__(self, source: Source, folder: Path) -> None:
        self.assembly = Assembly(source, "USD")
        self.layers = Layers(self.assembly, folder)
        stage = Usd.Stage.Open(str(self.layers.root))
        if stage is None:
            raise InvalidModel(reason="The USD cannot be opened")
        self.stage = stage
        self.places = UsdGeom.XformCache(FIRST)
        self.meshes: dict[str, int | None] = {}
        self.materials: dict[tuple[str, bool], tuple[int, tuple[str, ...]]] = {}

    def model(self) -> Model:
        roots = self.children(self.stage.GetPseudoRoot())
        if self.stage.HasAuthoredTimeCodeRange():
            self.assembly.warn("The USD's animation is not read: it shows its first moment.")
        return self.assembly.model(
            roots,
            metres=UsdGeom.GetStageMetersPerUnit(self.stage),
            up=str(UsdGeom.GetStageUpAxis(self.stage)).lower(),
        )

    def children(self, prim: Any) -> list[int]:
        inner = prim.GetFilteredChildren(Usd.TraverseInstanceProxies())
        return [node for child in inner if (node := self.node(child)) is not None]

    def node(self, prim: Any) -> int | None:
        """The number of the prim's node; None where nothing of it is to be seen."""
        if not prim.IsA(UsdGeom.Imageable) and prim.GetTypeName():
            return None  # materials and the like
        imageable = UsdGeom.Imageable(prim)
        if imageable:
            hidden = imageable.ComputeVisibility(FIRST) == UsdGeom.Tokens.invisible
            if hidden or imageable.ComputePurpose() in HIDDEN_PURPOSES:
                return None
        if prim.IsA(UsdGeom.PointInstancer):
            children = self.instances(UsdGeom.PointInstancer(prim))
        else:
            children = [] if prim.IsA(UsdGeom.Subset) else self.children(prim)
        mesh = self.mesh(prim)
        if mesh is None and not children:
            return None
        node = Node(prim.GetName(), tuple(children), mesh, matrix=self._matrix(prim))
        return self.assembly.node(node)

    def _matrix(self, prim: Any) -> tuple[float, ...] | None:
        """A prim's own transform. USD's rows are glTF's columns."""
        matrix, resets = self.places.GetLocalTransformation(prim)
        if resets:  # it counts from the world, whatever its parents do
            matrix = matrix * self.places.GetParentToWorldTransform(prim).GetInverse()
        return None if matrix == STILL else _flat(matrix)

    def instances(self, instancer: Any) -> list[int]:
        """A node for each instance, with a copy of its prototype's nodes; meshes are shared."""
        prim = instancer.GetPrim()
        paths = instancer.GetPrototypesRel().GetForwardedTargets()
        which = list(instancer.GetProtoIndicesAttr().Get(FIRST) or [])
        limits = self.assembly.source.limits
        limits.check("Instances", len(which), limits.nodes)
        matrices = instancer.ComputeInstanceTransformsAtTime(FIRST, FIRST)
        made = []
        for index, matrix in zip(which, matrices, strict=False):
            if not 0 <= index < len(paths):
                raise InvalidModel(reason=f"{prim.GetName()!r} places a prototype that is missing")
            shown = self.stage.GetPrimAtPath(paths[index])
            if shown and not shown.IsA(UsdGeom.PointInstancer):
                made.append(self._instance(shown, matrix))
        return [node for node in made if node is not None]

    def _instance(self, prim: Any, matrix: Any) -> int | None:
        children, mesh = self.children(prim), self.mesh(prim)
        if mesh is None and not children:
            return None
        return self.assembly.node(Node(prim.GetName(), tuple(children), mesh, matrix=_flat(matrix)))

    def mesh(self, prim: Any) -> int | None:
        if not prim.IsA(UsdGeom.Mesh):
            if prim.IsA(UsdGeom.Gprim):
                self.assembly.warn(f"{prim.GetTypeName()} is no mesh; converted without it.")
            return None
        own = prim.GetPrimInPrototype() if prim.IsInstanceProxy() else prim
        key = str(own.GetPath())
        if key not in self.meshes:
            self.meshes[key] = self._read_mesh(own)
        return self.meshes[key]

    def _read_mesh(self, prim: Any) -> int | None:
        mesh = UsdGeom.Mesh(prim)
        if UsdSkel.BindingAPI(prim).GetSkeletonRel().HasAuthoredTargets():
            self.assembly.warn("The USD's bones are not read: it is at rest.")
        scheme = mesh.GetSubdivisionSchemeAttr()
        if scheme.HasAuthoredValue() and scheme.Get() != UsdGeom.Tokens.none:
            self.assembly.warn("Subdivision surfaces are converted as the meshes that steer them.")
        both = bool(mesh.GetDoubleSidedAttr().Get(FIRST))
        primitives = MeshReader(mesh).primitives(lambda part: self.look(part, both))
        return self.assembly.mesh(Mesh(tuple(primitives), prim.GetName())) if primitives else None

    def look(self, prim: Any, both: bool) -> tuple[int, tuple[str, ...]]:
        """The number of what a prim is made of, and the UV sets that it reads."""
        material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        key = (str(material.GetPath()) if material else "", both)
        if not material and prim.IsA(UsdGeom.Mesh):
            shown = UsdGeom.Mesh(prim).GetDisplayColorPrimvar()
            key = ("coloured" if shown and shown.HasValue() else "", both)
        if key not in self.materials:
            surface, names = self._surface(key[0], material)
            number = self.assembly.looks.add(replace(surface, double_sided=both))
            self.materials[key] = number, names
        return self.materials[key]

    def _surface(self, key: str, material: Any) -> tuple[Surface, tuple[str, ...]]:
        if not material:
            return (PLAIN_SURFACE if not key else Surface("Coloured")), ()
        reader = MaterialReader(self.assembly, self.layers, material)
        surface = reader.surface()
        return surface, tuple(reader.uv_names)


def _flat(matrix: Any) -> tuple[float, ...]:
    return tuple(np.array(matrix, np.float64).ravel().tolist())
