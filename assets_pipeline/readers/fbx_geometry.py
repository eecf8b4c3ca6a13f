"""FBX's meshes as primitives, one for each material."""

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Primitive, Values
from assets_pipeline.readers.fbx_nodes import Record
from assets_pipeline.readers.polygons import Whole, better_diagonals, fans, indexed
from assets_pipeline.readers.shapes import linear_colours

Stream = tuple[Values, Whole]  # values, and for each corner which of them


class GeometryReader:
    def __init__(self, geometry: Record) -> None:
        self.geometry = geometry
        self.points = _rows(geometry.array("Vertices"), 3)
        said = _whole(geometry.array("PolygonVertexIndex"))
        ends = np.flatnonzero(said < 0)  # the last corner of a polygon is written as −1 − corner
        said = said[: ends[-1] + 1] if len(ends) else said[:0]
        self.corners: Whole = np.where(said < 0, -1 - said, said)
        self.counts: Whole = np.diff(ends, prepend=-1)
        self.faces: Whole = np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def uv_names(self) -> list[str]:
        return [layer.word("Name") for layer in self.geometry.all("LayerElementUV")]

    def primitives(self, materials: list[int]) -> list[Primitive]:
        """`materials` are those of the model, in the order that the layer counts."""
        if not len(self.corners):
            return []
        chosen, polygon = fans(self.counts)
        if self.corners.max() < len(self.points):
            shown = self.points[self.corners]
            chosen = better_diagonals(chosen, polygon, self.counts, shown)
        streams = {"POSITION": (Values(self.points, "VEC3"), self.corners), **self._layers()}
        slots = np.clip(self._materials(), 0, len(materials) - 1)
        made = []
        for slot in np.unique(slots).tolist():
            rows = chosen.reshape(-1, 3)[slots[polygon] == slot].ravel()
            if len(rows):
                taken = {name: (values, which[rows]) for name, (values, which) in streams.items()}
                made.append(indexed(taken, materials[slot]))
        return made

    def _layers(self) -> dict[str, Stream]:
        found: dict[str, Stream] = {}
        normals = self.geometry.first("LayerElementNormal")
        if normals is not None and (stream := self._stream(normals, "Normal", 3)):
            found["NORMAL"] = Values(_unit(stream[0]), "VEC3"), stream[1]
        for number, layer in enumerate(self.geometry.all("LayerElementUV")):
            stream = self._stream(layer, "UV", 2, "UVIndex")
            if stream is None:
                stream = np.zeros((1, 2)), np.zeros_like(self.faces)
            rows, which = stream
            # FBX counts v upwards, glTF downwards from the picture's upper edge.
            uv = np.column_stack([rows[:, 0], 1 - rows[:, 1]])
            found[f"TEXCOORD_{number}"] = Values(uv, "VEC2"), which
        colours = self.geometry.first("LayerElementColor")
        stream = None if colours is None else self._stream(colours, "Colors", 4, "ColorIndex")
        if stream is not None and stream[0][:, :3].max(initial=0) > 0:  # black would hide all
            found["COLOR_0"] = linear_colours(np.nan_to_num(stream[0])), stream[1]
        return found

    def _stream(
        self, layer: Record, name: str, width: int, index: str | None = None
    ) -> tuple[NDArray[np.float64], Whole] | None:
        """A layer's rows and which of them each corner takes; None when it says nothing."""
        rows = _rows(layer.array(name if name != "Normal" else "Normals"), width)
        if not len(rows):
            return None
        which = self._which(layer.word("MappingInformationType"))
        if layer.word("ReferenceInformationType") in ("IndexToDirect", "Index"):
            # −1 says that a corner has none
            order = np.maximum(_whole(layer.array(index or f"{name}sIndex")), 0)
            if len(order):
                if int(which.max(initial=0)) >= len(order):
                    raise InvalidModel(reason=f"The layer {name} has too few indices")
                which = order[which]
        return rows, which

    def _which(self, mapping: str) -> Whole:
        """For each corner the element that it takes, before any index."""
        if mapping in ("ByVertice", "ByVertex"):
            return self.corners
        if mapping == "ByPolygon":
            return self.faces
        if mapping == "AllSame":
            return np.zeros_like(self.faces)
        return np.arange(len(self.faces))

    def _materials(self) -> Whole:
        """For each polygon the number of its material in the model's list."""
        layer = self.geometry.first("LayerElementMaterial")
        said = _whole(layer.array("Materials")) if layer is not None else np.empty(0, np.int64)
        if layer is None or not len(said) or layer.word("MappingInformationType") == "AllSame":
            return np.full(len(self.counts), said[0] if len(said) else 0)
        if len(said) < len(self.counts):
            raise InvalidModel(reason="The layer Materials names too few polygons")
        return said[: len(self.counts)]


def _rows(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if len(values) % width:
        raise InvalidModel(reason=f"{len(values):,} numbers are no rows of {width}")
    return np.asarray(values, np.float64).reshape(-1, width)


def _whole(values: NDArray[np.float64]) -> Whole:
    if values.dtype.kind == "f" and not (np.abs(values) < 2**53).all():
        raise InvalidModel(reason="An index is no number that can be counted")
    return values.astype(np.int64)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 0, rows / np.where(lengths > 0, lengths, 1), [0.0, 0.0, 1.0])
