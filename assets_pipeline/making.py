"""A profile's files, made of the prepared model."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from assets_pipeline.levels import Level, fit_bytes, make_levels
from assets_pipeline.model import Model
from assets_pipeline.passes import Quantize, ResizeTextures
from assets_pipeline.passes.simplify import triangles
from assets_pipeline.recipes import Profile, Recipe
from assets_pipeline.render import Renderer, slugs
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.pictures import EncodedPictures, File, Pending
from assets_pipeline.writers.usdz import UsdzWriter

LARGEST_TEXTURE = 1 << 20  # pixels: more than any picture has
WORTH_LEVELS = 1_000  # triangles; below, drawing the whole model costs a GPU nothing
Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Made:
    """One file, and what went into it: the model as it was written, and its encoded pictures."""

    profile: Profile
    name: str
    content: bytes
    model: Model
    pictures: list[File]
    lod: int = 0
    variant: str | None = None
    level: Level | None = None

    @property
    def is_glb(self) -> bool:
        return isinstance(self.profile.recipe.writer, GlbWriter)

    @property
    def bound_mm(self) -> float | None:
        """How far a vertex may have been moved, where the profile says."""
        if self.level is not None:
            return None
        tolerances = [s.tolerance for s in self.profile.recipe.geometry if isinstance(s, Quantize)]
        return 1000 * tolerances[0] if tolerances else None


@dataclass
class Maker:
    """Makes files of one prepared model; `notes` say what was done otherwise than asked for."""

    prepared: Model
    encoded: EncodedPictures
    renderer: Renderer | None
    notes: list[str]

    def files(self, profile: Profile, report: Report) -> Iterator[Made]:
        """Raises MissingExtra where what a profile is written with is not installed."""
        recipe, writer = profile.recipe, profile.recipe.writer
        lods = profile.lods if triangles(self.prepared) >= WORTH_LEVELS else ()
        share = 1 / (1 + len(lods))
        if isinstance(writer, UsdzWriter):
            model, pending = self.cooked(recipe, self.prepared, report)
            pictures = self.finished(pending, report)
            yield from self.packages(profile, writer, model, pictures)
            return
        yield self.main(profile, writer, _within(report, 0, share))
        if lods:
            report(share, "levels of detail")
        levels = make_levels(self.prepared, lods, self.renderer, notes=self.notes)
        for number, level in enumerate(levels, 1):
            seen = _within(report, share * number, share)
            at_level = smaller(recipe, level.lod.texture_size)
            content, model, pictures = self.glb(at_level, writer, level.model, seen)
            name = f"{profile.name}.lod{number}.glb"
            yield Made(profile, name, content, model, pictures, lod=number, level=level)

    def main(self, profile: Profile, writer: GlbWriter, report: Report) -> Made:
        """The profile's file; of one that is to fit its bytes, perhaps a simpler one."""
        tried: list[Made] = []

        def write(model: Model, texture_size: int) -> tuple[bytes, int]:
            recipe = smaller(profile.recipe, texture_size)
            content, cooked, pictures = self.glb(recipe, writer, model, report)
            tried.append(Made(profile, f"{profile.name}.glb", content, cooked, pictures))
            return content, sum(len(data) for data, _ in pictures)

        size = profile.budget.texture_size or LARGEST_TEXTURE
        if not profile.fitted:
            write(self.prepared, size)
            return tried[0]
        content = fit_bytes(self.prepared, profile.budget.bytes, size, write)
        return next(made for made in tried if made.content is content)

    def packages(
        self, profile: Profile, writer: UsdzWriter, model: Model, pictures: list[File]
    ) -> Iterator[Made]:
        """As the model comes, and one for each variant: their viewer has no switch between
        materials."""
        variants = zip(model.variants, slugs(model.variants), strict=True)
        for variant, name in [(None, "model.usdz"), *((v, f"model.{s}.usdz") for v, s in variants)]:
            content = writer.write(model, pictures, variant)
            self.note(f"{profile.name}: {said}." for said in writer.losses(model, variant))
            yield Made(profile, name, content, model, pictures, variant=variant)

    def glb(
        self, recipe: Recipe, writer: GlbWriter, model: Model, report: Report
    ) -> tuple[bytes, Model, list[File]]:
        model, pending = self.cooked(recipe, model, report)
        draft = writer.begin(model)
        pictures = self.finished(pending, report)
        return draft.finish(pictures), model, pictures

    def cooked(self, recipe: Recipe, model: Model, report: Report) -> tuple[Model, Pending]:
        """Pictures are encoded from here on, while geometry is worked on."""
        for step in recipe.textures:
            model = step(model)
        pending = self.encoded.begin(recipe.pictures, model)
        report(0.0, "geometry")
        for step in recipe.geometry:
            model = step(model)
        return model, pending

    def finished(self, pending: Pending, report: Report) -> list[File]:
        pictures = pending.finish(lambda done: report(0.95 * done, "textures"))
        self.note(pending.notes)
        return pictures

    def note(self, said: Iterable[str]) -> None:
        self.notes += [text for text in dict.fromkeys(said) if text not in self.notes]


def smaller(recipe: Recipe, texture_size: int) -> Recipe:
    """The recipe with textures of at most so many pixels a side."""
    textures = tuple(
        replace(step, max_size=min(step.max_size, texture_size))
        if isinstance(step, ResizeTextures)
        else step
        for step in recipe.textures
    )
    return replace(recipe, textures=textures)


def _within(report: Report, start: float, share: float) -> Report:
    return lambda done, step: report(start + share * done, step)
