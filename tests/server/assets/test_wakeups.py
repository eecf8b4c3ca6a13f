"""Workers are woken through a real Redis, and need nobody to wake them."""

import asyncio
import contextlib
import time
import uuid

from server.assets.wakeups import Wakeups
from tests.server.assets.house import working
from tests.server.assets.test_jobs import bring
from tests.server.assets.tus_talk import ended, model, until


class Ear:
    """Who is woken, and when there is room."""

    def __init__(self) -> None:
        self.woken = 0
        self.room = asyncio.Event()
        self.room.set()

    async def __call__(self) -> None:
        await self.room.wait()
        self.woken += 1


@contextlib.asynccontextmanager
async def listening(*wakeups: Wakeups):
    tasks = [asyncio.create_task(one.run()) for one in wakeups]
    try:
        await until(lambda: all(one.connected for one in wakeups))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_call_wakes_one_worker_that_has_room(redis):
    name = uuid.uuid4().hex
    full, free = Ear(), Ear()
    full.room.clear()
    bell = Wakeups(redis.url(), name=name)
    ears = [Wakeups(redis.url(), ear, name=name) for ear in (full, free)]
    async with listening(bell, *ears):
        for n in range(5):
            bell.ring(f"asset-{n}")
        await until(lambda: free.woken >= 4)  # the full one holds back one call at the most
        full.room.set()
        await until(lambda: free.woken + full.woken == 5)


async def test_a_bell_without_redis_is_silent_and_rings_when_there_is_one(redis):
    ear, name = Ear(), uuid.uuid4().hex
    bell = Wakeups("redis://127.0.0.1:1/0", name=name)
    task = asyncio.create_task(bell.run())
    bell.ring("nobody hears it")
    await asyncio.sleep(0.2)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    both = Wakeups(redis.url(), ear, name=name)
    async with listening(both):
        both.ring("asset")
        await until(lambda: ear.woken == 1)


async def test_a_redis_that_is_emptied_or_killed_costs_a_second_and_no_conversion(
    make_house, redis
):
    house = await make_house()
    wakeups = Wakeups(redis.url(), house.jobs.woken, name="x")
    house.assets.rings.append(wakeups.ring)
    async with listening(wakeups), working(house):
        for harm in (lambda: None, redis.empty, redis.kill):
            harm()
            began = time.monotonic()
            id = await bring(house, model(n=str(harm)))
            await ended(house.assets, id)
            assert time.monotonic() - began < 10
        redis.start()
        asset = await ended(house.assets, await bring(house, model(n=4)))
        assert asset.attempts == 1
