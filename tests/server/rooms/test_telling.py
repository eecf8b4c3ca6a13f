"""What becomes of an act: who is told what, in which order, and who may act at all."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from server.errors import Forbidden
from server.rooms import sockets as module
from server.rooms.acts import ACTS, Act, Ending, Moment, Outcome, Whisper, merged
from server.rooms.limits import Budget, Budgets
from server.rooms.messages import (
    CartSet,
    Change,
    Down,
    OrderChanged,
    Passed,
    Said,
    Say,
    TooManyMessages,
    Up,
    by_name,
)
from server.rooms.pose import decode_frame
from server.rooms.role import GUIDES
from server.rooms.room import Room
from tests.server.rooms.house import BOUNDS, PATIENCE, House, eventually, opened


def the_live(house: House) -> Any:
    return next(house.hub.rooms())


def said(room: Room, text: str) -> Said:
    return Said(room.company.next(), "x", "X", text)


def test_two_messages_cannot_travel_under_one_name():
    class Talk(Up, frozen=True, tag="say"):
        pass

    with pytest.raises(ValueError, match="`say`"):
        by_name([Say, Talk])
    with pytest.raises(ValueError, match="two acts"):
        merged([ACTS, ACTS])


async def test_who_may_not_see_a_change_is_told_that_there_was_one(house: House, monkeypatch):
    anna, bruno, carla = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]

    def hidden_from(change: Change) -> Collection[str]:
        return [bruno.avatar_id] if isinstance(change, Said) else []

    live = the_live(house)
    monkeypatch.setattr(live.room.safety, "hidden_from", hidden_from)
    await anna.act("say", text="psst")
    heard = await carla.hears("said", text="psst")
    assert await bruno.hears("passed") == {"rev": heard["rev"]}
    assert not bruno.heard["said"]
    assert not carla.heard["passed"]
    (sent,) = live.ring.since(heard["rev"] - 1)
    assert (sent.rev, sent.hidden) == (heard["rev"], {bruno.avatar_id})


async def test_whispers_reach_one_and_what_is_loose_everybody(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    live, tapped = the_live(house), []
    live.taps.append(lambda message, text: tapped.append((message, text)))
    change, loose = said(live.room, "1"), OrderChanged({"code": "K7"})
    whisper = Whisper(anna.avatar_id, CartSet({"version": 9}))
    nobody = Whisper("nobody", CartSet({}))
    house.sockets.carry_out(
        live, Outcome(changes=[change], whispers=[whisper, nobody], loose=[loose])
    )
    assert await anna.hears("cart") == {"cart": {"version": 9}}
    assert await bruno.hears("order") == {"order": {"code": "K7"}}
    assert not bruno.heard["cart"]
    assert [message for message, _ in tapped] == [change, loose]
    assert tapped[0][1].startswith('2["said",')


async def test_every_part_hears_each_change_once(house: House, monkeypatch):
    anna = await house.enter("Anna")
    heard: list[int] = []
    room = the_live(house).room
    monkeypatch.setattr(room.voice, "heard", lambda change, now: heard.append(change.rev))
    await anna.act("say", text="one")
    await anna.act("variant", object="shoe", variant="green")
    assert heard == [room.rev - 1, room.rev]


async def test_an_ending_says_why_and_leaves_no_seat_behind(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    live = the_live(house)
    ending = Ending(anna.avatar_id, Forbidden(role="shopper"))
    house.sockets.carry_out(live, Outcome(endings=[ending, Ending("nobody", Forbidden(role="x"))]))
    assert (await anna.hears("problem"))["error"]["type"] == "forbidden"
    await bruno.hears("left", avatar_id=anna.avatar_id)
    await asyncio.wait_for(anna.socket.wait(), PATIENCE)
    assert len(live.seats) == 1


async def test_an_outcome_may_have_the_clock_looked_at_soon(house: House, monkeypatch):
    anna = await house.enter("Anna")
    live = the_live(house)

    def expire(now: float) -> list[Change]:
        monkeypatch.undo()
        return [said(live.room, "time is up")]

    monkeypatch.setattr(module, "SWEEP_SECONDS", 1e9)
    monkeypatch.setattr(live.room.voice, "expire", expire)
    house.sockets.carry_out(live, Outcome(again_seconds=0.01))
    await anna.hears("said", text="time is up")


async def slowly(moment: Moment, message: Say) -> Outcome:
    await asyncio.sleep(0)
    return Outcome([said(moment.room, message.text.upper())], texts=['2["typed",{}]'])


async def with_another_say(open_store, act: Act, monkeypatch) -> Any:
    monkeypatch.setattr(module, "ACTS", {k: a for k, a in ACTS.items() if k is not Say})
    return opened(await open_store(), {"later": {Say: act}})


async def test_an_act_may_take_its_time(open_store, monkeypatch):
    act = Act(slowly, frozenset(ACTS[Say].roles))
    async with await with_another_say(open_store, act, monkeypatch) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        assert await anna.act("say", text="slow") == {"ok": True, "rev": the_live(house).room.rev}
        await bruno.hears("said", text="SLOW")
        await anna.until(lambda: anna.heard["typed"])
        assert not bruno.heard["typed"]


async def test_an_act_is_for_its_roles_only(open_store, monkeypatch):
    async with await with_another_say(open_store, Act(slowly, GUIDES), monkeypatch) as house:
        anna = await house.enter("Anna")
        assert (await anna.act("say", text="hi"))["error"]["type"] == "forbidden"


async def test_a_guard_may_stop_any_act(house: House, monkeypatch):
    def guard(moment: Moment, message: Up) -> None:
        raise Forbidden(role=str(moment.role))

    anna = await house.enter("Anna")
    monkeypatch.setattr(module, "GUARDS", (guard,))
    assert (await anna.act("say", text="hi"))["error"]["type"] == "forbidden"
    assert (await anna.act("cart", lines=[]))["error"]["type"] == "forbidden"


async def test_each_connection_has_a_budget(open_store):
    class Poor(Budgets):
        def of(self, person_id: str) -> Budget:
            return Silent()

    class Silent(Budget):
        def take(self, event: object, now: float) -> None:
            raise TooManyMessages(limit=0)

    async with opened(await open_store(), {"budgets": Poor()}) as house:
        anna = await house.enter("Anna")
        assert (await anna.act("say", text="hi"))["error"]["type"] == "too-many"


async def test_a_websocket_may_be_refused_before_it_stands(house: House):
    def refuse(request: Any) -> None:
        raise Forbidden(role=request.remote)

    house.sockets.gate.allow = refuse
    url = f"{house.url}/socket.io/?EIO=4&transport=websocket"
    async with ClientSession() as http:
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(url)
    assert refused.value.status == 401
    await eventually(lambda: not house.sockets.gate.eio.sockets)


async def test_whose_poses_are_kept_from_somebody_does_not_move_for_them(any_house: House):
    anna, bruno, carla = [await any_house.enter(name) for name in ("Anna", "Bruno", "Carla")]
    await bruno.sees(anna.index, 0, 3)
    the_live(any_house).room.safety.unseen = {bruno.avatar_id: frozenset({anna.index})}
    seen = len(bruno.heard["poses"])
    await anna.stand(2, 2)
    await carla.sees(anna.index, 2, 2)
    await carla.stand(-2, -2)
    await bruno.sees(carla.index, -2, -2)
    later = [decode_frame(frame, BOUNDS)[1] for frame in bruno.heard["poses"][seen:]]
    assert not any(index == anna.index for frame in later for index, _ in frame)


async def test_a_lane_counts_what_it_does(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.stand(2, 2)
    await bruno.sees(anna.index, 2, 2)
    ((room, lane),) = house.sockets.lanes
    assert room == "demo-1"
    assert lane.frames >= lane.ticks > 0
    assert lane.frame_bytes > lane.frames * 18
    assert lane.tick_seconds > 0
    assert (lane.skipped, lane.dropped) == (0, 0)


def test_passed_carries_a_number_and_nothing_else():
    assert by_name([Passed]) == {"passed": Passed}
    assert issubclass(Passed, Down)
