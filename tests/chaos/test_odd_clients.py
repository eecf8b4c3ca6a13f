"""Clients that are strange rather than malformed: nobody else notices them."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from server.auth import Person, Role
from server.rooms.acts import Outcome
from server.rooms.messages import Said
from server.rooms.pose import Pose, encode
from server.rooms.repository import INDEXES
from tests.chaos.real import RealGuest, settled
from tests.server.rooms.house import BOUNDS, House, opened

POSE = '451-["pose",{"_placeholder":true,"num":0}]'
FLOOD = 1_000  # messages a second


@pytest.fixture
async def house(open_store, caplog) -> AsyncIterator[House]:
    options = {"connect_seconds": 1.0}
    with capture_logs() as logged:
        async with opened(
            await open_store(INDEXES), options, new_id=lambda: uuid.uuid4().hex
        ) as house:
            yield house
    assert not [entry for entry in logged if entry["log_level"] == "error"]
    # python-socketio's client drops the announcement, not the attachment, when it disconnects.
    broken = [record for record in caplog.records if record.levelname == "ERROR"]
    assert not [record for record in broken if "AsyncClient" not in record.getMessage()]


@pytest.mark.parametrize("wrong", [-1e15, -1.0, 0.0, 7e12])
async def test_a_wrong_clock_moves_nobody_else_and_is_told_the_right_time(house: House, wrong):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    answer = await anna.act("clock", t=wrong)
    assert answer["ok"]
    assert answer["t"] == wrong
    assert abs(answer["server_time"] - time.time() * 1000) < 5_000
    for step, t in enumerate((65_535, 0, 1, 65_535, 30_000)):  # its time of sending jumps about
        x = 1 + step / 10
        await anna.socket.emit("pose", encode(Pose(t, (x, 1.6, 1)), BOUNDS))
        await bruno.sees(anna.index, x, 1)
    assert (await anna.act("grab", object="lamp"))["lease_ms"] == 3000
    await bruno.hears("held", by=anna.avatar_id)


async def test_a_thousand_messages_a_second_are_stopped_and_the_others_go_on(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    async with ClientSession() as http:
        mallory = RealGuest(house, http, Person("m", "Mallory", Role.SHOPPER))
        await mallory.enter()

        async def flood() -> None:
            for number in range(3 * FLOOD):
                await mallory.send(f'42{number}["say",{{"text":"{number}"}}]')
                if number % 50 == 0:
                    await asyncio.sleep(50 / FLOOD)

        flooding = asyncio.create_task(flood())
        for step in range(20):
            await anna.stand(1 + step / 10, 1)
            await bruno.sees(anna.index, 1 + step / 10, 1)
        assert (await bruno.act("say", text="quiet here"))["ok"]
        await flooding
        await settled(lambda: not mallory.connected or len(mallory.answers) == 3 * FLOOD)
        refused = [a for (a,) in mallory.answers if not a["ok"]]
        assert all(a["error"]["type"] == "too-many" for a in refused)
        assert not mallory.connected or len(refused) > 2 * FLOOD
        # Of what Mallory said, only what a visitor may say has reached the others.
        assert len(anna.heard["said"]) < FLOOD / 10
        mallory.close()


async def test_who_never_reads_costs_little_and_is_let_go(house: House, monkeypatch):
    monkeypatch.setattr("server.rooms.lane.DROP_SECONDS", 1.0)
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    async with ClientSession() as http:
        deaf = RealGuest(house, http, Person("d", "Deaf", Role.SHOPPER))
        await deaf.enter()
        transport = deaf.websocket._response.connection.transport  # type: ignore[union-attr]
        transport.pause_reading()
        await anna.hears("joined")
        live = next(house.hub.rooms())
        text = "x" * 500
        ends = time.monotonic() + 60
        number = 0
        while deaf.guest.me in live.room.company.avatars and time.monotonic() < ends:
            number += 1
            await anna.stand((number % 40) / 10, 1)
            if number % 10 == 0:
                await bruno.act("say", text=text)
            waiting = [c.wire.waiting_bytes for c in house.sockets._connections.values()]
            assert max(waiting) < 2**20
            await asyncio.sleep(0.005)
            if number % 4 == 0:  # much that has to be told, faster than a visitor may say it
                told = Said(live.room.company.next(), bruno.avatar_id, "Bruno", text)
                house.sockets.carry_out(live, Outcome([told]))
        assert deaf.guest.me not in live.room.company.avatars
        await bruno.hears("left", avatar_id=deaf.guest.me)
        deaf.close()


async def test_who_never_joins_the_namespace_takes_no_place(house: House):
    anna = await house.enter("Anna")
    url = f"{house.url}/socket.io/?EIO=4&transport=websocket"
    async with ClientSession() as http:
        lines = [await http.ws_connect(url) for _ in range(50)]
        assert len(next(house.hub.rooms()).seats) == 1
        await settled(lambda: len(house.sockets.gate.eio.sockets) == 1)
        for line in lines:
            await line.receive()
            line._response.close()
    assert (await anna.act("say", text="still here"))["ok"]
    assert not anna.heard["joined"]
