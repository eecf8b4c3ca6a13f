"""A real Redis."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.ports import free_ports
from tests.servers.programs import program

START_SECONDS = 20.0


class RedisServer:
    """Forgets everything when it ends, as one whose disk is lost."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """For `redis_url`."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Raises RuntimeError when it does not answer in time."""
        command = [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--save", "", "--appendonly", "no", "--dir", str(self.folder)],
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self._ask(b"PING\r\n").startswith(b"+PONG"):
                    return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"Redis does not answer; see {self.folder}/log")

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def empty(self) -> None:
        """Forget everything."""
        assert self._ask(b"FLUSHALL\r\n").startswith(b"+OK")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and answers nothing, as over a broken network."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def _ask(self, command: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(command)
            return line.recv(64)


def pytest_report_header() -> str:
    return "".join(
        f"{name}: {shutil.which(program) or 'none: tests that need it are skipped'}\n"
        for name, program in (("Redis", "redis-server"), ("nginx", "nginx"))
    ).rstrip()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One for all tests; each takes it empty, or a database of its own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    """Running and empty."""
    if redis_server.process is None:
        redis_server.start()
    redis_server.empty()
    return redis_server
