"""A model being put together by a reader: parts are added and known by their numbers."""

import re
from collections.abc import Iterable
from dataclasses import replace

from assets_pipeline.axes import TURNS, in_basis
from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.model import Image, Mesh, Model, Node
from assets_pipeline.readers.checks import FARTHEST
from assets_pipeline.readers.pictures import picture
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.surface import Materials
from assets_pipeline.transforms import Matrix

MOST_WARNINGS = 20


class Assembly:
    """`limits` of the source hold while it grows, so that references to references cannot burst."""

    def __init__(self, source: Source, format: str) -> None:
        self.source, self.format = source, format
        self.looks = Materials()
        self.nodes: list[Node] = []
        self.meshes: list[Mesh] = []
        self.notes: dict[str, None] = {}
        self._pictures: dict[str, Image | None] = {}

    def node(self, node: Node) -> int:
        self.source.limits.check("Nodes", len(self.nodes) + 1, self.source.limits.nodes)
        parts = (node.matrix, node.translation, node.rotation, node.scale)
        if not all(abs(x) <= FARTHEST for part in parts if part for x in part):
            name = repr(node.name or len(self.nodes))
            raise InvalidModel(reason=f"Node {name} stands beyond {FARTHEST:g}, or not finite")
        self.nodes.append(node)
        return len(self.nodes) - 1

    def mesh(self, mesh: Mesh) -> int:
        self.meshes.append(mesh)
        return len(self.meshes) - 1

    def warn(self, text: str) -> None:
        self.notes[text] = None

    def picture(self, reference: str, data: bytes | None, by: str) -> Image | None:
        """The picture `data`, or what the archive has by that name; None, with a warning, when it
        is missing or nothing that can be read. `by` says in the warning who shows it."""
        if reference not in self._pictures:
            self._pictures[reference] = self._picture(reference, data, by)
        return self._pictures[reference]

    def _picture(self, reference: str, data: bytes | None, by: str) -> Image | None:
        data = data or self.source.find(reference)
        if not data:
            self.warn(f"The texture {reference!r} of {by} is missing; converted without it.")
            return None
        try:
            found = picture(data, f"The texture {reference}", self.source.limits)
        except (InvalidModel, UnsupportedModel) as error:
            self.warn(f"{error.detail.format(**error.facts)} Converted without it.")
            return None
        return replace(found, name=re.split(r"[/\\]", reference)[-1])

    def model(
        self, roots: Iterable[int], *, metres: float, up: str | Matrix, placed: bool = True
    ) -> Model:
        """The whole, in metres and +Y up. `metres` is what the file says that 1 means; `up` the
        axis that it says points up, or rows of glTF's axes in the file's."""
        if not 1e-9 < metres < 1e9:
            raise InvalidModel(reason=f"It says that its unit of length is {metres:g} m")
        model = Model(
            meshes=tuple(self.meshes),
            nodes=tuple(self.nodes),
            scenes=({"nodes": list(roots)},),
            scene=0,
            metres=metres,
            up=up if isinstance(up, str) else "y",
            placed=placed,
            format=self.format,
        )
        turn = TURNS[up] if isinstance(up, str) else up
        return in_basis(self.dressed(model), metres, turn)

    def dressed(self, model: Model) -> Model:
        """The model with the materials collected here, and the warnings."""
        notes = list(dict.fromkeys([*self.notes, *self.looks.warnings]))
        if len(notes) > MOST_WARNINGS:
            notes = [*notes[:MOST_WARNINGS], f"And {len(notes) - MOST_WARNINGS} more of the kind."]
        return replace(
            model,
            materials=tuple(self.looks.materials),
            textures=tuple(self.looks.textures),
            images=tuple(self.looks.images),
            samplers=tuple(self.looks.samplers),
            used=self.looks.used,
            warnings=tuple(notes),
        )
