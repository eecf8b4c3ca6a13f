"""Work in child processes under limits, so that no model can take the machine along.

Each child is forked from this process, which has the libraries loaded already. It gets limits on
address space, CPU time and file size, a folder of its own for temporary files, and what `sandbox`
forbids; the parent watches the clock and in the end kills the child's whole process group.
"""

import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assets_pipeline.child import Message, ProcessLimits, Send, Task, be_child
from assets_pipeline.errors import ConverterCrashed, OutOfMemory, PipelineError, TimedOut
from assets_pipeline.sandbox import Paths, system_paths

__all__ = ["Message", "Paths", "ProcessLimits", "Send", "Task", "confined", "confined_all"]

CHUNK, CHUNKS_AT_ONCE = 1 << 16, 16
LONGEST_MESSAGE = 16 << 20  # bytes; a proof has some kilobytes
GLANCE_SECONDS = 0.5  # between looks for children whose end an orphan of theirs hides
LEAVING_SECONDS = 0.5  # for a child to end that has closed its pipe, and for its orphans


def confined(
    work: Callable[[Send], Message],
    name: str,
    limits: ProcessLimits,
    paths: Paths | None = None,
) -> Generator[Message, None, None]:
    """Run one task; yields what it sends, last `{"result": …}` or `{"problem": …}`.

    A problem is a PipelineError as JSON: the child's own, or that it was stopped. Closing the
    iterator early kills the child.
    """
    with closing(confined_all(iter([Task(work, name, limits, paths)]), 1)) as pairs:
        for _, message in pairs:
            yield message


def confined_all(tasks: Iterator[Task], jobs: int) -> Generator[tuple[Task, Message], None, None]:
    """Run tasks in at most `jobs` children at once; yields each message with its task.

    A task's last message has "result" or "problem"; by then its child is gone. The next task is
    asked for only when it can start at once. Closing the iterator early kills all children.
    """
    running: dict[int, _Running] = {}  # by the pipe that each is heard on
    try:
        while True:
            while len(running) < jobs and (task := next(tasks, None)) is not None:
                child = _start(task, list(running))
                running[child.pipe] = child
            if not running:
                return
            for pipe in _wait(running):
                child = running[pipe]
                messages, last = child.heard()
                for message in messages:
                    yield child.task, message
                if last is not None:
                    del running[pipe]
                    child.clear_away()
                    yield child.task, last
    finally:
        for child in running.values():
            child.clear_away()


@dataclass
class _Running:
    """A child as its parent sees it."""

    task: Task
    process: int
    pipe: int
    folder: Path
    deadline: float  # by time.monotonic
    _rest: bytes = field(default=b"", repr=False)  # of a message that has not come whole
    _closed: bool = False
    _status: int | None = None  # once it is dead

    def heard(self) -> tuple[list[Message], Message | None]:
        """What has come, without waiting; and at its end the task's last message."""
        messages: list[Message] = []
        for line in self._lines():
            message = _parsed(line)
            if message is None:
                return messages, self._crashed("a message that cannot be read")
            if not {"result", "problem"}.isdisjoint(message):
                return messages, message
            messages.append(message)
        return messages, self._end()

    def is_over(self) -> bool:
        """Whether it is dead or late."""
        return time.monotonic() >= self.deadline or self._is_dead()

    def clear_away(self) -> None:
        """End it with all that it started, and remove its temporary files."""
        os.close(self.pipe)
        _kill(self.process)
        if self._status is None:
            os.waitpid(self.process, 0)
        with suppress(ProcessLookupError, PermissionError):  # nobody of its group is left
            for _ in range(int(LEAVING_SECONDS / 0.01)):
                os.killpg(self.process, 0)
                time.sleep(0.01)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _lines(self) -> list[bytes]:
        parts = [self._rest]
        for _ in range(CHUNKS_AT_ONCE):
            try:
                chunk = os.read(self.pipe, CHUNK)
            except BlockingIOError:
                break
            self._closed = not chunk
            if self._closed:
                break
            parts.append(chunk)
        *lines, self._rest = b"".join(parts).split(b"\n")
        return lines

    def _end(self) -> Message | None:
        """Why it ended without a word; None while it goes on."""
        if self._closed:
            self._let_it_leave()
        if self._is_dead():
            return {"problem": _why(self._status or 0, self.task).problem()}
        if time.monotonic() >= self.deadline:
            return {"problem": _late(self.task).problem()}
        if self._closed:
            return self._crashed("silence")
        if len(self._rest) > LONGEST_MESSAGE:
            return self._crashed("a message without end")
        return None

    def _crashed(self, how: str) -> Message:
        return {"problem": ConverterCrashed(name=self.task.name, how=how).problem()}

    def _is_dead(self) -> bool:
        if self._status is None:
            process, status = os.waitpid(self.process, os.WNOHANG)
            self._status = status if process else None
        return self._status is not None

    def _let_it_leave(self) -> None:
        for _ in range(int(LEAVING_SECONDS / 0.01)):
            if self._is_dead():
                return
            time.sleep(0.01)


def _start(task: Task, pipes: list[int]) -> _Running:
    if task.paths is not None:
        system_paths()  # found here, once for all children
    folder = Path(tempfile.mkdtemp(prefix="vitrine-"))
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        be_child(task, folder, writing, (reading, *pipes))
    os.close(writing)
    os.set_blocking(reading, False)
    with suppress(ProcessLookupError, PermissionError):  # both do it: whoever comes first
        os.setpgid(child, child)
    return _Running(task, child, reading, folder, time.monotonic() + task.limits.seconds)


def _wait(running: dict[int, _Running]) -> list[int]:
    """The pipes of those that said something, or that are over, once there is one."""
    listening = select.poll()
    for pipe in running:
        listening.register(pipe, select.POLLIN)
    left = min(child.deadline for child in running.values()) - time.monotonic()
    heard = {pipe for pipe, _ in listening.poll(1000 * max(0.0, min(left, GLANCE_SECONDS)))}
    return [pipe for pipe, child in running.items() if pipe in heard or child.is_over()]


def _parsed(line: bytes) -> Message | None:
    with suppress(ValueError, RecursionError):
        message = json.loads(line)
        if isinstance(message, dict):
            return message
    return None


def _kill(child: int) -> None:
    """The child and all that it started."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):  # gone already, or no group of its own
            kill(child, signal.SIGKILL)


def _late(task: Task) -> PipelineError:
    return TimedOut(name=task.name, limit_seconds=task.limits.seconds)


def _why(status: int, task: Task) -> PipelineError:
    if not os.WIFSIGNALED(status):
        return ConverterCrashed(name=task.name, how=f"exit code {os.WEXITSTATUS(status)}")
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return _late(task)
    if number == signal.SIGKILL:  # not by us: the kernel's out-of-memory killer
        return OutOfMemory(name=task.name, limit_mb=task.limits.memory_mb)
    return ConverterCrashed(name=task.name, how=f"signal {signal.Signals(number).name}")
