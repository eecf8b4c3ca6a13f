"""Tools run as processes of their own, with what they took: time by the clock, CPU time, memory."""

import json
import os
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

from assets_pipeline.builder import Options, build
from assets_pipeline.convert import warm
from assets_pipeline.unchanged import PROOF

PEERS = Path(__file__).parent / "peers" / "node_modules" / ".bin"
OURS, OURS_MESHOPT = "Vitrine", "Vitrine, meshopt"
TRANSFORM, TRANSFORM_DRACO = "glTF-Transform, meshopt", "glTF-Transform, Draco"
GLTFPACK = "gltfpack (geometry)"
TOOLS = (OURS, TRANSFORM, OURS_MESHOPT, TRANSFORM_DRACO, GLTFPACK)
CODECS = {OURS: "smallest", OURS_MESHOPT: "meshopt"}
LONGEST = 600  # seconds that one run may take
KILOBYTE = 1024
STARTER = """
import json, os, signal, sys, time
start = time.perf_counter()
child = os.fork()
if child == 0:
    os.dup2(2, 1)
    os.execv(sys.argv[2], sys.argv[2:])
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(int(sys.argv[1]))
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - start
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(1 if status else 0)
"""


@dataclass(frozen=True)
class Run:
    """What a tool made, and what it took. CPU and memory count all its processes."""

    path: Path
    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(tool: str, source: Path, folder: Path, workshop: "Workshop") -> Run:
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
        return workshop.build(source, out, options, out / source.stem / "web.glb")
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
    """Started by a small process: the kernel counts the starter's memory into the peak."""
    lean = [sys.executable, "-I", "-S", "-c", STARTER, str(LONGEST), *words]
    done = subprocess.run(lean, capture_output=True, text=True, check=False)
    if done.returncode or not output.is_file():
        raise RuntimeError(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Run(output, *json.loads(done.stdout.splitlines()[-1]))


class Workshop:
    """A warm process that has the pipeline loaded, and nothing of the bench's own work.

    Each build is a child of it, as in the service.
    """

    def __init__(self) -> None:
        ends = Pipe()
        self._asking, answering = ends
        self._process = get_context("fork").Process(target=_work, args=ends, daemon=True)
        self._process.start()
        answering.close()

    def build(self, source: Path, out: Path, options: Options, output: Path) -> Run:
        """Raises RuntimeError when the build fails; it has said why."""
        self._asking.send((source, out, options))
        used = self._asking.recv()
        if used is None:
            raise RuntimeError(f"{output} was not made")
        return Run(output, *used)

    def close(self) -> None:
        self._asking.close()
        self._process.join()


def _work(asking: Connection, answering: Connection) -> None:
    warm()  # as a build of several models does it before its first child
    asking.close()  # that end is the bench's: without it, this one hears when the bench has gone
    with suppress(EOFError):
        while True:
            source, out, options = answering.recv()
            start = time.perf_counter()
            child = os.fork()
            if child == 0:
                code = 1
                with suppress(BaseException):
                    code = _built(source, out, options)
                os._exit(code)
            _, status, used = os.wait4(child, 0)
            seconds = time.perf_counter() - start
            spent = used.ru_utime + used.ru_stime
            answering.send(None if status else (seconds, spent, used.ru_maxrss / KILOBYTE))


def _built(source: Path, out: Path, options: Options) -> int:
    try:
        build_one(source, out, options)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
