"""Pings come again and again, and who does not answer is gone."""

import asyncio

import pytest

from server.rooms import gate, pings
from tests.server.rooms.house import PATIENCE, House, eventually
from tests.server.rooms.raw import RawSocket, entered


async def test_answers_that_nobody_asked_for_bring_no_pings(house: House):
    async with entered(house) as unity:
        for _ in range(100):
            await unity.send("3")
        await unity.send('421["say",{"text":"still here"}]')
        await unity.hears("431")
        assert len(house.sockets.gate.pings._due) <= 1


async def cut_off(socket: RawSocket) -> None:
    """Hears everything, says nothing, and waits for the end."""
    async with asyncio.timeout(PATIENCE):
        async for _ in socket.websocket:
            pass


@pytest.fixture
def curt(any_house: House, monkeypatch) -> House:
    """On either lane, everything that is waited for comes at once."""
    for name, seconds in (("PING_SECONDS", 0.05), ("ANSWER_SECONDS", 0.3)):
        monkeypatch.setattr(pings, name, seconds)
    monkeypatch.setattr(any_house.sockets.gate.eio, "ping_timeout", 0.3)  # engineio's own idea
    monkeypatch.setattr(gate, "CLOSE_SECONDS", 0.1)
    return any_house


async def test_who_does_not_answer_is_gone_whatever_happens_meanwhile(curt: House):
    anna = await curt.enter("Anna")

    async def walk() -> None:
        for step in range(1000):
            await anna.stand(step % 40 * 0.1, 1, t=step * 30)
            await asyncio.sleep(0.03)

    walking = asyncio.create_task(walk())
    async with entered(curt) as unity:
        await cut_off(unity)
        await anna.hears("left")
    walking.cancel()
    await eventually(lambda: len(curt.sockets.gate.eio.sockets) == 1)


async def test_who_says_goodbye_and_stays_on_the_line_is_cut_off(curt: House):
    anna = await curt.enter("Anna")
    async with entered(curt) as unity:
        await unity.send("1")
        await cut_off(unity)
    await anna.hears("left")
    await eventually(lambda: len(curt.sockets.gate.eio.sockets) == 1)


async def test_every_answer_is_followed_by_another_ping_and_who_answers_stays(curt: House):
    async with entered(curt) as unity:
        for _ in range(6):
            await unity.hears("2")  # and answers
        await unity.send('421["say",{"text":"still here"}]')
        await unity.hears("431")
