"""Houses for the room tests, on the fast lane and on the plain path."""

from collections.abc import AsyncIterator, Callable

import pytest

from server.rooms.repository import INDEXES
from tests.server.rooms.house import House, opened


@pytest.fixture
def open_store(open_store: Callable) -> Callable:
    """As elsewhere, with the indexes of rooms."""
    return lambda name="vitrine.db": open_store(INDEXES, name)


@pytest.fixture
async def house(open_store) -> AsyncIterator[House]:
    async with opened(await open_store()) as house:
        yield house


@pytest.fixture(params=["fast", "plain"])
async def any_house(request, open_store) -> AsyncIterator[House]:
    async with opened(await open_store(), {"fast": request.param == "fast"}) as house:
        assert house.sockets.fast == (request.param == "fast")
        yield house
