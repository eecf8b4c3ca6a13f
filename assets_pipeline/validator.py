"""What the Khronos glTF validator says of written files.

It cannot look inside meshopt and Draco, so a file that is compressed is validated twice: as it is,
and as a copy of what was read back from it, written plainly.
"""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assets_pipeline.errors import PipelineError
from assets_pipeline.model import Json, Model
from assets_pipeline.programs import MissingProgram, node, package
from assets_pipeline.writers.glb import GlbWriter

SCRIPT = Path(__file__).parent / "npm" / "validate.mjs"
SECONDS = 60.0  # for all files of a build; ten products took 0.8 s
HEAP_MB = 512  # ten products stayed below 140 MB
SHOWN = 20
COMPRESSIONS = {
    "EXT_meshopt_compression",
    "KHR_meshopt_compression",
    "KHR_draco_mesh_compression",
}


def validate(files: Sequence[tuple[Path, Model]], seconds: float = SECONDS) -> list[Json]:
    """For each file and what it reads back as: `{errors, warnings, infos, messages}`.

    Infos count the validator's hints, too. `messages` are the first 20, worst first: `{code,
    message, severity, pointer}`. `{skipped: reason}` where the validator is not here, broke down
    or took too long. One process for all.
    """
    with tempfile.TemporaryDirectory() as folder:
        copies = [_plain_copy(model, Path(folder) / f"{i}.glb") for i, (_, model) in
                  enumerate(files)]  # fmt: skip
        paths = [path for path, _ in files] + [copy for copy in copies if copy is not None]
        reports = iter(_run(paths, seconds))
        found = [next(reports) for _ in files]
        return [
            report if copy is None else _merged(report, next(reports))
            for report, copy in zip(found, copies, strict=True)
        ]


def _plain_copy(model: Model, path: Path) -> Path | None:
    """None for a file that has nothing to unpack, or that was too large to write again."""
    if COMPRESSIONS.isdisjoint(model.declared):
        return None
    try:
        path.write_bytes(GlbWriter().write(model))
    except PipelineError:
        return None
    return path


def _merged(file: Json, copy: Json) -> Json:
    """Errors of both; warnings and infos of the copy, which has all but the compression."""
    if "skipped" in file or "skipped" in copy:
        return file if "skipped" in file else copy
    wrong = [message for message in file["messages"] if message["severity"] == 0]
    messages = sorted([*wrong, *copy["messages"]], key=lambda message: int(message["severity"]))
    return copy | {"errors": file["errors"] + copy["errors"], "messages": messages[:SHOWN]}


def _run(paths: list[Path], seconds: float) -> list[Json]:
    """One report per path, whatever happens."""
    try:
        package("gltf-validator")
        command = [str(node()), f"--max-old-space-size={HEAP_MB}", str(SCRIPT), *map(str, paths)]
        ended = subprocess.run(  # noqa: S603 - our own script; the paths are no options
            command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL
        )
    except MissingProgram as missing:
        return _skipped(str(missing), len(paths))
    except subprocess.TimeoutExpired:
        return _skipped(f"The validator took more than {seconds:g} s.", len(paths))
    except OSError as error:
        return _skipped(f"The validator did not start: {error.strerror or error}.", len(paths))
    reports: list[Json] = [json.loads(line) for line in ended.stdout.splitlines()]
    rest = len(paths) - len(reports)
    return reports + _skipped(f"The validator broke down ({ended.returncode}).", rest)


def _skipped(reason: str, count: int) -> list[Json]:
    return [{"skipped": reason} for _ in range(count)]
