"""USD's meshes as primitives, one for each material."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdShade

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Primitive, Values
from assets_pipeline.readers.polygons import Whole, better_diagonals, fans, indexed

FIRST = Usd.TimeCode.EarliestTime()
NORMALS = "primvars:normals"
# The number for a mesh's or subset's prim, and the names of UV sets that the material reads.
Look = Callable[[Any], tuple[int, tuple[str, ...]]]
Stream = tuple[Values, Whole]  # values, and for each corner which of them


class MeshReader:
    def __init__(self, mesh: Any) -> None:
        self.mesh = mesh
        self.points = _array(mesh.GetPointsAttr(), np.float64).reshape(-1, 3)
        self.counts: Whole = _array(mesh.GetFaceVertexCountsAttr(), np.int64)
        self.corners: Whole = _array(mesh.GetFaceVertexIndicesAttr(), np.int64)
        if len(self.counts) and self.counts.min() < 0:
            raise InvalidModel(reason=f"{self._name} has a face of less than no corners")
        if self.counts.sum() > len(self.corners):
            raise InvalidModel(reason=f"{self._name} counts more corners than it has")
        self.faces: Whole = np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def _name(self) -> str:
        return f"The mesh {self.mesh.GetPrim().GetName()!r}"

    def primitives(self, look: Look) -> list[Primitive]:
        streams = {"POSITION": (Values(self.points, "VEC3"), self.corners[: len(self.faces)])}
        if normals := self._normals():
            streams["NORMAL"] = normals
        chosen, polygon = self._triangles()
        made = []
        for prim, faces in self._parts():
            material, uv_names = look(prim)
            shown = np.isin(polygon, faces)
            rows = chosen.reshape(-1, 3)[shown].ravel()
            if not len(rows):
                continue
            whole = {**streams, **self._uvs(uv_names)}
            if colours := self._colours(prim):
                whole["COLOR_0"] = colours
            made.append(indexed({n: (v, which[rows]) for n, (v, which) in whole.items()}, material))
        return made

    def _triangles(self) -> tuple[Whole, Whole]:
        chosen, polygon = fans(self.counts)
        corners = self.corners[: len(self.faces)]
        if len(corners) and corners.min() >= 0 and corners.max() < len(self.points):
            chosen = better_diagonals(chosen, polygon, self.counts, self.points[corners])
        if self.mesh.GetOrientationAttr().Get(FIRST) == UsdGeom.Tokens.leftHanded:
            chosen = chosen.reshape(-1, 3)[:, ::-1].ravel()
        return chosen, polygon

    def _parts(self) -> Iterator[tuple[Any, Whole]]:
        """The faces of each material subset, and the rest. Holes are in none."""
        holes = _array(self.mesh.GetHoleIndicesAttr(), np.int64)
        left = np.setdiff1d(np.arange(len(self.counts)), holes)
        binding = UsdShade.MaterialBindingAPI(self.mesh.GetPrim())
        for subset in binding.GetMaterialBindSubsets():
            faces = np.intersect1d(_array(subset.GetIndicesAttr(), np.int64), left)
            left = np.setdiff1d(left, faces)
            yield subset.GetPrim(), faces
        yield self.mesh.GetPrim(), left

    def _normals(self) -> Stream | None:
        if self.mesh.GetSubdivisionSchemeAttr().Get(FIRST) != UsdGeom.Tokens.none:
            return None  # a subdivision surface has its own
        primvar = UsdGeom.PrimvarsAPI(self.mesh.GetPrim()).GetPrimvar(NORMALS)
        if primvar and primvar.HasValue():
            return self._stream(primvar, 3)
        attribute = self.mesh.GetNormalsAttr()
        rows = _array(attribute, np.float64)
        if not len(rows):
            return None
        which = self._which(self.mesh.GetNormalsInterpolation(), len(rows) // 3)
        return None if which is None else (Values(_unit(rows.reshape(-1, 3)), "VEC3"), which)

    def _uvs(self, names: tuple[str, ...]) -> dict[str, Stream]:
        found = {}
        primvars = UsdGeom.PrimvarsAPI(self.mesh.GetPrim())
        for number, name in enumerate(names):
            stream = self._stream(primvars.FindPrimvarWithInheritance(name), 2)
            if stream is None:  # glTF counts sets without gaps
                stream = (Values(np.zeros((1, 2)), "VEC2"), np.zeros(len(self.faces), np.int64))
            found[f"TEXCOORD_{number}"] = stream
        return found

    def _colours(self, prim: Any) -> Stream | None:
        """displayColor is what is seen where nothing else is said. It is linear light."""
        material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        primvar = self.mesh.GetDisplayColorPrimvar()
        if material or not primvar or not primvar.HasValue():
            return None
        stream = self._stream(primvar, 3)
        if stream is None:
            return None
        rows, which = stream
        light = np.clip(np.nan_to_num(rows.array), 0, 1)
        whole = np.round(np.column_stack([light, np.ones(len(light))]) * 65535)
        return Values(whole.astype(np.uint16), "VEC4", normalized=True), which

    def _stream(self, primvar: Any, width: int) -> Stream | None:
        """A primvar's rows and which of them each corner takes; None when it does not fit."""
        if not primvar or not primvar.HasValue():
            return None
        rows = _numbers(primvar.Get(FIRST), np.float64)
        if rows.size == 0 or rows.size % width or (rows.ndim > 1 and rows.shape[1] != width):
            return None
        rows = rows.reshape(-1, width)
        order = np.asarray(primvar.GetIndices(FIRST) or range(len(rows)), np.int64)
        which = self._which(primvar.GetInterpolation(), len(order))
        if which is None:
            return None
        if width == 2:
            rows = np.column_stack([rows[:, 0], 1 - rows[:, 1]])  # USD counts v upwards
        unit = _unit(rows) if primvar.GetName() == NORMALS else rows
        return Values(unit, f"VEC{width}"), order[which]

    def _which(self, interpolation: str, count: int) -> Whole | None:
        """For each corner the element that it takes of `count`; None when there are too few."""
        corners = self.corners[: len(self.faces)]
        which = {
            UsdGeom.Tokens.constant: np.zeros_like(self.faces),
            UsdGeom.Tokens.uniform: self.faces,
            UsdGeom.Tokens.faceVarying: np.arange(len(self.faces)),
        }.get(interpolation, corners)
        return which if len(which) and which.max() < count else None


def _array(attribute: Any, dtype: type) -> NDArray[Any]:
    value = attribute.Get(FIRST) if attribute else None
    return _numbers(value if value is not None else [], dtype).ravel()


def _numbers(value: Any, dtype: type) -> NDArray[Any]:
    """What a damaged layer says to be of a type of its own comes as an object, not as numbers."""
    try:
        return np.asarray(value, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidModel(reason="It has words where a mesh needs numbers") from error


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 0, rows / np.where(lengths > 0, lengths, 1), [0.0, 0.0, 1.0])
