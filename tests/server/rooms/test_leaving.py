"""Going for good: the place is free at once, and nothing brings the same avatar back to it."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as NotConnected

from server.auth import SESSION, Person, Role
from server.rooms import gate
from server.rooms.doors import Wish
from server.rooms.seats import RoomFull, State
from tests.conftest import HeldClock
from tests.server.rooms.house import House, Shopper, eventually, opened
from tests.server.rooms.test_doors import Line
from vitrine_client import Unreachable, Visitor

SOMEBODY = Person("somebody", "Somebody", Role.SHOPPER)


async def refusal(house: House, token: str) -> str:
    """Why a resume token opens nothing."""
    stranger, refused = house.shopper("Stranger"), []
    stranger.socket.on("connect_error", refused.append)
    with pytest.raises(NotConnected):
        await stranger.connect({"resume": token})
    return str(refused[0]["data"]["type"])


def calls(shopper: Shopper) -> list[dict[str, Any]]:
    return [news for news in shopper.heard["seat"] if news["ticket"]]


async def test_who_leaves_lets_go_and_is_gone_for_the_others(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    (live,) = any_house.hub.rooms()
    await anna.act("grab", object="lamp")
    await anna.act("move", object="lamp", position=[1, 1, 1])
    done = await anna.act("leave")
    assert done == {"ok": True, "rev": live.room.rev}
    left = await bruno.hears("left", avatar_id=anna.avatar_id)
    back = await bruno.hears("held", object="lamp", by=None)
    assert (back["position"], back["rev"] + 1) == ([2, 1, 0], left["rev"])
    assert [seat.avatar_id for seat in live.seats] == [bruno.avatar_id]
    assert not anna.heard["left"]
    answer = await anna.act("say", text="One more thing")
    assert answer["error"]["type"] == "unavailable"


async def test_who_has_left_and_stays_on_the_line_is_cut_off(house: House, monkeypatch):
    monkeypatch.setattr(gate, "CLOSE_SECONDS", 0.1)
    anna = await house.enter("Anna")
    assert (await anna.act("leave"))["ok"]
    await eventually(lambda: not anna.socket.connected)
    assert not anna.heard["problem"]


async def test_the_seat_is_free_at_once_and_its_token_opens_nothing(open_store):
    async with opened(await open_store(), capacity=1, watchers=0) as house:
        anna, wish = await house.enter("Anna"), Wish(room="demo-1")
        with pytest.raises(RoomFull):
            await house.hub.ways.join("demo", SOMEBODY, "", wish)
        assert (await anna.act("leave"))["ok"]
        assert await refusal(house, anna.welcome["resume"]) == "seat-gone"
        again = await house.enter("Anna")  # who has changed their mind comes in anew
        assert again.welcome["room"] == "demo-1"
        assert again.avatar_id != anna.avatar_id


async def test_a_room_that_was_closed_and_opened_again_does_not_know_them(open_store):
    store = await open_store()
    async with opened(store) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        assert (await anna.act("leave"))["ok"]
        await house.hub.keeper.keep()
        tokens = [one.welcome["resume"] for one in (anna, bruno)]
    async with opened(store) as house:
        await house.shopper("Bruno").connect({"resume": tokens[1]})
        assert await refusal(house, tokens[0]) == "seat-gone"
        assert len(next(house.hub.rooms()).seats) == 1


async def test_a_line_that_was_taken_over_cannot_give_the_seat_up(house: House):
    anna = await house.enter("Anna")
    phone = house.shopper("Anna")
    await phone.connect({"resume": anna.welcome["resume"]})
    (live,) = house.hub.rooms()
    answer = await house.sockets._on_event(anna.socket.eio.sid, "leave", [{}])
    assert answer["error"]["type"] == "unavailable"
    assert live.seats.find(anna.avatar_id).state is State.TAKEN
    assert (await phone.act("say", text="Still here"))["ok"]


async def test_who_leaves_the_line_makes_room_in_it(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock, capacity=1) as house:
        line = Line(house, clock)
        anna = await house.enter("Anna")
        bruno, carla, dora = [await line.wait(name) for name in ("Bruno", "Carla", "Dora")]
        line.tick()
        assert (await bruno.act("leave"))["ok"]
        assert (await anna.act("leave"))["ok"]
        line.tick()
        await dora.hears("seat", place=1)
        await carla.until(lambda: calls(carla))
        # The seat that is kept for who was called is free as well.
        assert (await carla.act("leave"))["ok"]
        line.tick()
        await dora.until(lambda: calls(dora))
        (live,) = house.hub.rooms()
        assert {seat.person.name for seat in live.seats} == {"Dora"}


# ---- the clients ----


@pytest.fixture
def token(house: House) -> str:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    return house.hub.tokens.issue(SOMEBODY, SESSION, hour, now)


async def test_the_python_client_says_so(house: House, token: str):
    async with Visitor.enter(house.url, "", token=token):
        (live,) = house.hub.rooms()
        assert len(live.seats) == 1
    assert len(live.seats) == 0


async def test_the_python_client_goes_without_a_line_too(house: House, token: str):
    async with Visitor.enter(house.url, "", token=token) as visitor:
        (live,) = house.hub.rooms()
        await visitor._socket.eio.disconnect(abort=True)
        async with asyncio.timeout(2):
            await visitor.leave()
    await eventually(lambda: [seat.state for seat in live.seats] == [State.AWAY])
    with pytest.raises(Unreachable):
        await visitor.say("Anybody?")


IN_AND_OUT = """
import { RoomClient } from './js/vitrine-room.js';
const room = new RoomClient({ url: process.argv[2], token: process.argv[3] });
for (const news of ['lost', 'refused']) room.on(news, () => console.log(news));
const { you } = await room.enter();
await room.leave();
console.log(you.avatar_id, room.connection.connected);
"""


async def test_the_javascript_client_says_so(house: House, token: str, root: Path):
    bruno = await house.enter("Bruno")
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "-", house.url, token),
        cwd=root / "client_demo",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        said, wrong = await process.communicate(IN_AND_OUT.encode())
    assert process.returncode == 0, wrong.decode()
    left = await bruno.hears("left")
    assert said.decode().split() == [left["avatar_id"], "false"]
    (live,) = house.hub.rooms()
    assert [seat.avatar_id for seat in live.seats] == [bruno.avatar_id]
