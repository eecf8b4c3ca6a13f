"""One server with the demo showroom for all journeys, whichever process of the tests runs them.

The first process to ask begins it, the last one to go ends it. Its models convert beside the tests
that need none of them: a minute of both cores.
"""

import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.flows.process import Running


class Elsewhere(Running):
    """A server that another process began."""

    def __init__(self, data: Path, pid: int) -> None:
        super().__init__(data)
        self.pid = pid

    def runs(self) -> bool:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


@contextlib.contextmanager
def shared_demo(folder: Path, who: str) -> Iterator[Future[Running]]:
    """The running server, soon; `folder` is the same for all processes, `who` is this one."""
    users, number = folder / "demo-users", folder / "demo.pid"
    data = folder / "demo" / "data"
    with locked(folder):
        users.mkdir(exist_ok=True)
        if any(users.iterdir()):
            server: Running = Elsewhere(data, int(number.read_text()))
        else:
            data.parent.mkdir(exist_ok=True)
            server = Running(data, environment={"VITRINE_CONVERSIONS": "2"})
            server.begin()
            number.write_text(str(server.process.pid))
        (users / who).touch()
    try:
        with ThreadPoolExecutor(1) as beside:
            yield beside.submit(server.until_up)
    finally:
        with locked(folder):
            (users / who).unlink()
            if not any(users.iterdir()):
                server.stop()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time."""
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
