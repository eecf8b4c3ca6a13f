"""Runs the asset pipeline as a process of its own: hostile models and huge memory stay outside."""

import asyncio
import contextlib
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from server.assets.asset import Built
from server.assets.blobs import Blobs
from server.assets.conversion import (
    ConversionCrashed,
    ConversionFailed,
    ConversionTimeout,
    Report,
)
from server.assets.file import Blob, File, FilesAway
from server.assets.scratch import Scratch
from server.errors import DiskFull, room_on_disk

PIPELINE: Final = (sys.executable, "-m", "assets_pipeline", "build")
TALK: Final = frozenset(  # files of the pipeline that no model passes through
    {
        *("__main__.py", "bundle.py", "cli.py", "sending.py", "terminal.py", "upload.py"),
        *("amounts.py", "markup.py", "page.py", "page_parts.py", "page_tables.py"),
    }
)
PROOF: Final = "proof"  # the profile of what is part of the proof
PROFILES: Final = ("web", "headset", "universal", "preview", "quick-look")
FOR_ROOMS: Final = frozenset({"web", "headset"})
GRACE_SECONDS: Final = 15.0  # beyond the pipeline's own limit, which can name the slow step
AWAY_SECONDS: Final = 1.0  # between two tries to store a file
TERM_SECONDS: Final = 2.0  # between asking a process group to end and killing it
CRASHES: Final = frozenset({"converter-crashed"})  # types of the pipeline's errors
MAX_LINE: Final = 1 << 20  # bytes of one line of the pipeline's report
LITTLE_BYTES: Final = 1 << 20  # with less on the disk, a conversion that failed shall be repeated
TAIL_BYTES: Final = 2000  # of the child's stderr, kept for the log
NEEDED: Final = re.compile(  # of the environment
    r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|VIRTUAL_ENV|LD_LIBRARY_PATH|PYTHON\w+|\w+_NUM_THREADS"
)
HOME: Final = Path(__file__).parents[2]  # where `python -m assets_pipeline` is found
log = structlog.get_logger()


class Done(msgspec.Struct):
    """The pipeline's last line about an input that went well."""

    folder: str
    files: list[File]
    proof: str | None = None
    page: str | None = None
    warnings: list[str] = []
    variants: list[str] = []
    dimensions: tuple[float, float, float] | None = None


class PipelineConverter:
    """One child process per conversion, in a process group that never outlives it."""

    def __init__(
        self,
        blobs: Blobs,
        work: Path,
        *,
        recipe: str,
        seconds: float,
        memory_mb: int,
        pictures: bool = True,
        command: Sequence[str] = PIPELINE,
        profiles: Sequence[str] = PROFILES,
    ) -> None:
        self.blobs = blobs
        self.work = Scratch(work)
        self.recipe = recipe
        self.seconds = seconds
        self.memory_mb = memory_mb
        self.pictures = pictures
        self.command = tuple(command)
        self.profiles = tuple(profiles)

    async def convert(
        self, source: str, filename: str, report: Report, *, furniture: bool = False
    ) -> Built:
        """See conversion.Converter; and raises DiskFull."""
        with (
            room_on_disk(),
            tempfile.TemporaryDirectory(dir=self.work.folder, ignore_cleanup_errors=True) as folder,
        ):
            model, output = _places(Path(folder), filename)
            try:
                await self.blobs.save(source, model)
            except FileNotFoundError as error:
                raise ConversionCrashed(reason="The uploaded model is not stored any more.") from (
                    error
                )
            try:
                async with asyncio.timeout(self.seconds + GRACE_SECONDS):
                    done = await self._build(model, output, report, furniture)
            except TimeoutError as error:
                raise ConversionTimeout(seconds=self.seconds) from error
            except (ConversionCrashed, ConversionFailed) as error:
                if shutil.disk_usage(output).free < LITTLE_BYTES:  # no fault of the model's
                    raise DiskFull(retry_after=5) from error
                raise
            return await self._collect(done, output)

    async def _build(self, model: Path, output: Path, report: Report, furniture: bool) -> Done:
        names = [name for name in self.profiles if not furniture or name in FOR_ROOMS]
        profiles = [argument for name in names for argument in ("--profile", name)]
        profiles += ["--no-pictures"] if furniture or not self.pictures else []
        profiles += ["--no-levels", "--no-checks"] if furniture else []  # nobody orders a wall
        limits = ["--memory-mb", str(self.memory_mb), "--seconds", f"{self.seconds:g}"]
        child = await asyncio.create_subprocess_exec(
            *self.command,
            *(
                str(model),
                "-o",
                str(output),
                "--json",
                "--debug",
                "--with-parent",
                *profiles,
                *limits,
            ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            cwd=HOME,
            env=_environment(),
            start_new_session=True,
        )
        assert child.stdout is not None  # noqa: S101 - both are pipes
        assert child.stderr is not None  # noqa: S101
        tail = asyncio.create_task(_tail(child.stderr))
        try:
            last = await _follow(child.stdout, report)
            if last is None:
                raise await self._crash(child, tail)
        finally:
            await _end(child)
            tail.cancel()
        if last.get("event") != "done":
            raise _failure(last.get("error"))
        try:
            return msgspec.convert(last, Done)
        except msgspec.ValidationError as error:
            reason = f"The pipeline's report is not understood: {error}."
            raise ConversionCrashed(reason=reason) from error

    async def _crash(
        self, child: asyncio.subprocess.Process, tail: "asyncio.Task[str]"
    ) -> ConversionCrashed:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):  # its output has ended, so it is about to
                await child.wait()
        log.warning("conversion.crashed", code=child.returncode, stderr=await _at_once(tail))
        return ConversionCrashed(reason=f"The pipeline ended {_ending(child.returncode)}.")

    async def _collect(self, done: Done, output: Path) -> Built:
        """Store the files. Raises ConversionCrashed for one that is not what was reported."""
        folder = _inside(output, done.folder)
        for file in done.files:
            blob = await self._keep(_inside(folder, file.name))
            if (blob.key, blob.bytes) != (file.sha256, file.bytes):
                raise ConversionCrashed(reason=f"{file.name} is not the file that was reported.")
        return Built(
            files=tuple(file for file in done.files if file.profile != PROOF),
            proof=await self._proof(folder, done.proof, "application/json"),
            page=await self._proof(folder, done.page, "text/html; charset=utf-8"),
            pictures=tuple(file for file in done.files if file.profile == PROOF),
            warnings=tuple(done.warnings),
            variants=tuple(done.variants),
            dimensions=done.dimensions,
        )

    async def _keep(self, path: Path) -> Blob:
        """Stored. What took minutes to make waits for files that are away, before it is lost."""
        until = time.monotonic() + self.seconds
        while True:
            try:
                return await self.blobs.put(path)
            except FilesAway:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(AWAY_SECONDS)

    async def _proof(self, folder: Path, name: str | None, media_type: str) -> File | None:
        """Stored, and measured here: a file that cannot hold its own size and hash."""
        if not name:
            return None
        path = _inside(folder, name)
        blob = await self._keep(path)
        smaller = await self._keep(await asyncio.to_thread(_compressed, path))
        return File(
            profile=PROOF,
            lod=0,
            name=name,
            bytes=blob.bytes,
            media_type=media_type,
            sha256=blob.key,
            gzip_sha256=smaller.key,
            gzip_bytes=smaller.bytes,
        )


def _compressed(path: Path) -> Path:
    """Beside it; the same bytes for the same text, whenever it is made."""
    smaller = path.with_name(path.name + ".gz")
    smaller.write_bytes(gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))
    return smaller


def recipe_version(package: str = "assets_pipeline", profiles: Sequence[str] = PROFILES) -> str:
    """A hash over the pipeline's source, which is read and never imported.

    Nobody has to remember to raise a number: another pass, another version. TALK doesn't count.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: models cannot be converted")
    root = Path(spec.origin).parent
    digest = hashlib.sha256(" ".join(profiles).encode())
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name not in TALK:
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


async def _follow(lines: asyncio.StreamReader, report: Report) -> dict[str, Any] | None:
    """Read the report to its end; the last `done` or `failed`, None when there was neither."""
    last = None
    while True:
        try:
            line = await lines.readline()
        except ValueError:  # longer than MAX_LINE, and dropped
            continue
        if not line:
            return last
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            event = json.loads(line)
            if event["event"] == "progress":
                report(float(event["fraction"]), str(event.get("step", ""))[:100])
            elif event["event"] in {"done", "failed"}:
                last = event


async def _end(child: asyncio.subprocess.Process) -> None:
    """Asked first, so that the pipeline ends what has left its group; then made to."""
    try:
        os.killpg(child.pid, signal.SIGTERM)
        async with asyncio.timeout(TERM_SECONDS):
            await child.wait()
    except (ProcessLookupError, PermissionError, TimeoutError):
        pass
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _failure(error: Any) -> ConversionFailed | ConversionCrashed:
    """What the pipeline blames the model for is final; a crash of its own may not happen twice."""
    failed = ConversionFailed(error)
    if failed.problem()["type"] in CRASHES:
        return ConversionCrashed(reason=failed.message)
    return failed


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while block := await stream.read(4096):
        kept = (kept + block)[-TAIL_BYTES:]
    return kept.decode(errors="replace")


async def _at_once(tail: "asyncio.Task[str]") -> str:
    """What stderr said, unless a grandchild still holds it open."""
    done, _ = await asyncio.wait({tail}, timeout=1)
    return tail.result() if done else ""


def _environment() -> dict[str, str]:
    """Of ours what programs need: it holds secrets, and a hostile model may come to run code."""
    return {name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)}


def _ending(code: int | None) -> str:
    if code is None:
        return "its report and did not exit"
    if code < 0:
        return f"by signal {signal.Signals(-code).name}"
    return f"with exit code {code} and no report"


def _places(folder: Path, filename: str) -> tuple[Path, Path]:
    """The model's path, under the name it was uploaded with, and the folder for the files."""
    for name in ("in", "out"):
        (folder / name).mkdir()
    return folder / "in" / filename, folder / "out"


def _inside(folder: Path, name: str) -> Path:
    """Raises ConversionCrashed for a path that leads out, through a link as well."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise ConversionCrashed(reason=f"The pipeline reported {name[:100]!r}, which is not there.")
    return path
