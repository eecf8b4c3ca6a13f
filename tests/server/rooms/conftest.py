"""Houses for the room tests, on the fast lane and on the plain path."""

from collections.abc import AsyncIterator

import pytest

from tests.server.rooms.house import House, opened


@pytest.fixture
async def house(open_store) -> AsyncIterator[House]:
    async with opened(await open_store()) as house:
        yield house


@pytest.fixture(params=["fast", "plain"])
async def any_house(request, open_store) -> AsyncIterator[House]:
    async with opened(await open_store(), {"fast": request.param == "fast"}) as house:
        assert house.sockets.fast == (request.param == "fast")
        yield house
