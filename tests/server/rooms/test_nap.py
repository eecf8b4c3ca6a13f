"""Fewer wake-ups while poses stream in, and none of it while the house is quiet."""

import asyncio
import time

import pytest

from server.rooms.nap import ASLEEP_ABOVE, NAP_SECONDS, TURNS, WINDOW_SECONDS, Nap
from tests.server.rooms.house import House, eventually


async def stream(nap: Nap, rate: float, seconds: float) -> int:
    """Poses at this rate; how often the loop had turned when they ended."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    turns = told = 0
    while (now := loop.time()) - began < seconds:
        due = int(rate * (now - began))
        nap.moved(due - told, now)
        told = due
        await asyncio.sleep(0)
        turns += 1
    return turns


async def test_a_stream_of_poses_lets_the_loop_sleep():
    nap = Nap(asyncio.get_running_loop())
    await stream(nap, 2 * ASLEEP_ABOVE, 2 * WINDOW_SECONDS)
    assert nap.napping
    began, work = time.perf_counter(), time.thread_time()
    turns = await stream(nap, 2 * ASLEEP_ABOVE, 0.4)
    took, worked = time.perf_counter() - began, time.thread_time() - work
    assert turns <= (took / NAP_SECONDS + 2) * TURNS
    assert worked < took / 2
    nap.close()


async def test_the_steps_of_one_request_do_not_wait_one_by_one():
    nap = Nap(asyncio.get_running_loop())
    await stream(nap, 2 * ASLEEP_ABOVE, 2 * WINDOW_SECONDS)
    naps: list[float] = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(TURNS - 2):
            await asyncio.sleep(0)
        naps.append(time.perf_counter() - began)
    assert sorted(naps)[10] < 2 * NAP_SECONDS  # one nap at most lies between
    nap.close()


async def test_a_quiet_house_does_not_nap():
    nap = Nap(asyncio.get_running_loop())
    await stream(nap, ASLEEP_ABOVE / 2, 3 * WINDOW_SECONDS)
    assert not nap.napping


async def test_it_wakes_when_the_stream_gets_thin_and_when_it_ends():
    nap = Nap(asyncio.get_running_loop())
    await stream(nap, 2 * ASLEEP_ABOVE, 2 * WINDOW_SECONDS)
    await stream(nap, 50, 3 * WINDOW_SECONDS)
    assert not nap.napping
    await stream(nap, 2 * ASLEEP_ABOVE, 2 * WINDOW_SECONDS)
    assert nap.napping
    await eventually(lambda: not nap.napping)


async def test_a_loop_with_much_to_do_does_not_sleep_as_well(monkeypatch):
    slept: list[float] = []
    nap = Nap(asyncio.get_running_loop())
    await stream(nap, 2 * ASLEEP_ABOVE, 2 * WINDOW_SECONDS)
    monkeypatch.setattr("server.rooms.nap.time.sleep", slept.append)
    for _ in range(5 * TURNS):
        until = time.perf_counter() + 2 * NAP_SECONDS / TURNS
        while time.perf_counter() < until:
            pass
        await asyncio.sleep(0)
    assert sum(slept) <= NAP_SECONDS
    nap.close()


@pytest.mark.parametrize("people", [8])
async def test_a_lively_house_naps_and_everybody_is_still_seen(any_house: House, people: int):
    crowd = [await any_house.enter(f"P{number}") for number in range(people)]
    lanes = any_house.sockets.lanes
    for step in range(60):
        for number, person in enumerate(crowd):
            await person.stand(number * 0.3, step * 0.05, t=step * 10)
        await asyncio.sleep(0.005)
    for person in crowd:
        for number, other in enumerate(crowd):
            await person.sees(other.index, number * 0.3, 59 * 0.05)
    assert (await crowd[0].act("say", text="still here"))["ok"]
    await eventually(lambda: not lanes.beat.pace.streaming)
