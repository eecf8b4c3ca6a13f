"""Two hundred real sockets, cut and mended at random while everybody goes on."""

import asyncio
import random
import uuid
from collections import Counter

import pytest
from aiohttp import ClientSession, TCPConnector
from structlog.testing import capture_logs

from server.auth import Person, Role
from server.rooms.limits import Budgets
from server.rooms.repository import INDEXES
from tests.chaos.real import RealGuest, settled
from tests.server.rooms.house import House, opened

SOCKETS = 200
ROUNDS = 3
HOW = ["reset", "reset", "close", "goodbye", "silence"]


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "plain"])
async def test_two_hundred_come_and_go_and_the_rooms_are_whole(open_store, fast: bool, caplog):
    options = {"fast": fast, "budgets": Budgets(limited=False)}
    sockets = SOCKETS if fast else SOCKETS // 4
    dice, counts = random.Random(11), Counter[str]()
    with capture_logs() as logged:
        async with (
            opened(await open_store(INDEXES), options, new_id=lambda: uuid.uuid4().hex) as house,
            ClientSession(connector=TCPConnector(limit=0)) as http,
        ):
            people = [Person(f"p{n}", f"P{n}", Role.SHOPPER) for n in range(sockets)]
            guests = [RealGuest(house, http, person) for person in people]
            for some in range(0, sockets, 25):
                await asyncio.gather(*(guest.enter() for guest in guests[some : some + 25]))
            for some in range(0, sockets, 50):
                flock = guests[some : some + 50]
                await asyncio.gather(*(one_stays_restless(one, dice, counts) for one in flock))
            here = [guest for guest in guests if guest.connected]
            gone = [guest for guest in guests if not guest.connected]
            assert min(len(here), len(gone)) > sockets / 10
            await settled(lambda: whole(house, here))
            revs = {live.room.id: live.room.rev for live in house.hub.rooms()}
            await settled(lambda: all(g.guest.rev == revs[g.guest.room] for g in here))
            for one in here:
                agrees(house, one)
            for one in guests:
                one.close()
            await settled(lambda: whole(house, []))
    print(dict(counts))
    assert counts["replayed"] > sockets / 4
    assert not [entry for entry in logged if entry["log_level"] == "error"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def one_stays_restless(one: RealGuest, dice: random.Random, counts: Counter[str]) -> None:
    """Cut and back a few times; at last here, or gone."""
    for _ in range(ROUNDS):
        await one.send('42["grab",{"object":"lamp"}]', '42["say",{"text":"hi"}]')
        await asyncio.sleep(dice.random() / 10)
        how = dice.choice(HOW)
        counts[how] += 1
        await one.cut(how)
        await asyncio.sleep(dice.random() / 20)
        before = one.guest.me, one.guest.index, one.guest.replays
        auth = one.guest.auth
        if dice.random() < 0.2:
            del auth["rev"]
        await one.dial(auth)
        assert not one.refused
        assert (one.guest.me, one.guest.index) == before[:2]
        counts["replayed"] += one.guest.replays - before[2]
    if dice.random() < 0.3:
        await one.cut("reset")


def whole(house: House, here: list[RealGuest]) -> bool:
    """Whether the rooms hold exactly these, and nobody absent holds anything."""
    present: dict[str, set[str]] = {}
    for one in here:
        present.setdefault(one.guest.room, set()).add(one.guest.me)
    for live in house.hub.rooms():
        expected = present.get(live.room.id, set())
        holders = {grip.by for grip in live.room.objects.grips.values()}
        if set(live.room.company.avatars) != expected or not holders <= expected:
            return False
    return True


def agrees(house: House, one: RealGuest) -> None:
    """What they believe from messages alone is what the room is."""
    guest, live = one.guest, house.hub.open_rooms.find(one.guest.room)
    assert live is not None
    assert guest.avatars | {guest.me} == set(live.room.company.avatars)
