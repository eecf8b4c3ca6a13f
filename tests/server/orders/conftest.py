"""A shop over a real store on a temporary file."""

from collections.abc import Awaitable, Callable

import pytest

from server.orders.repository import INDEXES
from server.storage.port import Store
from tests.conftest import HeldClock
from tests.server.orders.shop import Shop


@pytest.fixture
async def shop(open_store: Callable[..., Awaitable[Store]], clock: HeldClock) -> Shop:
    return Shop(await open_store(INDEXES), clock)
