"""Readiness: who is away, said soon and by name; liveness does not mind."""

import asyncio
import time

import pytest

from server.telemetry.metrics import Metrics
from server.telemetry.readiness import NotReady, Readiness
from tests.server.telemetry.shopping import figures, shopping, value
from tests.servers.redis import RedisServer


async def fine() -> None:
    pass


async def broken() -> None:
    raise ConnectionError("refused")


async def hanging() -> None:
    await asyncio.sleep(60)


async def test_engines_that_fail_or_hang_are_away_and_the_others_named_when_all_are_here():
    readiness = Readiness(Metrics(), {"sqlite": fine, "blobs": fine}, seconds=0.1)
    assert await readiness.check() == ["blobs", "sqlite"]
    readiness = Readiness(
        Metrics(), {"sqlite": fine, "blobs": broken, "redis": hanging}, seconds=0.1
    )
    began = time.monotonic()
    with pytest.raises(NotReady) as raised:
        await readiness.check()
    assert time.monotonic() - began < 10
    assert raised.value.facts["engines"] == ["blobs", "redis"]
    assert raised.value.message == "Away: blobs, redis."


async def test_a_hundred_askers_ask_the_engines_once():
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1

    readiness = Readiness(Metrics(), {"sqlite": count})
    await asyncio.gather(*(readiness.check() for _ in range(100)))
    assert asked == 1


async def test_a_server_that_stops_is_not_ready_and_lives(tmp_path):
    async with shopping(tmp_path) as (house, client):
        async with client.get("/readyz") as answer:
            assert answer.status == 200
            assert await answer.json() == {"status": "ready", "engines": ["blobs", "sqlite"]}
        house.watch.readiness.stopping = True
        async with client.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["type"]) == (503, "not-ready")
            assert answer.headers["Retry-After"] == "1"
        async with client.get("/healthz") as answer:
            assert answer.status == 200


async def test_a_redis_that_dies_makes_it_unready_and_is_in_the_figures(tmp_path):
    redis = RedisServer(tmp_path)
    redis.start()
    try:
        async with shopping(tmp_path, redis_url=redis.url()) as (_, client):
            async with client.get("/readyz") as answer:
                assert (await answer.json())["engines"] == ["blobs", "redis", "sqlite"]
            redis.kill()
            await asyncio.sleep(0.6)  # an answer is kept for half a second
            async with client.get("/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["engines"] == ["redis"]
            found = await figures(client)
    finally:
        redis.kill()
    assert value(found, "vitrine_ready", engine="redis") == 0
    assert value(found, "vitrine_ready", engine="sqlite") == 1
