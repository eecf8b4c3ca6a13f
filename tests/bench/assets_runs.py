"""Tools run as processes of their own, with what they took: time by the clock, CPU time, memory."""

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assets_pipeline.builder import Options, build
from assets_pipeline.unchanged import PROOF

PEERS = Path(__file__).parent / "peers" / "node_modules" / ".bin"
OURS, OURS_MESHOPT = "Vitrine", "Vitrine, meshopt"
TRANSFORM, TRANSFORM_DRACO = "glTF-Transform, meshopt", "glTF-Transform, Draco"
GLTFPACK = "gltfpack (geometry)"
TOOLS = (OURS, TRANSFORM, OURS_MESHOPT, TRANSFORM_DRACO, GLTFPACK)
CODECS = {OURS: "smallest", OURS_MESHOPT: "meshopt"}
LONGEST = 600  # seconds that one run may take
KILOBYTE = 1024


@dataclass(frozen=True)
class Run:
    """What a tool made, and what it took. CPU and memory count all its processes."""

    path: Path
    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(tool: str, source: Path, folder: Path) -> Run:
    """One web file of `source`. Raises RuntimeError when the tool fails."""
    if tool in CODECS:
        options = Options(
            profiles=("web",),
            codec=CODECS[tool],  # type: ignore[arg-type]
            simplify=False,
            pictures=False,
            checks=False,
            force=True,
        )
        out = folder / tool.replace(",", "").replace(" ", "-").lower()
        return forked(lambda: build_one(source, out, options), out / source.stem / "web.glb")
    output = folder / f"{source.stem}.{tool.replace(' ', '')}.glb"
    return program(command(tool, source, output), output)


def command(tool: str, source: Path, output: Path) -> list[str]:
    if tool == GLTFPACK:
        kept = ("-kn", "-km", "-ke")  # names, materials and extras, as the others do
        return [str(PEERS / "gltfpack"), "-i", str(source), "-o", str(output), "-cc", *kept]
    codec = "meshopt" if tool == TRANSFORM else "draco"
    chosen = ("--simplify", "false", "--compress", codec, "--texture-compress", "webp")
    return [str(PEERS / "gltf-transform"), "optimize", str(source), str(output), *chosen]


def build_one(source: Path, out: Path, options: Options) -> None:
    """Raises RuntimeError with the event of a failed build."""
    for event in build([source], out, options):
        if event["event"] == "failed":
            raise RuntimeError(json.dumps(event))


def proof(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((path.parent / PROOF).read_text())
    return found


def program(words: list[str], output: Path) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    late = threading.Timer(LONGEST, process.kill)
    late.start()
    _, status, used = os.wait4(process.pid, 0)
    late.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    assert process.stderr is not None
    with process.stderr:
        said = process.stderr.read().decode(errors="replace")
    if process.returncode or not output.is_file():
        raise RuntimeError(f"{' '.join(words)}: {said}")
    return Run(output, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / KILOBYTE)


def forked(work: Callable[[], None], output: Path) -> Run:
    """As a warm process does it: the child has all that was imported here."""
    sys.stdout.flush()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            code = _finished(work)
        os._exit(code)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if status:
        raise RuntimeError(f"{output} was not made")
    return Run(output, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / KILOBYTE)


def _finished(work: Callable[[], None]) -> int:
    try:
        work()
    except Exception:
        traceback.print_exc()
        return 1
    return 0
