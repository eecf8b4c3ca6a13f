"""What a build is asked for."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from assets_pipeline.confine import ProcessLimits
from assets_pipeline.errors import UnknownProfile
from assets_pipeline.passes import Unit, Up
from assets_pipeline.passes.simplify import Simplify
from assets_pipeline.recipes import PROFILES, Profile, compact_for_meshopt
from assets_pipeline.writers.glb import Codec, GlbWriter


@dataclass(frozen=True)
class Input:
    """A file, where below the output folder its results go, and what events call it.

    By default its stem, and its name.
    """

    path: Path
    folder: str = ""
    name: str = ""

    @classmethod
    def of(cls, entry: "Path | Input") -> "Input":
        found = entry if isinstance(entry, Input) else cls(entry)
        return cls(found.path, found.folder or found.path.stem, found.name or found.path.name)


@dataclass(frozen=True)
class Options:
    """`unit` and `up` go before what a format says or leaves open.

    `custom` are profiles of one's own; one of the same name takes the place of Vitrine's. `codec`
    and `khr` are for profiles that compress geometry at all, `webp_only` for those that would
    take AVIF. Without `simplify` no triangle of a profile's main file goes; without `levels` there
    are none of detail; without `pictures` nothing is rendered; without `checks` the proof has only
    what costs no time to know. `force` builds even what is up to date. `threads` None: the
    processors, shared by the jobs.
    """

    profiles: tuple[str, ...] = tuple(PROFILES)
    custom: tuple[Profile, ...] = ()
    unit: Unit | None = None
    up: Up | None = None
    codec: Codec | None = None
    khr: bool = False
    webp_only: bool = False
    simplify: bool = True
    levels: bool = True
    pictures: bool = True
    checks: bool = True
    force: bool = False
    jobs: int = 1
    threads: int | None = None
    limits: ProcessLimits = field(default_factory=ProcessLimits)

    def wanted(self) -> tuple[Profile, ...]:
        """The profiles to make, as this build wants them. Raises UnknownProfile."""
        known = PROFILES | {profile.name: profile for profile in self.custom}
        for name in self.profiles:
            if name not in known:
                raise UnknownProfile(name=name, known=", ".join(known))
        return tuple(self._adapted(known[name]) for name in dict.fromkeys(self.profiles))

    def facts(self) -> list[str]:
        """All that decides the output besides input and pipeline. Profiles are frozen values, so
        their texts are equal just when they are."""
        said = (self.unit, self.up, self.simplify, self.pictures, self.checks)
        return [*map(repr, sorted(self.wanted(), key=lambda p: p.name)), *map(repr, said)]

    def threads_each(self, inputs: int) -> int:
        """For one of the jobs that run at a time."""
        at_a_time = max(1, min(self.jobs, inputs))
        return self.threads or max(1, (os.cpu_count() or 1) // at_a_time)

    def _adapted(self, profile: Profile) -> Profile:
        recipe, writer = profile.recipe, profile.recipe.writer
        if isinstance(writer, GlbWriter) and writer.codec != "none":
            writer = replace(writer, codec=self.codec or writer.codec, khr=self.khr or writer.khr)
        pictures = recipe.pictures.without_avif() if self.webp_only else recipe.pictures
        geometry = recipe.geometry
        if self.codec == "meshopt":
            geometry = compact_for_meshopt(geometry)
        if not self.simplify:
            geometry = tuple(step for step in geometry if not isinstance(step, Simplify))
        adapted = replace(recipe, writer=writer, pictures=pictures, geometry=geometry)
        return replace(
            profile,
            recipe=adapted,
            fitted=profile.fitted and self.simplify,
            lods=profile.lods if self.levels else (),
        )
