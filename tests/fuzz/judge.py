"""Builds damaged files as a user would, and says what each came to and what was wrong with it.

A fault is anything but a valid result or an error that tells the model's owner what is wrong:
crashes, limits of the process that were reached, files opened outside the input, leftovers.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assets_pipeline.builder import Options, build
from assets_pipeline.confine import ProcessLimits
from assets_pipeline.readers import read
from assets_pipeline.sandbox import DEVICES_WRITTEN, PROGRAMS, system_paths
from assets_pipeline.validator import validate
from tests.fuzz import canary
from tests.fuzz.cases import Case

BATCH = 40  # files per build
JOBS = 2
MEMORY_MB = 700  # on top of what this process has loaded
LIMITS = ProcessLimits(seconds=60.0, file_mb=64)  # on a busy machine, too
# Ends that tell the owner of a small file nothing.
CRASHES = {
    "converter-crashed", "out-of-memory", "timed-out", "output-too-large", "pipeline-error",
    "not-writable", "no-such-file", "unreadable-result",
}  # fmt: skip
# What the source says already, and no viewer minds.
PASSED_ON = {"SKIN_NO_COMMON_ROOT", "ACCESSOR_ANIMATION_INPUT_NON_INCREASING"}
LONGEST_DETAIL = 1_500  # letters of an error
OPENING = {"open", "os.listdir", "os.scandir"}
REACHING_OUT = {
    "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec",
    "os.system", "os.posix_spawn", "urllib.Request",
}  # fmt: skip


LOADED = (
    "trimesh.exchange.obj", "trimesh.exchange.stl", "trimesh.exchange.ply", "DracoPy",
    "imagecodecs", "pxr.Usd", "pxr.UsdGeom", "pxr.UsdShade", "cascadio", "pufbx", "scipy.ndimage",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    case: Case
    outcome: str  # "done", or the slug of the error
    faults: list[str] = field(default_factory=list)
    detail: str = ""
    profiles: tuple[str, ...] = ()  # that it was built for


class Watch:
    """Notes what children of this process open or reach outside of what they were given.

    Python tells of it by audit events; what C libraries open, the sandbox must stop.
    """

    def __init__(self, *allowed: Path) -> None:
        self._parent = os.getpid()
        self._allowed = tuple(map(str, (*system_paths(), *DEVICES_WRITTEN, *allowed)))
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this process
        sys.addaudithook(self._heard)

    def noted(self) -> dict[int, list[str]]:
        """What was noted since the last time, by the number of the process."""
        self._log.seek(0)
        lines = [json.loads(line) for line in self._log.read().splitlines()]
        self._log.seek(0)
        self._log.truncate()
        found: dict[int, list[str]] = {}
        for process, text in lines:
            found.setdefault(process, []).append(text)
        return found

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if os.getpid() == self._parent:
            return
        if event == "subprocess.Popen" and Path(arguments[0]).name in PROGRAMS:
            return
        if event in REACHING_OUT:
            self._note(f"{event} {arguments[:2]!r}")
        elif event in OPENING and isinstance(arguments[0], str | bytes | os.PathLike):
            if _is_beneath_a_folder(event, arguments):
                return
            path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - pathlib opens
            own = filter(None, [os.environ.get("TMPDIR")])
            if not path.startswith((*self._allowed, *own)) and path not in sys.path:
                self._note(f"{event} {path}")

    def _note(self, text: str) -> None:
        os.write(self._log.fileno(), json.dumps([os.getpid(), text[:300]]).encode() + b"\n")


def _is_beneath_a_folder(event: str, arguments: tuple[Any, ...]) -> bool:
    """`os.open(name, dir_fd=…)`, as shutil.rmtree does it: the event leaves out the folder."""
    return (
        event == "open"
        and arguments[1] is None
        and not Path(os.fsdecode(arguments[0])).is_absolute()
    )


@dataclass(frozen=True)
class Judge:
    """`folder` is for the files to try and for what comes of them."""

    folder: Path
    watch: Watch

    def judge(self, cases: Sequence[Case]) -> Iterator[Verdict]:
        """Builds them all; gives a verdict on each as its end is known, in order."""
        inputs, out = self.folder / "in", self.folder / "out"
        inputs.mkdir(exist_ok=True)
        paths = [inputs / case.name for case in cases]
        for path, case in zip(paths, cases, strict=True):
            path.write_bytes(case.content)
        profiles = profiles_of(cases[0].number)
        limits = ProcessLimits(_own_megabytes() + MEMORY_MB, LIMITS.seconds, LIMITS.file_mb)
        options = Options(
            profiles, pictures=False, checks=False, force=True, jobs=JOBS, threads=1, limits=limits
        )
        ends: dict[str, list[Any]] = {case.name: [] for case in cases}
        for event in build(paths, out, options):
            if event["event"] in ("done", "failed"):
                ends[event["input"]].append(event)
        invalid = _invalid(out)
        left = self._left_behind(out, ends)
        for case in cases:
            verdict = self._verdict(case, ends[case.name], invalid, left)
            yield replace(verdict, profiles=profiles)
        _remove(inputs)
        _remove(out)

    def _verdict(
        self, case: Case, ends: list[Any], invalid: dict[str, str], left: list[str]
    ) -> Verdict:
        faults = [] if len(ends) == 1 else [f"it ended {len(ends)} times"]
        stem = Path(case.name).stem
        faults += [text for text in left if stem in text]
        if not ends or ends[0]["event"] == "done":
            faults += [invalid[stem]] if stem in invalid else []
            return Verdict(case, "done" if ends else "nothing", faults)
        error = ends[0]["error"]
        if error["type"] in CRASHES:
            faults.append(f"{error['type']}: {error['detail']}")
        return Verdict(case, error["type"], [*faults, *_unclear(error)], error["detail"])

    def _left_behind(self, out: Path, ends: dict[str, list[Any]]) -> list[str]:
        """Files beside the results, in words that hold the case's number."""
        done = {Path(name).stem for name, events in ends.items() for e in events if "folder" in e}
        found = [p.name for p in out.iterdir() if p.name not in done] if out.exists() else []
        return [f"it left {name} behind" for name in found]


def profiles_of(number: int) -> tuple[str, ...]:
    """A batch has them all in common; a case that is tried again by itself has its batch's."""
    return ("universal", "preview") if number // BATCH % 4 else ("preview",)


def faults_of_all(watch: Watch) -> list[str]:
    """What went wrong that no single case can be blamed for."""
    faults = [f"process {p}: {text}" for p, texts in watch.noted().items() for text in set(texts)]
    left = [path.name for path in Path(tempfile.gettempdir()).iterdir()]
    faults += [f"{name} was left among the temporary files" for name in left]
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if children.exists() and (running := children.read_text().split()):
        faults.append(f"processes were left: {', '.join(running)}")
    return faults


def _unclear(error: Any) -> Iterable[str]:
    """Why a person would not understand this error, or should not see it."""
    detail = error["detail"]
    if len(detail) > LONGEST_DETAIL:
        yield f"an error of {len(detail)} letters"
    if any(not letter.isprintable() for letter in detail):
        yield f"an error with letters that cannot be shown: {ascii(detail)[:200]}"
    if canary.WORDS.decode() in detail:
        yield "the error tells a secret"


def _invalid(out: Path) -> dict[str, str]:
    """What the Khronos validator and the canary say against results, by their folders."""
    files = sorted(out.glob("*/*.glb"))
    found = {}
    for path, report in zip(files, validate([(p, read(p)) for p in files]), strict=True):
        wrong = [m for m in report.get("messages", []) if m["severity"] == 0]
        if first := next((m for m in wrong if m["code"] not in PASSED_ON), None):
            found[path.parent.name] = f"{path.name} is invalid: {first}"
    for path in out.glob("*/*"):
        if canary.WORDS in path.read_bytes():
            found[path.parent.name] = f"{path.name} holds a secret"
    return found


def _own_megabytes() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 2048
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmSize"))
    return int(line.split()[1]) // 1024


def load_readers() -> None:
    """What readers import when they need it takes a second or two: here once, for all children."""
    for name in LOADED:
        with suppress(ImportError):  # an extra that is not here
            importlib.import_module(name)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
