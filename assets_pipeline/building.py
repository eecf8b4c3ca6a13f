"""The `build` command once its words are understood: find the inputs, build, tell, count."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import typer

from assets_pipeline.builder import Input, Options, build
from assets_pipeline.confine import ProcessLimits
from assets_pipeline.errors import InvalidProfiles, UnknownProfile
from assets_pipeline.inputs import Found, NothingFound, SameFolder, find
from assets_pipeline.model import Json
from assets_pipeline.passes import Unit, Up
from assets_pipeline.recipes import PROFILES, Profile
from assets_pipeline.stopping import Stop
from assets_pipeline.writers.glb import Codec


@dataclass(frozen=True)
class Request:
    """The command's words as values; `limits` are megabytes, seconds, megabytes of a file."""

    inputs: tuple[str, ...]
    out: Path
    profiles: tuple[str, ...]
    profiles_file: Path | None
    jobs: int
    unit: str | None
    up: str | None
    codec: str | None
    khr: bool
    webp_only: bool
    levels: bool
    checks: bool
    pictures: bool
    simplify: bool
    strict: bool
    force: bool
    limits: tuple[int, float, int]

    def options(self) -> Options:
        """Raises typer.BadParameter."""
        try:
            custom: tuple[Profile, ...] = ()
            if self.profiles_file is not None:
                from assets_pipeline.profile_file import read_profiles

                custom = read_profiles(self.profiles_file)
            every = (*PROFILES, *(profile.name for profile in custom))
            options = Options(
                profiles=tuple(dict.fromkeys(self.profiles or every)),
                custom=custom,
                unit=None if self.unit is None else Unit(self.unit),
                up=None if self.up is None else Up(self.up),
                codec=cast(Codec | None, self.codec),
                khr=self.khr,
                webp_only=self.webp_only,
                simplify=self.simplify,
                levels=self.levels,
                checks=self.checks,
                pictures=self.pictures,
                force=self.force,
                jobs=self.jobs,
                limits=ProcessLimits(*self.limits),
            )
            options.wanted()
        except InvalidProfiles as error:
            raise typer.BadParameter(str(error), param_hint="--profiles-file") from error
        except UnknownProfile as error:
            raise typer.BadParameter(str(error), param_hint="--profile") from error
        return options

    def found(self) -> list[Found]:
        """Raises typer.BadParameter."""
        try:
            return find(self.inputs, self.out)
        except (NothingFound, SameFolder) as error:
            raise typer.BadParameter(f"{error}.", param_hint="INPUT") from error


@dataclass
class Summary:
    """What came of all inputs. Bytes are those of what was built now, in and out."""

    built: int = 0
    unchanged: int = 0
    failed: int = 0
    over_budget: int = 0  # files, of unchanged inputs too
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    _begun: float = field(default_factory=time.monotonic)

    def count(self, event: Json, sizes: dict[str, int]) -> None:
        self.seconds = round(time.monotonic() - self._begun, 3)
        if event["event"] == "failed":
            self.failed += 1
        if event["event"] != "done":
            return
        self.over_budget += sum(file.get("budget_passed") is False for file in event["files"])
        if event.get("unchanged"):
            self.unchanged += 1
            return
        self.built += 1
        self.bytes_in += sizes.get(event["input"], 0)
        self.bytes_out += sum(file["bytes"] for file in event["files"])

    def event(self) -> Json:
        facts = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        return {"event": "summary", **facts}


def run(request: Request, stop: Stop, as_json: bool) -> int:
    """The command's exit code. Raises typer.BadParameter."""
    options, found = request.options(), request.found()
    inputs = [Input(each.path, each.folder, each.name) for each in found]
    summary = Summary()
    with closing(build(inputs, request.out, options)) as events:
        counted = _counted(stop.watch(events), summary, _sizes(found))
        if as_json:
            _print_lines(counted)
            _print_lines([summary.event()])
        else:
            from assets_pipeline.terminal import show_build

            show_build(counted, len(inputs), summary.event)
    return 1 if summary.failed or (request.strict and summary.over_budget) else 0


def _sizes(found: Sequence[Found]) -> dict[str, int]:
    return {each.name: each.path.stat().st_size for each in found if each.path.is_file()}


def _counted(events: Iterable[Json], summary: Summary, sizes: dict[str, int]) -> Iterator[Json]:
    for event in events:
        summary.count(event, sizes)
        yield event


def _print_lines(events: Iterable[Json]) -> None:
    for event in events:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()
