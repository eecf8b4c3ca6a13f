"""What several test folders share: a real store on a temporary file, and a clock to hold."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from server.storage.embedded import EmbeddedStore
from server.storage.port import Index
from tests.flows.process import Running
from tests.flows.shared import shared_demo

pytest_plugins = (
    "tests.several",
    "tests.servers.mongo",
    "tests.servers.redis",
    "tests.servers.s3",
)  # further servers: one word each

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_configure() -> None:
    """Hundreds of processes start in these tests: only the first of them compiles the sources.

    Where Python is told to write nothing beside the sources, it writes into its environment: half
    of a server's start would be compiling.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(sys.prefix) / "bytecode")


class HeldClock:
    """A clock that moves only when told; `steady` is the one that nobody sets, in seconds."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return self.now

    def steady(self) -> float:
        return self.seconds

    def forward(self, **by: float) -> None:
        """Time passes."""
        self.jump(**by)
        self.seconds += timedelta(**by).total_seconds()

    def jump(self, **by: float) -> None:
        """Somebody sets the clock."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(scope="session", autouse=True)
def demo_begun(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[Running] | None]:
    """The server of all journeys, from the first test on."""
    if not any("demo" in item.fixturenames for item in request.session.items):
        yield None
        return
    folder, worker = tmp_path_factory.getbasetemp(), os.environ.get("PYTEST_XDIST_WORKER")
    with shared_demo(folder.parent if worker else folder, worker or "all") as server:
        yield server


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return Path(__file__).parent.parent


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[Callable]:
    """Opens real embedded stores, and closes them after the test."""
    opened: list[EmbeddedStore] = []

    async def open_one(indexes: Iterable[Index] = (), name: str = "vitrine.db") -> EmbeddedStore:
        opened.append(await EmbeddedStore.open(tmp_path / name, indexes))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()
