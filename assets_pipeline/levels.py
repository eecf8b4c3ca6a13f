"""Levels of detail: the same model with fewer triangles, for where it is seen smaller.

For each level several simplifiers compete. The one whose pictures are most like those of the whole
model wins; without a renderer, the one whose surface is nearest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import RenderFailed
from assets_pipeline.measure.deviation import Deviation, Sampled, deviation, surface
from assets_pipeline.measure.ssim import ssim
from assets_pipeline.meshoptimizer import SimplifierFailed
from assets_pipeline.model import Model
from assets_pipeline.passes import ResizeTextures
from assets_pipeline.passes.sewing import Sewn, sew
from assets_pipeline.passes.simplify import COARSE, METHODS, TOLERANCE, simplified, triangles
from assets_pipeline.programs import MissingProgram
from assets_pipeline.recipes import Lod
from assets_pipeline.render import Background, Frame, Renderer
from assets_pipeline.transforms import bounds
from assets_pipeline.writers.glb import File, GlbWriter
from assets_pipeline.writers.twins import plain_pictures

SIZE = 320  # pixels of the pictures that candidates are compared by: as far as a level is
TEXTURE_SIZE = 512  # of those pictures: about a texel a pixel, and a fraction of the upload
GLANCE, SAMPLES = 4_000, 15_000  # points of a surface: to compare candidates, to tell of one
DISPLAY_HEIGHT = 2208  # pixels: an eye of Meta Quest 3, the densest view a level is shown in

FITTING_TRIES = 6
FITTING_STEP = 0.93  # of the triangles that the room would take: fewer weigh more each
PICTURES_SHARE = 2 / 3
LEAST_TEXTURE = 64  # pixels

Views = list[NDArray[np.uint8]]
Write = Callable[[Model, int], tuple[bytes, int]]


@dataclass(frozen=True)
class Candidate:
    """What one simplifier made. `ssim` is None where no pictures could be drawn."""

    simplifier: str
    triangles: int
    ssim: float | None
    deviation: Deviation | None  # measured where pictures are not, and for the winner


@dataclass(frozen=True, eq=False)
class Level:
    """A winner. Its model is plain floats, and has all of the source but triangles."""

    model: Model
    lod: Lod
    triangles: int
    deviation: Deviation
    screen_size: float
    simplifier: str
    candidates: tuple[Candidate, ...]


def make_levels(
    model: Model, wanted: Sequence[Lod], renderer: Renderer | None, *, notes: list[str]
) -> list[Level]:
    """The levels in the order asked for. What could not be done as meant is said in `notes`."""
    if not wanted:
        return []
    studio = Studio.of(model, renderer, notes)
    sewn, source = sew(model), Sampled(surface(model), SAMPLES)
    return [_level(sewn, source, lod, studio, notes) for lod in wanted]


def screen_size(off: Deviation, box: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
    """The part of the view's height below which the model may be shown by this level: there, what
    is furthest off is off by one pixel.

    A model of height h that covers a part s of a view of H pixels has s × H / h pixels per metre,
    so s = h / (deviation × H). As height counts the box's diagonal, which turning does not change.
    Source: the pixel error of Luebke et al. 2002, "Level of Detail for 3D Graphics", chapter 3.
    """
    diagonal = float(np.linalg.norm(box[1] - box[0]))
    metres = off.most_mm / 1000
    return 1.0 if metres * DISPLAY_HEIGHT <= diagonal else diagonal / (metres * DISPLAY_HEIGHT)


class Studio:
    """Compares pictures of a model with those of simpler ones, by even light and small textures."""

    def __init__(self, renderer: Renderer, pictures: list[File], model: Model) -> None:
        corners = bounds(model)
        self._renderer, self._pictures = renderer, pictures
        self._frame = None if corners is None else Frame(_vector(corners[0]), _vector(corners[1]))
        self._whole = self._views(model)

    @staticmethod
    def of(model: Model, renderer: Renderer | None, notes: list[str]) -> "Studio | None":
        """None where pictures cannot be made; the notes say why."""
        if renderer is None:
            notes.append("Levels are chosen by measured deviation: no pictures can be drawn here.")
            return None
        try:
            return Studio(renderer, plain_pictures(ResizeTextures(TEXTURE_SIZE)(model)), model)
        except RenderFailed as failed:
            notes.append(f"Levels are chosen by measured deviation: {failed}")
            return None

    def likeness(self, model: Model) -> float | None:
        """The mean SSIM of the views; None where they could not be drawn."""
        try:
            views = self._views(model)
        except RenderFailed:
            return None
        pairs = zip(self._whole, views, strict=True)
        return float(np.mean([ssim(a, b) for a, b in pairs]))

    def _views(self, model: Model) -> Views:
        """(SIZE, SIZE, 3) each"""
        glb = GlbWriter().write(model, self._pictures)
        taken = self._renderer.views(glb, size=SIZE, background=Background.PLAIN, frame=self._frame)
        return [view[..., :3] for view in taken]


def _vector(numbers: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = map(float, numbers)
    return x, y, z


def _level(sewn: Sewn, source: Sampled, lod: Lod, studio: Studio | None, notes: list[str]) -> Level:
    made = _made(sewn, lod, notes)
    scores = [studio.likeness(model) if studio else None for _, model in made]
    seen = any(score is not None for score in scores)
    glance = Sampled(source.surface, GLANCE)
    off = [None if seen else deviation(glance, surface(model), samples=GLANCE) for _, model in made]
    best = _best(scores, off)
    name, model = made[best]
    off[best] = winner = deviation(source, surface(model), samples=SAMPLES)
    corners = bounds(model)
    return Level(
        model=model,
        lod=lod,
        triangles=triangles(model),
        deviation=winner,
        screen_size=1.0 if corners is None else screen_size(winner, corners),
        simplifier=name,
        candidates=tuple(
            Candidate(n, triangles(m), score, measured)
            for (n, m), score, measured in zip(made, scores, off, strict=True)
        ),
    )


def _made(sewn: Sewn, lod: Lod, notes: list[str]) -> list[tuple[str, Model]]:
    """What each simplifier makes, without those that stay far above the number asked for."""
    target = max(1, int(sewn.triangles * lod.ratio))
    made: list[tuple[str, Model]] = []
    for method in (*METHODS, COARSE):
        if method is COARSE and any(triangles(m) <= target * (1 + TOLERANCE) for _, m in made):
            break
        try:
            made.append((method.name, method(sewn, target)))
        except (MissingProgram, SimplifierFailed) as failed:
            notes.append(f"A level was made without {method.name}. {failed}")
    fewest = min((triangles(model) for _, model in made), default=0)
    enough = max(fewest, target) * (1 + TOLERANCE)
    kept = [(name, model) for name, model in made if triangles(model) <= enough]
    return kept or [("none", sewn.model)]


def _best(scores: list[float | None], off: list[Deviation | None]) -> int:
    """By pictures; where there are none, by distance."""
    if any(score is not None for score in scores):
        return int(np.argmax([-1.0 if score is None else score for score in scores]))
    return int(np.argmin([np.inf if d is None else d.most_mm for d in off]))


def fit_bytes(model: Model, most: int, texture_size: int, write: Write) -> bytes:
    """The file that `write` makes of the model, or of a simpler one that is at most `most` bytes.

    `write(model, texture_size)` answers the file and how many of its bytes are pictures. Those may
    take two thirds of the room; then triangles go, for what they measured to weigh. Gives the
    smallest of `FITTING_TRIES` files when none fits: the budget's check then says so.
    """
    made, pictures = write(model, texture_size)
    smallest, sewn, left = made, sew(model), triangles(model)
    for _ in range(FITTING_TRIES - 1):
        if len(smallest) <= most:
            break
        geometry = max(1, len(made) - pictures)
        if pictures > most * PICTURES_SHARE and texture_size > LEAST_TEXTURE:
            texture_size //= 2
        else:
            room = max(most - pictures, most // 10)
            left = max(1, min(left - 1, int(left * FITTING_STEP * room / geometry)))
            model = simplified(sewn, left)
        made, pictures = write(model, texture_size)
        smallest = min(smallest, made, key=len)
    return smallest
