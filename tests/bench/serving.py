"""One file of a megabyte at 32 connections: this server beside nginx with one process.

    python -m tests.bench.serving [--rounds 3] [--seconds 3] [--connections 32] [--bytes 1000000]

Both serve from the same disk with keep-alive, sendfile and a line of log a request; the load is a
third process, and what it can take limits both. The house is a whole one: its routing, headers,
ids, figures and log are part of what is measured.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from server.assets.asset import Asset, Built, Status
from server.assets.file import File
from server.process import listening, opened, set_up_log
from server.settings import Settings
from tests.bench.serving_load import Tally
from tests.servers.ports import free_ports
from tests.servers.programs import program

CONNECTIONS = 32
BYTES = 1_000_000
SECONDS = 3.0
WARM_SECONDS = 0.5
NAME = "web.glb"
CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access.log;
  sendfile on;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  types {{ model/gltf-binary glb; }}
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


@dataclass(frozen=True)
class Run:
    """What one server gave in one round."""

    tally: Tally
    cpu: float  # seconds of its process a second

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.tally.bytes / self.tally.seconds


def measure(
    rounds: int,
    console: Console,
    *,
    seconds: float = SECONDS,
    connections: int = CONNECTIONS,
    length: int = BYTES,
) -> dict[str, str]:
    """Pairs for the last line."""
    with tempfile.TemporaryDirectory(prefix="vitrine-serving-") as name:
        folder = Path(name)
        content = os.urandom(length)
        with nginx(folder, content) as theirs, house(folder, content) as ours:
            pairs = [
                (
                    one_run(theirs, connections, seconds),
                    one_run(ours, connections, seconds),
                )
                for _ in range(rounds)
            ]
    table = Table("server", "MB/s", "requests/s", "slowest ms", "its CPU", "the load's CPU")
    for pair in pairs:
        for name, run in zip(("nginx", "vitrine"), pair, strict=True):
            table.add_row(
                name,
                f"{run.rate / 1e6:.0f}",
                f"{run.tally.requests / run.tally.seconds:.0f}",
                f"{run.tally.slowest_ms:.0f}",
                f"{run.cpu:.0%}",
                f"{run.tally.cpu:.0%}",
            )
    console.print(f"{length:,} bytes at {connections} connections, one process each", table)
    ratio = median(ours.rate / theirs.rate for theirs, ours in pairs)
    return {
        "serve_vs_nginx_1mb": f"{ratio:.2f}",
        "serve_mb_per_second": f"{median(ours.rate for _, ours in pairs) / 1e6:.0f}",
        "nginx_mb_per_second": f"{median(theirs.rate for theirs, _ in pairs) / 1e6:.0f}",
    }


def one_run(served: tuple[str, int], connections: int, seconds: float) -> Run:
    url, pid = served
    load = (sys.executable, "-m", "tests.bench.serving_load", url, str(connections))
    process = psutil.Process(pid)
    subprocess.run([*load, str(WARM_SECONDS)], check=True, stdout=subprocess.DEVNULL)
    before, began = process.cpu_times(), time.perf_counter()
    said = subprocess.run([*load, str(seconds)], check=True, stdout=subprocess.PIPE).stdout
    after, lasted = process.cpu_times(), time.perf_counter() - began
    used = after.user + after.system - before.user - before.system
    return Run(Tally(**json.loads(said)), used / lasted)


@contextlib.contextmanager
def nginx(folder: Path, content: bytes) -> Iterator[tuple[str, int]]:
    """Its URL of the file, and the id of the process that serves it."""
    place = folder / "nginx"
    (place / "files").mkdir(parents=True)
    (place / "files" / NAME).write_bytes(content)
    folder.chmod(0o755)  # its worker is nobody
    (port,) = free_ports(1)
    (place / "nginx.conf").write_text(CONFIGURATION.format(folder=place, port=port))
    command = [program("nginx"), "-c", str(place / "nginx.conf"), "-p", str(place)]
    with running(command, folder / "nginx.log") as process:
        url = f"http://127.0.0.1:{port}/{NAME}"
        check(url, content)
        (worker,) = psutil.Process(process.pid).children()
        yield url, worker.pid


@contextlib.contextmanager
def house(folder: Path, content: bytes) -> Iterator[tuple[str, int]]:
    """Of a whole server in its own process."""
    model = folder / "model"
    model.write_bytes(content)
    command = [sys.executable, "-m", "tests.bench.serving", "--serve", str(folder / "data")]
    with running([*command, "--model", str(model)], folder / "house.log") as process:
        address = folder / "data" / "server.json"
        until = time.monotonic() + 60
        while not address.exists() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
        url = f"{json.loads(address.read_text())['url']}/assets/bench/{NAME}"
        check(url, content)
        yield url, process.pid


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def check(url: str, content: bytes) -> None:
    """Raises AssertionError unless the very file is served."""
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own http:// address
                found = answer.read()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    assert hashlib.sha256(found).digest() == hashlib.sha256(content).digest()


async def serve(data: Path, model: Path) -> None:
    """A house with one asset, until it is told to stop."""
    settings = Settings(data=data, port=0)
    set_up_log(settings)
    async with opened(settings) as house:
        blob = await house.assets.blobs.put(model)
        web = File(
            profile="web",
            lod=0,
            name=NAME,
            bytes=blob.bytes,
            media_type="model/gltf-binary",
            sha256=blob.key,
        )
        now = datetime.now(UTC)
        await house.assets.service.assets.insert(
            Asset(
                id="bench",
                filename="bench.glb",
                sku=None,
                source=blob.key,
                source_bytes=blob.bytes,
                recipe="bench",
                created_at=now,
                due_at=now,
                status=Status.READY,
                built=Built((web,)),
            )
        )
        async with listening(house, settings):
            await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--bytes", type=int, default=BYTES)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(options.serve, options.model))
        return
    pairs = measure(
        options.rounds,
        Console(width=120),
        seconds=options.seconds,
        connections=options.connections,
        length=options.bytes,
    )
    print("bench-serving:", *(f"{key}={value}" for key, value in pairs.items()))


if __name__ == "__main__":
    main()
