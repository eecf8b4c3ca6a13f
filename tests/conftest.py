"""What several test folders share: a real store on a temporary file, and a clock to hold."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.storage.embedded import EmbeddedStore
from server.storage.port import Index

pytest_plugins = ("tests.servers.mongo", "tests.servers.redis", "tests.servers.s3")  # further servers: one word each

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


class HeldClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


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
