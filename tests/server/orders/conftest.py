"""A shop over a real store: SQLite's, then MongoDB's."""

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.conftest import HeldClock
from tests.server.orders.shop import Shop, opened


@pytest.fixture(params=["sqlite", "mongodb"])
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Of an empty store, each time."""
    if request.param == "mongodb":
        new_url: Callable[[], str] = request.getfixturevalue("new_mongo_url")
        return new_url
    numbers = itertools.count()
    return lambda: str(tmp_path / f"house-{next(numbers)}")


@pytest.fixture
async def shop(new_address: Callable[[], str], clock: HeldClock) -> AsyncIterator[Shop]:
    async with opened(new_address()) as store:
        yield Shop(store, clock)
