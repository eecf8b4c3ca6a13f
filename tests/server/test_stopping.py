"""A server that is told to stop finishes what is under way, and loses nothing of the rest."""

import asyncio
import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.app import open_house
from server.auth import Role
from server.settings import Settings
from tests.flows.process import Running
from tests.server.telemetry.shopping import PICKUP, shopping

STOP_SECONDS = 2.0
MODEL = bytes(range(256)) * 4096  # 1 MiB; nobody converts it here


class Wire:
    """One HTTP request, sent as slowly as one likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url: str, line: str, headers: dict[str, str]) -> "Wire":
        host, port = url.removeprefix("http://").split(":")
        wire = cls(*await asyncio.open_connection(host, int(port)))
        head = [
            f"{line} HTTP/1.1",
            f"Host: {host}:{port}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        await wire.send("\r\n".join([*head, "", ""]).encode())
        return wire

    async def send(self, part: bytes) -> None:
        self.writer.write(part)
        await self.writer.drain()

    def close(self) -> None:
        self.writer.close()

    async def answer(self) -> tuple[int, Any]:
        raw = await self.reader.read()
        head, _, body = raw.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


@pytest.fixture
async def server(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    async with shopping(data) as (house, _):
        key = await house.people.create_key("test", Role.DESIGNER)
    environment = {
        "VITRINE_STOP_SECONDS": str(STOP_SECONDS),
        "VITRINE_CONVERSIONS": "0",
        "VITRINE_LOG_JSON": "true",
    }
    running = Running(data, (), environment).start()
    running.key = key  # type: ignore[attr-defined]
    yield running
    running.kill()


async def sign_in(url: str) -> dict[str, str]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url}/api/sessions", json={"name": "Ada"}) as answer,
    ):
        return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def begin_upload(http: aiohttp.ClientSession, url: str) -> str:
    name = base64.b64encode(b"a.glb").decode()
    headers = {"Upload-Length": str(len(MODEL)), "Upload-Metadata": f"filename {name}"}
    async with http.post(f"{url}/api/uploads", headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        return answer.headers["Location"].removeprefix(url)


async def test_an_order_and_an_upload_under_way_survive_being_told_to_stop(server: Running):
    url, ada = server.url, await sign_in(server.url)
    designer = {"Authorization": f"Bearer {server.key}", "Tus-Resumable": "1.0.0"}  # type: ignore[attr-defined]
    async with aiohttp.ClientSession(headers=designer) as http:
        path = await begin_upload(http, url)
    body = json.dumps({"lines": [{"sku": "TEA-01", "quantity": 1}], "fulfilment": PICKUP}).encode()
    said = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    order = await Wire.open(url, "POST /api/orders", {**ada, **said, "Idempotency-Key": "k"})
    await order.send(body[:10])
    chunk = {
        **designer,
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(len(MODEL)),
        "Upload-Offset": "0",
    }
    upload = await Wire.open(url, f"PATCH {path}", chunk)
    await upload.send(MODEL[: len(MODEL) // 2])
    await asyncio.sleep(0.3)

    process = server.process
    assert process is not None
    process.terminate()
    began = time.monotonic()
    await asyncio.sleep(0.3)
    with pytest.raises(OSError, match="onnect"):
        await sign_in(url)
    await order.send(body[10:])
    status, placed = await order.answer()
    order.close()
    assert (status, placed["status"]) == (201, "placed")
    assert await asyncio.to_thread(process.wait, 20) == 0
    assert STOP_SECONDS < time.monotonic() - began < STOP_SECONDS + 8
    upload.close()

    server.process = None
    url = server.start().url
    async with aiohttp.ClientSession(headers=designer) as http:
        async with http.get(f"{url}/api/orders/{placed['id']}", headers=ada) as answer:
            assert (await answer.json())["status"] == "placed"
        async with http.head(url + path) as answer:
            offset = int(answer.headers["Upload-Offset"])
        assert offset == len(MODEL) // 2, "every byte that came is kept"
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        async with http.patch(url + path, data=MODEL[offset:], headers=headers) as answer:
            assert answer.status == 204
    server.stop()
    stored = server.data / "blobs" / hashlib.sha256(MODEL).hexdigest()
    assert stored.read_bytes() == MODEL


async def test_a_second_signal_ends_it_at_once_and_nothing_accepted_is_lost(server: Running):
    url, ada = server.url, await sign_in(server.url)
    body = {"lines": [{"sku": "TEA-01", "quantity": 1}], "fulfilment": PICKUP}
    async with (
        aiohttp.ClientSession(headers={**ada, "Idempotency-Key": "k"}) as http,
        http.post(f"{url}/api/orders", json=body) as answer,
    ):
        placed = await answer.json()
    said = {"Content-Type": "application/json", "Content-Length": "100"}
    slow = await Wire.open(url, "POST /api/orders", {**ada, **said})  # holds the first signal up
    process = server.process
    assert process is not None
    process.terminate()
    await asyncio.sleep(0.5)
    process.terminate()
    assert await asyncio.to_thread(process.wait, 2) == 1
    slow.close()
    server.process = None
    house = await open_house(Settings(data=server.data))
    kept = await house.orders.service.book.order(placed["id"])
    await house.close()
    assert kept is not None
    assert kept.placed_at
