"""Work in a child process under limits, so that no model can take the machine along.

The child is forked from this process, which has the libraries loaded already. It gets limits on
address space, CPU time and file size; the parent watches the clock and in the end kills the
child's whole process group.
"""

import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assets_pipeline.errors import (
    ConverterCrashed,
    OutOfMemory,
    OutputTooLarge,
    PipelineError,
    TimedOut,
)

Message = dict[str, Any]
Send = Callable[[Message], None]
MEGABYTE = 1 << 20
NEARLY_ALL = 0.9  # of the memory: a library that fails up there failed for want of memory
KILL_WITH_PARENT = 1  # Linux: prctl(PR_SET_PDEATHSIG)


@dataclass(frozen=True)
class ProcessLimits:
    """`memory_mb` counts address space, libraries and stacks included."""

    memory_mb: int = 4096
    seconds: float = 300.0  # by the clock; CPU time may be that much on each processor
    file_mb: int = 512  # of one written file


def confined(
    work: Callable[[Send], Message], name: str, limits: ProcessLimits
) -> Generator[Message, None, None]:
    """Run `work(send)` in a child; yields what it sends, last `{"result": …}` or `{"problem": …}`.

    A problem is a PipelineError as JSON: the child's own, or that it was stopped. `name` says in
    messages which input it was. Closing the iterator early kills the child.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(work, name, limits, writing)
    os.close(writing)
    ended = False
    try:
        deadline = time.monotonic() + limits.seconds
        for message in _messages(reading, deadline):
            ended = ended or not {"result", "problem"}.isdisjoint(message)
            yield message
        if not ended:
            late = time.monotonic() >= deadline
            if late:
                _kill(child)
            _, status = os.waitpid(child, 0)
            child = 0
            yield {"problem": _why(status, late, name, limits).problem()}
    finally:
        os.close(reading)
        if child:
            _kill(child)
            os.waitpid(child, 0)


def _messages(reading: int, deadline: float) -> Iterator[Message]:
    """Lines of JSON until the child closes its end or the deadline passes."""
    rest = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            return
        chunk = os.read(reading, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


def _kill(child: int) -> None:
    """The child and all that it started."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):  # gone already, or no group of its own
            kill(child, signal.SIGKILL)


def _why(status: int, late: bool, name: str, limits: ProcessLimits) -> PipelineError:
    if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return TimedOut(name=name, limit_seconds=limits.seconds)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:  # not by us: the kernel's out-of-memory killer
            return OutOfMemory(name=name, limit_mb=limits.memory_mb)
        return ConverterCrashed(name=name, how=f"signal {signal.Signals(number).name}")
    return ConverterCrashed(name=name, how=f"exit code {os.WEXITSTATUS(status)}")


def _be_child(
    work: Callable[[Send], Message], name: str, limits: ProcessLimits, writing: int
) -> NoReturn:
    """Everything the child does. It never returns into the parent's code."""
    code = 1
    try:
        os.setpgid(0, 0)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        _die_with_parent()
        _apply(limits)

        def send(message: Message) -> None:
            line = json.dumps(message).encode() + b"\n"
            while line:
                line = line[os.write(writing, line) :]

        send(_outcome(work, send, name, limits))
        code = 0
    finally:
        os._exit(code)


def _outcome(
    work: Callable[[Send], Message], send: Send, name: str, limits: ProcessLimits
) -> Message:
    try:
        return {"result": work(send)}
    except PipelineError as error:
        return {"problem": error.problem()}
    except BrokenPipeError:
        raise  # nobody listens any more
    except Exception as error:
        if isinstance(error, MemoryError) or _memory_is_used_up(limits):
            return {"problem": OutOfMemory(name=name, limit_mb=limits.memory_mb).problem()}
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return {"problem": OutputTooLarge(name=name, limit_mb=limits.file_mb).problem()}
        traceback.print_exc()
        how = f"{type(error).__name__}: {error}"
        return {"problem": ConverterCrashed(name=name, how=how).problem()}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(KILL_WITH_PARENT, signal.SIGKILL)


def _apply(limits: ProcessLimits) -> None:
    processors = os.cpu_count() or 1
    cpu_seconds = int(limits.seconds * processors) + 2  # the clock comes first
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mb * MEGABYTE),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE),
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
