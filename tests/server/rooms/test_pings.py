"""Pings come again and again, and who does not answer is gone."""

import pytest

from server.rooms import pings
from tests.server.rooms.house import House
from tests.server.rooms.raw import entered


@pytest.fixture
def hasty(house: House, monkeypatch) -> House:
    """Pings follow each other at once, the first of each connection included."""
    monkeypatch.setattr(pings, "PING_SECONDS", 0.05)
    return house


async def test_every_answer_is_followed_by_another_ping(hasty: House):
    async with entered(hasty) as unity:
        for _ in range(4):
            await unity.hears("2")  # and answers


async def test_answers_that_nobody_asked_for_bring_no_pings(house: House):
    async with entered(house) as unity:
        for _ in range(100):
            await unity.send("3")
        await unity.send('421["say",{"text":"still here"}]')
        await unity.hears("431")
        assert len(house.sockets.gate.pings._due) <= 1


async def test_who_does_not_answer_is_gone(hasty: House, monkeypatch):
    monkeypatch.setattr(pings, "ANSWER_SECONDS", 0.3)
    anna = await hasty.enter("Anna")
    async with entered(hasty) as unity:
        await unity.hears("2")
        await anna.hears("left")
