"""The MongoDB engine: the contract, and what only a server that is elsewhere can do."""

from collections.abc import AsyncIterator

import pytest

from server.storage.mongo import MongoStore
from tests.server.storage.contract import INDEXES, StoreContract


class TestMongo(StoreContract):
    @pytest.fixture
    async def store(self, mongo_url: str) -> AsyncIterator[MongoStore]:
        store = await MongoStore.open(mongo_url, INDEXES)
        yield store
        await store.close()
