"""A real server of MongoDB's protocol: MONGO_URL's, a `mongod` on the PATH, or SecantusDB's."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.servers.ports import free_ports
from tests.servers.programs import program

START_SECONDS = 120.0  # a very busy machine; idle it is two


class MongoServer:
    """Keeps its documents in a folder: it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """For `database_url`."""
        return f"mongodb://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Raises RuntimeError when it does not answer in time."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"MongoDB does not answer; see {self.folder}/log")

    def _command(self) -> list[str]:
        at = ["--port", str(self.port)]
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        if mongod := shutil.which("mongod"):
            return [mongod, *at, "--bind_ip", "127.0.0.1", "--dbpath", str(data)]
        secantus = [program("secantusd-py"), *at, "--log-level", "WARNING"]
        return [*secantus, "--storage-path", str(data), "--cache-size", "256M"]

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It is there, and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def which_mongo() -> str:
    """For the report's header."""
    if url := os.environ.get("MONGO_URL"):
        return f"MongoDB: {urlsplit(url).hostname}, from MONGO_URL"
    return f"MongoDB: {shutil.which('mongod') or 'SecantusDB (no MONGO_URL, no mongod)'}"


def pytest_report_header() -> str:
    return which_mongo()


@pytest.fixture(scope="module")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """One that the test may kill. Of a module: SecantusDB slows as it fills."""
    server = MongoServer(tmp_path_factory.mktemp("mongo"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def new_mongo_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Of an empty database, each time."""

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        if url := os.environ.get("MONGO_URL"):
            return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        server: MongoServer = request.getfixturevalue("mongo_server")
        return server.url(name)

    return make


@pytest.fixture
def mongo_url(new_mongo_url: Callable[[], str]) -> str:
    """An empty database of one's own."""
    return new_mongo_url()
