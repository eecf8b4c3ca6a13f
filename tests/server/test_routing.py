"""What every route bears, asked of a whole house: bodies, headers and addresses of any kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server import openapi
from server.app import open_house
from server.routing import MAX_JSON_BYTES, Call, Route
from server.settings import Settings
from tests.server.web import serving

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


async def test_a_header_that_is_not_text_is_refused_wherever_it_goes(client):
    guest = await (await client.post("/api/sessions", json={"name": "Ada"})).json()
    token = guest["token"].encode()
    for head in (
        b"GET /api/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer vk_a\xff_b",
        b"POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nIdempotency-Key: \xff"
        b"\r\nAuthorization: Bearer " + token,
        b"GET /openapi.json HTTP/1.1\r\nHost: \xff",
    ):
        assert await status_of(client, head) == 400


async def test_a_host_that_is_none_is_refused_where_it_matters(client):
    for host in (b"[", b"a:99999999"):
        assert await status_of(client, b"GET /openapi.json HTTP/1.1\r\nHost: " + host) == 400
        assert await status_of(client, b"GET /healthz HTTP/1.1\r\nHost: " + host) == 200


async def test_a_name_too_long_for_the_disk_is_not_found(client):
    assert (await client.get("/js/" + "a" * 5000)).status == 404


async def test_a_token_that_has_ended_does_not_close_what_is_open_to_everybody(client):
    stale = {"Authorization": "Bearer stale"}
    assert (await client.get("/api/products", headers=stale)).status == 200
    again = await client.post("/api/sessions", json={"name": "Ada"}, headers=stale)
    assert again.status == 201
    refused = await client.get("/api/orders", headers=stale)
    problem = await refused.json(content_type=None)
    assert (refused.status, problem["type"]) == (401, "invalid-token")


async def status_of(client: TestClient, head: bytes) -> int:
    """Of a request that no client library would send."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head + b"\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def test_a_body_that_may_be_missing_is_none():
    async def tell(call: Call) -> dict[str, Any]:
        return {"body": call.body}

    route = Route("POST", "/told", tell, "Tell", body=dict[str, int], optional_body=True)
    async with serving([route]) as client:
        assert await (await client.post("/told")).json() == {"body": None}
        assert await (await client.post("/told", json={"a": 1})).json() == {"body": {"a": 1}}
        assert (await client.post("/told", json=[])).status == 422
    (operation,) = openapi.document([route], "1", "http://x")["paths"]["/told"].values()
    assert operation["requestBody"]["required"] is False
