"""Pictures of the original, and how like it a made file looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import RenderFailed
from assets_pipeline.making import Made
from assets_pipeline.measure.ssim import ssim
from assets_pipeline.model import Json, Model
from assets_pipeline.proof import picture_proof
from assets_pipeline.render import VIEWS, Frame, Picture, Renderer, View, posters, webp
from assets_pipeline.transforms import bounds
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.twins import plain_pictures, twin_pictures

Pixels = NDArray[np.uint8]
QUALITY = 86  # of a proof's pictures
SIZE = 512  # pixels of theirs


@dataclass
class Looks:
    """Draws one input and what was made of it; puts the pictures into `folder`.

    `files` lists them, `views` pairs them. What cannot be drawn is left out, and `notes` says so.
    """

    renderer: Renderer | None
    model: Model
    folder: Path
    notes: list[str] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    views: list[Json] = field(default_factory=list)
    _before: dict[View, Pixels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frame = _frame(self.model)
        self._glb, self._ground = b"", uuid4().hex
        if self.renderer is not None and self.frame is not None:
            self._glb = GlbWriter().write(self.model, plain_pictures(self.model))
            self._before = self._draw(self.renderer, self._glb)
        for view, pixels in self._before.items():
            name = f"before.{view.name}.webp"
            self._keep("proof", _picture(name, pixels))
            self.views.append({"name": view.name, "before": name, "after": {}})

    def likeness(self, made: Made) -> Mapping[str, float] | None:
        """SSIM of red, green and blue by view; None where there is nothing to compare."""
        writer = made.profile.recipe.writer
        if self.renderer is None or not self._before or not isinstance(writer, GlbWriter):
            return None
        twins = twin_pictures(made.pictures, made.model)
        after = self._draw(self.renderer, writer.write(made.model, twins))
        if made.lod == 0:
            self._pair(made.profile.name, after)
        return {
            view.name: ssim(self._before[view][..., :3], pixels[..., :3])
            for view, pixels in after.items()
        } or None

    def posters(self, threads: int) -> None:
        """Of the model as it comes and of each variant."""
        if self.renderer is None or not self._before:
            return
        try:
            drawn = posters(
                self.renderer,
                self._glb,
                self.model.variants,
                frame=self.frame,
                ground=self._ground,
                threads=threads,
            )
        except RenderFailed as error:
            self.notes.append(str(error))
            return
        for picture in drawn:
            self._keep("poster", picture)

    def _pair(self, profile: str, after: Mapping[View, Pixels]) -> None:
        drawn = {view.name: pixels for view, pixels in after.items()}
        for entry in self.views:
            if entry["name"] in drawn:
                name = f"after.{profile}.{entry['name']}.webp"
                entry["after"][profile] = name
                self._keep("proof", _picture(name, drawn[entry["name"]]))

    def _draw(self, renderer: Renderer, glb: bytes) -> dict[View, Pixels]:
        try:
            pictures = renderer.views(glb, size=SIZE, frame=self.frame, ground=self._ground)
        except RenderFailed as error:
            self.notes.append(str(error))
            return {}
        return dict(zip(VIEWS, pictures, strict=True))

    def _keep(self, profile: str, picture: Picture) -> None:
        (self.folder / picture.name).write_bytes(picture.content)
        size = (picture.width, picture.height)
        self.files.append(
            picture_proof(
                picture.name, picture.content, picture.media_type, size, picture.variant, profile
            )
        )


def _frame(model: Model) -> Frame | None:
    corners = bounds(model)
    if corners is None:
        return None
    (a, b, c), (d, e, f) = corners[0].tolist(), corners[1].tolist()
    return Frame((a, b, c), (d, e, f))


def _picture(name: str, pixels: Pixels) -> Picture:
    height, width = pixels.shape[:2]
    content = webp(pixels[..., :3], QUALITY)
    return Picture(name, content, "image/webp", None, width, height)
