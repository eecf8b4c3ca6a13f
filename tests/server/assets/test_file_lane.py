"""The fast lane answers what the long way would, and only what it may."""

import asyncio
import random
import re
from contextlib import asynccontextmanager

import pytest
import uvloop
from aiohttp import web

from server.assets.file_lane import FileLane, attach
from server.middleware import errors, identify
from server.routing import add_routes
from server.storage.embedded import EmbeddedStore
from tests.server.assets.house import INDEXES, build, working
from tests.server.assets.test_jobs import bring
from tests.server.assets.tus_talk import ended, model
from tests.server.web import who

LARGE = 6_000_000


class Talk:
    """A connection to a server, in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def ask(self, path: str, *headers: str, method: str = "GET") -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: here", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode())

    async def answer(self, pause: float = 0.0) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body, left = bytearray(), int(headers.get("content-length", 0))
        while left and (block := await self.reader.read(min(left, 200_000))):
            body += block
            left -= len(block)
            await asyncio.sleep(pause)
        return int(status.split()[1]), headers, bytes(body)

    async def get(self, path: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        self.ask(path, *headers)
        return await self.answer()


@asynccontextmanager
async def served(tmp_path):
    """A house with a converted asset, its lane, and how to connect."""
    store = await EmbeddedStore.open(tmp_path / "vitrine.db", INDEXES)
    house = build(tmp_path, store)
    async with working(house):
        id = await bring(house, model())
        asset = await ended(house.assets, id)
    app = web.Application(middlewares=[errors(), identify(who)])
    add_routes(app, house.routes)
    runner = web.AppRunner(app, keepalive_timeout=1.0)
    await runner.setup()
    lane = FileLane(house.assets, house.blobs)
    assert attach(runner, lane)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    talks = []

    async def connect() -> Talk:
        talks.append(Talk(*await asyncio.open_connection(*runner.addresses[0][:2])))
        return talks[-1]

    try:
        yield connect, lane, asset, house
    finally:
        for talk in talks:
            talk.writer.close()
        lane.close()
        await runner.cleanup()
        await store.close()


def run(job) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(job, 50))


def test_it_answers_as_the_long_way_does_once_a_file_is_known(tmp_path):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, _):
            talk, path = await connect(), f"/assets/{asset.id}/web.glb"
            first = await talk.get(path)
            assert lane.taken == 0
            again = await talk.get(path, "User-Agent: x", "Accept-Encoding: gzip, br")
            assert lane.taken == 1
            for answer in (first, again):
                answer[1].pop("date")
            assert first == again
            assert first[0] == 200

    run(job())


def test_what_is_not_a_plain_wish_takes_the_long_way(tmp_path):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, _):
            talk, path = await connect(), f"/assets/{asset.id}/web.glb"
            _, headers, whole = await talk.get(path)
            tag = headers["etag"]
            assert (await talk.get(path, "Range: bytes=0-3"))[2] == whole[:4]
            assert (await talk.get(path, f"If-None-Match: {tag}"))[0] == 304
            assert (await talk.get(f"/assets/{asset.id}/none.glb"))[0] == 404
            assert (await talk.get(path + "?x=1"))[2] == whole
            assert (await talk.get(path.replace("web", "%77eb")))[2] == whole
            talk.ask(path, method="HEAD")
            head = (await talk.reader.readuntil(b"\r\n\r\n")).decode()
            assert "200 OK" in head
            assert lane.taken == 0
            assert (await talk.get(path))[2] == whole
            assert lane.taken == 1
            status, headers, _ = await talk.get(path, "Connection: close")
            assert (status, headers["connection"], lane.taken) == (200, "close", 1)
            assert await talk.reader.read() == b""

    run(job())


def test_requests_in_pieces_and_in_a_row_keep_their_order(tmp_path):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, _):
            talk, path = await connect(), f"/assets/{asset.id}/web.glb"
            _, _, whole = await talk.get(path)
            request = f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode()
            # Half a request, whose other half looks like a whole one.
            talk.writer.write(b"POST /api/uploads HTTP/1.1\r\nHost: here\r\nContent-Length: ")
            talk.writer.write(f"{len(request)}\r\n\r\n".encode())
            await asyncio.sleep(0.05)
            talk.writer.write(request)
            assert (await talk.answer())[0] == 401
            assert lane.taken == 0
            talk = await connect()
            for part in (request[:9], request[9:], request * 3, request):
                talk.writer.write(part)
                await asyncio.sleep(0.02)
            for _ in range(5):
                assert (await talk.answer())[2] == whole
            assert (await talk.get(path))[2] == whole

    run(job())


def test_slow_readers_get_all_of_it_and_their_next_wishes_after_it(tmp_path):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, house):
            content = random.Random(3).randbytes(LARGE)
            (tmp_path / "large").write_bytes(content)
            blob = await house.blobs.put(tmp_path / "large")
            file = asset.built.files[0]
            known = {"sha256": blob.key, "bytes": blob.bytes}
            large = type(file)(name="l.glb", **known, profile="web", lod=0, media_type="x/y")
            house.assets._files["large", "l.glb"] = large
            small = f"/assets/{asset.id}/web.glb"
            slow, quick = await connect(), await connect()
            _, _, whole = await quick.get(small)
            slow.ask("/assets/large/l.glb")
            slow.ask(small, "Range: bytes=0-3")
            slow.ask(small)
            assert (await quick.get("/assets/large/l.glb"))[2] == content
            # Longer than the connection may be idle.
            assert (await slow.answer(pause=0.06))[2] == content
            assert (await slow.answer())[2] == whole[:4]
            assert (await slow.answer())[2] == whole
            left = await connect()
            left.ask("/assets/large/l.glb")
            await left.reader.read(10)
            left.writer.transport.abort()
            assert (await (await connect()).get(small))[2] == whole
            assert lane.taken >= 3

    run(job())


def test_an_idle_connection_is_closed_as_ever(tmp_path):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, _):
            talk, path = await connect(), f"/assets/{asset.id}/web.glb"
            await talk.get(path)
            await talk.get(path)
            assert lane.taken == 1
            assert await talk.reader.read() == b""

    run(job())


@pytest.mark.parametrize("harm", ["Host: a\r\nHost: b", "X", "X : y", "A: \x00", "Ä: b"])
def test_what_is_no_request_is_not_answered_as_one(tmp_path, harm):
    async def job():
        async with served(tmp_path) as (connect, lane, asset, _):
            talk, path = await connect(), f"/assets/{asset.id}/web.glb"
            await talk.get(path)
            talk.writer.write(f"GET {path} HTTP/1.1\r\n{harm}\r\n\r\n".encode())
            head = await asyncio.wait_for(talk.reader.read(2000), 5)
            assert lane.taken == 0
            assert re.match(rb"HTTP/1.. [2345]\d\d", head)

    run(job())
