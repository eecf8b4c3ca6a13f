"""A house per test, with its background tasks, and somebody who talks tus to it."""

import pytest

from server.assets.repository import INDEXES
from tests.server.assets.house import build, working
from tests.server.assets.tus_talk import Tus
from tests.server.web import serving


@pytest.fixture
async def make_house(tmp_path, open_store):
    async def make(**options):
        return build(tmp_path, await open_store(INDEXES), **options)

    return make


@pytest.fixture
async def house(make_house):
    """Nothing runs in the background yet."""
    return await make_house()


@pytest.fixture
async def client(house):
    async with serving(house.routes) as client:
        yield client


@pytest.fixture
async def tus(client):
    return Tus(client)


@pytest.fixture
async def at_work(house):
    """The house with its background tasks running."""
    async with working(house):
        yield house
