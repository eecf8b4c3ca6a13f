"""A model's nodes and meshes as prims of a USD stage, in metres and +Y up as glTF has them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import TRIANGLES, Model, Primitive
from assets_pipeline.transforms import instances, local_matrix
from assets_pipeline.writers.preview_surface import UvSet
from assets_pipeline.writers.usd_materials import Materials, free_name, primvar_name

ROOT = "/Model"


class Scene:
    """Writes the default scene under ROOT, in one variant's materials."""

    def __init__(self, stage: Any, model: Model, materials: Materials, variant: int | None) -> None:
        self.stage, self.model, self.materials, self.variant = stage, model, materials, variant
        self._meshes: dict[tuple[int, int], str] = {}  # paths of those that are written

    def write(self) -> None:
        scenes = self.model.scenes
        shown = scenes[self.model.scene or 0].get("nodes", []) if scenes else self._roots()
        taken = {"Materials"}
        for index in shown:
            self._node(index, ROOT, taken)

    def _roots(self) -> list[int]:
        children = {child for node in self.model.nodes for child in node.children}
        return [i for i in range(len(self.model.nodes)) if i not in children]

    def _node(self, index: int, parent: str, taken: set[str]) -> None:
        """A node and all below it, without recursion: scenes may be deep."""
        todo = [(index, parent, taken)]
        while todo:
            index, parent, taken = todo.pop()
            node = self.model.nodes[index]
            path = self._xform(parent, node.name or f"node_{index}", local_matrix(node), taken)
            mine: set[str] = set()
            if node.mesh is not None and node.instancing:
                for number, matrix in enumerate(instances(node)):
                    place = self._xform(path, f"instance_{number}", matrix, mine)
                    self._mesh(node.mesh, place, set())
            elif node.mesh is not None:
                self._mesh(node.mesh, path, mine)
            todo += [(child, path, mine) for child in reversed(node.children)]

    def _xform(self, parent: str, name: str, matrix: NDArray[np.float64], taken: set[str]) -> str:
        from pxr import Gf, UsdGeom

        path = f"{parent}/{free_name(name, taken)}"
        xform = UsdGeom.Xform.Define(self.stage, path)
        if not path.endswith(f"/{name}"):
            xform.GetPrim().SetDisplayName(name)
        if not np.array_equal(matrix, np.eye(4)):
            xform.AddTransformOp().Set(Gf.Matrix4d(matrix.T.tolist()))  # USD multiplies rows
        return path

    def _mesh(self, index: int, parent: str, taken: set[str]) -> None:
        mesh = self.model.meshes[index]
        for number, primitive in enumerate(mesh.primitives):
            if primitive.mode != TRIANGLES or not primitive.draws:
                continue
            path = f"{parent}/{free_name(mesh.name or f'mesh_{index}', taken)}"
            first = self._meshes.setdefault((index, number), path)
            if first != path:
                self.stage.DefinePrim(path, "Mesh").GetReferences().AddInternalReference(first)
            else:
                self._primitive(primitive, path)

    def _primitive(self, primitive: Primitive, path: str) -> None:
        from pxr import UsdGeom, UsdShade, Vt

        mesh = UsdGeom.Mesh.Define(self.stage, path)
        points = primitive.attributes["POSITION"].floats()
        indices = primitive.indices
        if indices is None:
            indices = np.arange(len(points), dtype=np.uint32)
        used = indices[: len(indices) // 3 * 3].astype(np.int32)
        mesh.CreateSubdivisionSchemeAttr("none")
        mesh.CreatePointsAttr(_vectors(points))
        mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(used) // 3, 3, np.int32)))
        mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(used))
        mesh.CreateExtentAttr(_vectors(np.stack([points.min(axis=0), points.max(axis=0)])))
        if (normals := primitive.attributes.get("NORMAL")) is not None:
            mesh.CreateNormalsAttr(_vectors(normals.floats()))
            mesh.SetNormalsInterpolation("vertex")
        number = worn(primitive, self.variant)
        factor = self._base_factor(number)
        colours = self._colours(primitive, mesh, number, factor)
        material, uv_sets = self.materials.get(number, colours)
        mesh.CreateDoubleSidedAttr(self._double_sided(number))
        self._coordinates(primitive, mesh, uv_sets)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)

    def _coordinates(self, primitive: Primitive, mesh: Any, uv_sets: list[UvSet]) -> None:
        from pxr import Sdf, UsdGeom, Vt

        for number, uv in enumerate(uv_sets):
            values = primitive.attributes.get(f"TEXCOORD_{uv.number}")
            if values is None:
                continue
            primvar = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar(
                primvar_name(number), Sdf.ValueTypeNames.TexCoord2fArray, "vertex"
            )
            primvar.Set(Vt.Vec2fArray.FromNumpy(texture_coordinates(values.floats(), uv)))

    def _colours(
        self, primitive: Primitive, mesh: Any, material: int | None, factor: NDArray[np.float32]
    ) -> bool:
        """Vertex colours times the material's; only without a texture, which would hide them."""
        values = primitive.attributes.get("COLOR_0")
        if values is None or self._has_colour_texture(material):
            return False
        mesh.CreateDisplayColorPrimvar("vertex").Set(_vectors(values.floats()[:, :3] * factor))
        return True

    def _pbr(self, material: int | None) -> dict[str, Any]:
        json = {} if material is None else self.model.materials[material]
        return dict(json.get("pbrMetallicRoughness", {}))

    def _has_colour_texture(self, material: int | None) -> bool:
        return "baseColorTexture" in self._pbr(material)

    def _base_factor(self, material: int | None) -> NDArray[np.float32]:
        return np.array(self._pbr(material).get("baseColorFactor", (1, 1, 1, 1))[:3], np.float32)

    def _double_sided(self, material: int | None) -> bool:
        json = {} if material is None else self.model.materials[material]
        return bool(json.get("doubleSided", False))


def worn(primitive: Primitive, variant: int | None) -> int | None:
    """The material in a variant. Source: KHR_materials_variants."""
    for mapping in primitive.variant_mappings:
        if variant is not None and variant in mapping.get("variants", []):
            return int(mapping["material"])
    return primitive.material


def texture_coordinates(values: NDArray[np.float32], uv: UvSet) -> NDArray[np.float32]:
    """(n, 2) with the transform done and V counted upwards, as USD does.

    UsdTransform2d could leave the transform to the viewer, but Quick Look takes scale, rotation
    and translation in another order than USD's documentation, or those of the base colour for all.
    """
    cos, sin = np.cos(uv.rotation), np.sin(uv.rotation)
    u, v = (values[:, :2].astype(np.float64) * uv.scale).T
    turned = np.stack([cos * u + sin * v, cos * v - sin * u], axis=1) + uv.offset
    turned[:, 1] = 1 - turned[:, 1]
    return np.ascontiguousarray(turned, np.float32)


def _vectors(rows: NDArray[np.float32]) -> Any:
    from pxr import Vt

    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(rows[:, :3], np.float32))


def variant_number(model: Model, name: str | None) -> int | None:
    """Raises ValueError for a name that the model does not have."""
    return None if name is None else model.variants.index(name)
