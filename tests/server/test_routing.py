"""What every route bears, asked of a whole house: bodies, headers and addresses of any kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.app import open_house
from server.routing import MAX_JSON_BYTES
from server.settings import Settings

JSON = {"Content-Type": "application/json"}
BLOCK = b"x" * 100_000


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[TestClient]:
    house = await open_house(Settings(data=tmp_path))
    async with TestClient(TestServer(house.web)) as client:
        yield client
    await house.close()


async def test_a_body_that_tells_no_length_is_stopped_at_the_limit(client):
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'"'
        while sent < 20 * MAX_JSON_BYTES:
            sent += len(BLOCK)
            yield BLOCK
            await asyncio.sleep(0)

    answer = await client.post("/api/sessions", data=endless(), headers=JSON)
    assert (answer.status, (await answer.json(content_type=None))["type"]) == (413, "too-large")
