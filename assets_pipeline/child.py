"""The inside of a child process: its limits, its work, and how it tells what came of it."""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assets_pipeline.errors import ConverterCrashed, OutOfMemory, OutputTooLarge, PipelineError
from assets_pipeline.sandbox import Paths, restrict

Message = dict[str, Any]
Send = Callable[[Message], None]
DEBUG = "VITRINE_DEBUG"  # set: a crash shows its traceback
MEGABYTE = 1 << 20
NEARLY_ALL = 0.9  # of the memory: a library that fails up there failed for want of memory
KILL_WITH_PARENT = 1  # Linux: prctl(PR_SET_PDEATHSIG)


@dataclass(frozen=True)
class ProcessLimits:
    """`memory_mb` counts address space, libraries and stacks included.

    There is no limit on processes: the system counts those of the user everywhere, not the
    child's. `nice` leaves the machine to those who wait for an answer.
    """

    memory_mb: int = 4096
    seconds: float = 300.0  # by the clock; CPU time may be that much on each processor
    file_mb: int = 512  # of one written file
    open_files: int = 512
    nice: int = 5


@dataclass(frozen=True, eq=False)
class Task:
    """Work for one child: `work(send)` gives its result, having sent messages on the way.

    `name` says in messages which input it was. `paths` are all that it may read and change besides
    the system's own files; None leaves it everything.
    """

    work: Callable[[Send], Message]
    name: str
    limits: ProcessLimits = ProcessLimits()
    paths: Paths | None = None


def be_child(task: Task, folder: Path, writing: int, others: Iterable[int]) -> NoReturn:
    """Everything the child does. It never returns into the parent's code.

    `folder` is for its temporary files, `writing` the pipe to the parent, `others` what it got
    from the parent and has no use for.
    """
    code = 1
    try:
        for pipe in others:
            os.close(pipe)
        os.setpgid(0, 0)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        _die_with_parent()
        _apply(task.limits)
        restrict(_with_folder(task.paths, folder))

        def send(message: Message) -> None:
            line = json.dumps(message).encode() + b"\n"
            while line:
                line = line[os.write(writing, line) :]

        send(_outcome(task, send))
        code = 0
    finally:
        os._exit(code)


def _with_folder(paths: Paths | None, folder: Path) -> Paths | None:
    return None if paths is None else Paths(paths.read, (*paths.write, folder))


def _outcome(task: Task, send: Send) -> Message:
    limits = task.limits
    try:
        return {"result": task.work(send)}
    except PipelineError as error:
        return {"problem": error.problem()}
    except BrokenPipeError:
        raise  # nobody listens any more
    except Exception as error:
        if isinstance(error, MemoryError) or _memory_is_used_up(limits):
            return {"problem": OutOfMemory(name=task.name, limit_mb=limits.memory_mb).problem()}
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return {"problem": OutputTooLarge(name=task.name, limit_mb=limits.file_mb).problem()}
        if os.environ.get(DEBUG):
            traceback.print_exc()
        how = f"{type(error).__name__}: {error}"
        return {"problem": ConverterCrashed(name=task.name, how=how).problem()}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(KILL_WITH_PARENT, signal.SIGKILL)


def _apply(limits: ProcessLimits) -> None:
    os.nice(limits.nice)
    processors = os.cpu_count() or 1
    cpu_seconds = int(limits.seconds * processors) + 2  # the clock comes first
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mb * MEGABYTE),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(what, (most, most))


def _memory_is_used_up(limits: ProcessLimits) -> bool:
    """Whether the peak of the address space came near its limit. Linux tells; others don't."""
    status = Path("/proc/self/status")
    with suppress(OSError, ValueError, IndexError):
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmPeak"))
        return int(peak.split()[1]) * 1024 > limits.memory_mb * MEGABYTE * NEARLY_ALL
    return False
