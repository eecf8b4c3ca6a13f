"""The real server as a process of its own: started, asked, killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "scenes" / "demo"
START_SECONDS = 900  # the first start converts every model, on a machine that may be busy
QUIET = {
    "VITRINE_WEBHOOK_ALLOW_HTTP": "true",
    "VITRINE_WEBHOOK_RETRY_SCALE": "0.002",
    "VITRINE_CONVERSION_PICTURES": "false",  # twenty models' would take minutes
}


@dataclass
class Running:
    """A server process; `data` outlives it, and so does `port` when it is not 0."""

    data: Path
    arguments: tuple[str, ...] = ("--demo",)
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    work: str = "serve"  # or `worker`, which has no port
    begun_at: int = 0  # in the log, which goes on from one start to the next

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    @property
    def url(self) -> str:
        return json.loads((self.data / "server.json").read_text())["url"]

    def start(self) -> "Running":
        self.begin()
        return self.until_up()

    def begin(self) -> None:
        """The process runs; it may take a while until it answers."""
        listens = ["--port", str(self.port)] if self.work == "serve" else []
        command = [sys.executable, "-m", "server", self.work, *listens, "--data", str(self.data)]
        environment = {**os.environ, **QUIET, **self.environment, "NO_COLOR": "1"}
        with self.log.open("ab") as log:
            self.begun_at = log.tell()
            self.process = subprocess.Popen(
                [*command, *self.arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
            )

    def until_up(self) -> "Running":
        """Answers when it does."""
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if "Ctrl-C stops" in self.output()[self.begun_at :]:
                return self
            if not self.runs():
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not come up:\n{self.output()[-4000:]}")

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def access(self) -> dict[str, str]:
        """What `--demo` prints: login, password, key."""
        return json.loads((self.data / "demo-access.json").read_text())

    def kill(self) -> None:
        """As a power cut would: SIGKILL to it and to whatever it started."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            target = os.killpg if number == signal.SIGKILL else os.kill
            target(self.process.pid, number)
        self.process.wait(timeout=30)
        self.process = None


@contextlib.contextmanager
def running(data: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    server = Running(data, arguments, environment).start()
    try:
        yield server
    finally:
        server.stop()
