"""A server whose MongoDB is away: it says so, and goes on by itself when it is back."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.app import open_house
from server.folder import Stopped
from server.process import opened
from server.settings import Settings
from server.storage import mongo
from tests.servers.mongo import MongoServer
from tests.servers.ports import free_ports


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "PATIENCE_SECONDS", 0.6)


async def test_requests_are_answered_503_until_it_is_back(
    mongo_server: MongoServer, tmp_path: Path
) -> None:
    url = mongo_server.url(f"test_{uuid.uuid4().hex}")
    house = await open_house(Settings(data=tmp_path, database_url=url))
    try:
        async with TestClient(TestServer(house.web)) as client:
            assert (await client.get("/api/products")).status == 200
            mongo_server.kill()
            answer = await client.get("/api/products")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert answer.content_type == "application/problem+json"
            assert (await answer.json())["type"] == "storage-unavailable"
            await asyncio.to_thread(mongo_server.start)
            assert await until_200(client, "/api/products")
    finally:
        await house.close()


async def until_200(client: TestClient[Any, Any], path: str) -> bool:
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        if (await client.get(path)).status == 200:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_server_does_not_start_without_it_and_says_why(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = Settings(data=tmp_path, database_url=f"mongodb://127.0.0.1:{port}/x")
    with pytest.raises(Stopped, match="MongoDB cannot be reached"):
        async with opened(settings):
            pass
