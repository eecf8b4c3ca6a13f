"""The faults: each happens to a house in use, and gives how long it took to be well again."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.faults.house import House, full
from tests.faults.load import Load

Fault = Callable[[House, Load, float], Awaitable[float]]
GIVEN_UP_SECONDS: Final = 3.0  # a silent node has no rooms after so long
JUMPS: Final = (7200, -3600)  # seconds
DUEL: Final = 12  # who enter a room at the same moment


async def mongo_killed(house: House, load: Load, seconds: float) -> float:
    house.mongo.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(house.mongo.start)
    return await load.all_served(time.monotonic())


async def redis_killed(house: House, load: Load, seconds: float) -> float:
    """It comes back empty."""
    house.redis.kill()
    began = time.monotonic()
    upload = asyncio.create_task(load.upload())  # nobody wakes a worker: they look by themselves
    await asyncio.sleep(seconds)
    await load.all_served(began)  # who is inside does not notice
    await asyncio.to_thread(house.redis.start)
    took = await load.all_served(time.monotonic())
    await upload
    return took


async def redis_emptied(house: House, load: Load, seconds: float) -> float:
    await asyncio.to_thread(house.redis.empty)
    return await load.all_served(time.monotonic())


async def s3_away(house: House, load: Load, seconds: float) -> float:
    upload = asyncio.create_task(load.upload(meanwhile=house.s3.kill))
    began = time.monotonic()
    await asyncio.sleep(seconds)
    await load.all_served(began)  # rooms and orders need no files
    assert not upload.done()
    await asyncio.to_thread(house.s3.start)
    began = time.monotonic()
    await upload
    return time.monotonic() - began


async def node_killed(house: House, load: Load, seconds: float) -> float:
    """The one that has the room, with half an upload on its disk; it is started again later."""
    name = await home(house)
    house_is_told = asyncio.Event()
    upload = asyncio.create_task(load.upload(f"/n/{name}", house_is_told.set, pause=0.3))
    await house_is_told.wait()
    house.nodes[name].kill()
    took = await load.all_served(time.monotonic())
    await asyncio.to_thread(house.nodes[name].start)
    await upload
    return took


async def worker_killed(house: House, load: Load, seconds: float) -> float:
    """In the middle of a conversion."""
    asset = await load.upload()
    name = await converting(house, asset)
    house.workers[name].kill()
    began = time.monotonic()
    await ready(house, load, asset)
    took = time.monotonic() - began
    await asyncio.to_thread(house.workers[name].start)
    return took


async def node_frozen(house: House, load: Load, seconds: float) -> float:
    """It has a room, says nothing for too long, and wakes up when another has the room as well."""
    name = await home(house)
    (other,) = house.nodes.keys() - {name}
    house.signal(name, signal.SIGSTOP)
    try:
        await asyncio.sleep(GIVEN_UP_SECONDS + 0.5)
        await load.joined(f"/n/{other}")  # who asks here opens it here
        assert await rooms(house, other) == {"demo-1": other}
    finally:
        house.signal(name, signal.SIGCONT)
    began = time.monotonic()
    async with asyncio.timeout(10):
        while any([await rooms(house, at) != {"demo-1": other} for at in house.nodes]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await load.all_served(time.monotonic())
    return time.monotonic() - began


async def room_claimed_by_two(house: House, load: Load, seconds: float) -> float:
    """Many enter a showroom that nobody is in, through both nodes at once. (Who came the last time
    may still have seats there: then there are two rooms.)"""
    began = time.monotonic()
    seats = await asyncio.gather(
        *(load.joined(f"/n/{name}", "duel") for name in [*house.nodes] * (DUEL // 2))
    )
    places = {(seat["room"], seat["url"]) for seat in seats}
    assert len(places) == len({room for room, _ in places}), "one node for a room"
    assert len({seat["avatar_id"] for seat in seats}) == DUEL
    return time.monotonic() - began


async def clock_jumps(house: House, load: Load, seconds: float) -> float:
    """Of one node and one worker, by hours, forward and back. An S3 store believes nobody whose
    clock is so far off: what is uploaded waits until it is right."""
    uploads = []
    for by in (*JUMPS, 0):
        for name in ("b", "w2"):
            house.set_clock(name, by)
        began = time.monotonic()
        if by > 0:
            uploads.append(asyncio.create_task(load.upload("/n/b")))
        if by:
            await asyncio.sleep(seconds)
        await load.all_served(began)
    await asyncio.gather(*uploads)
    return time.monotonic() - began


async def disk_full(house: House, load: Load, seconds: float) -> float:
    """Of a node that takes an upload, and of a worker."""
    with contextlib.ExitStack() as disks:
        fill = lambda: [disks.enter_context(full(house.data(name))) for name in ("b", "w1")]  # noqa: E731
        upload = asyncio.create_task(load.upload("/n/b", fill))
        before = load.promises.refused["disk-full"]
        async with asyncio.timeout(20):
            while load.promises.refused["disk-full"] == before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await load.all_served(time.monotonic())  # nobody else needs that disk
        assert not upload.done()
    began = time.monotonic()
    await upload
    return time.monotonic() - began


FAULTS: Final[Mapping[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        mongo_killed,
        redis_killed,
        redis_emptied,
        s3_away,
        node_killed,
        worker_killed,
        node_frozen,
        room_claimed_by_two,
        clock_jumps,
        disk_full,
    )
}


# ---- what they look at ----


async def rooms(house: House, at: str) -> dict[str, str]:
    """Rooms with somebody in them and the nodes that have them, as one node sees it."""
    _, found = await house.desk.ask(at, "GET", "/api/rooms")
    return {room["room"]: room["node"] for room in found["items"] if room["room"] == "demo-1"}


async def home(house: House) -> str:
    """The node of the room that everybody is in; another one hears of it within a second."""
    async with asyncio.timeout(5):
        while not (found := await rooms(house, "a")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found["demo-1"]


async def converting(house: House, asset: str) -> str:
    """The worker that has it."""
    async with asyncio.timeout(30):
        while True:
            for name, worker in house.workers.items():
                if f"asset={asset}" in worker.output():
                    return name
            await asyncio.sleep(0.02)


async def ready(house: House, load: Load, asset: str) -> None:
    async with asyncio.timeout(60):
        while True:
            _, _, found = await load.ask("GET", f"/api/assets/{asset}", headers=load.staff)
            if found["status"] == "ready":
                return
            assert found["status"] != "failed", found["error"]
            await asyncio.sleep(0.1)
