"""The processes: two nodes, two workers, MongoDB, Redis, an S3 store and nginx before them."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.flows.nodes import Nodes
from tests.flows.process import ROOT, Running
from tests.servers.mongo import MongoServer
from tests.servers.nginx import adapted, nginx
from tests.servers.ports import free_ports
from tests.servers.redis import RedisServer
from tests.servers.s3 import S3Server

NAMES: Final = ("a", "b")
WORKERS: Final = ("w1", "w2")
CLOCK: Final = Path(__file__).with_name("clock.c")
SMALL: Final = ("b", "w1")
SMALL_MB: Final = 24  # of the disk that can be filled
QUICK: Final = {
    "VITRINE_RECOVERY_SECONDS": "3",
    "VITRINE_WEBHOOK_TIMEOUT_SECONDS": "2",
    "VITRINE_ADDRESS_SOCKETS": "0",
    "VITRINE_ADDRESS_JOINS_PER_MINUTE": "0",
    "VITRINE_TRUSTED_PROXIES": "127.0.0.0/8",
}


@dataclass
class House:
    """`site` is the one address of all; the nodes' own stand behind it."""

    folder: Path
    mongo: MongoServer
    redis: RedisServer
    s3: S3Server
    site: str = ""
    database: str = "vitrine"
    secret: str = field(default_factory=lambda: secrets.token_hex(32))
    nodes: dict[str, Running] = field(default_factory=dict)
    workers: dict[str, Running] = field(default_factory=dict)
    inner: dict[str, str] = field(default_factory=dict)  # addresses of nodes behind the proxy
    small_disks: bool = False  # of node b and worker w1

    @property
    def desk(self) -> Nodes:
        """What its operator may ask of each node."""
        return Nodes(self.secret, self.nodes, self.inner)

    @property
    def programs(self) -> list[Running]:
        return [*self.nodes.values(), *self.workers.values()]

    def logs(self) -> str:
        return "".join(program.output() for program in self.programs)

    def set_clock(self, name: str, seconds: int) -> None:
        """Of a node or worker: so much ahead from now on; negative: behind."""
        file = self.folder / f"{name}.clock"
        with file.open("r+b" if file.exists() else "wb") as clock:  # it is mapped: the same file
            clock.write(seconds.to_bytes(8, "little", signed=True))

    @cached_property
    def clock(self) -> Path | None:
        """What has processes read that file; None where there is no C compiler."""
        if (compiler := shutil.which("cc")) is None:
            return None
        library = self.folder / "clock.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, CLOCK], check=True)
        return library

    def signal(self, name: str, number: signal.Signals) -> None:
        process = self.nodes[name].process
        assert process is not None
        os.kill(process.pid, number)

    def environment(self, name: str) -> dict[str, str]:
        return {
            **QUICK,
            **self.s3.environment(),
            **self._clock(name),
            "VITRINE_DATABASE_URL": self.mongo.url(self.database),
            "VITRINE_REDIS_URL": self.redis.url(),
            "VITRINE_BLOBS_URL": self.s3.url("files"),
            "VITRINE_SECRET": self.secret,
            "VITRINE_NODE": name,
        }

    def node(self, name: str, port: int) -> Running:
        self.inner[name] = f"http://127.0.0.1:{port}"
        own = {
            "VITRINE_NODE_URL": f"{self.site}/n/{name}",
            "VITRINE_NODE_INNER_URL": self.inner[name],
            "VITRINE_PUBLIC_URL": self.site,
            "VITRINE_WORKER_IN_SERVER": "false",
        }
        running = Running(self.data(name), (), self.environment(name) | own, port)
        self.nodes[name] = running
        return running

    def worker(self, name: str) -> Running:
        running = Running(self.data(name), (), self.environment(name), work="worker")
        self.workers[name] = running
        return running

    def data(self, name: str) -> Path:
        return self.folder / name / "data"

    def _clock(self, name: str) -> dict[str, str]:
        """The wall clock alone: what is measured by the other one, a jump does not touch."""
        if self.clock is None:
            return {}
        self.set_clock(name, 0)
        return {
            "LD_PRELOAD": str(self.clock),
            "WALL_CLOCK": str(self.folder / f"{name}.clock"),
        }


@contextlib.contextmanager
def standing(
    folder: Path, workers: Sequence[str] = WORKERS, small: Sequence[str] = SMALL
) -> Iterator[House]:
    """Up while inside; everything that was started is ended. `small`: whose disks can be filled."""
    engines: dict[str, Any] = {}
    for name, kind in (("mongo", MongoServer), ("redis", RedisServer), ("s3", S3Server)):
        (folder / name).mkdir(parents=True)
        engines[name] = kind(folder / name)
    house = House(folder, **engines)
    a, b, port = free_ports(3)
    house.site = f"http://127.0.0.1:{port}"
    for name in (*NAMES, *workers):
        (folder / name).mkdir()
    programs = [
        *(house.node(name, own) for name, own in zip(NAMES, (a, b), strict=True)),
        *(house.worker(name) for name in workers),
    ]
    servers = {"app-a:8080": f"127.0.0.1:{a}", "app-b:8080": f"127.0.0.1:{b}"}
    text = (ROOT / "deploy" / "compose" / "nginx.conf").read_text()
    front = folder / "nginx"
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(PermissionError):
            for name in small:
                stack.enter_context(small_disk(house.data(name)))
            house.small_disks = bool(small)
        for one in (*engines.values(), *programs):
            stack.callback(one.kill)
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda engine: engine.start(), engines.values()))
            list(threads.map(Running.start, programs))
        stack.enter_context(nginx(adapted(text, front, port, servers), front, port))
        yield house


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = SMALL_MB) -> Iterator[Path]:
    """A disk of its own at this folder. Raises PermissionError where nobody may mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"no small disk can be made: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@contextlib.contextmanager
def full(disk: Path, spare: int = 0) -> Iterator[None]:
    """No more than so many bytes are left on this disk while inside."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    os.truncate(ballast, max(0, ballast.stat().st_size - spare))
    try:
        yield
    finally:
        ballast.unlink()
