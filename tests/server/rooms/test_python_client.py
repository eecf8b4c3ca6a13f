"""The client for programs sees the room that is there, and comes back to it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from server.auth import SESSION, Person, Role
from server.rooms.acts import Ending, Outcome
from server.rooms.messages import Said
from server.rooms.messages.objects import Pin, Point, Spin, Target
from server.rooms.messages.together import Changed, Follow, RaiseHand
from server.rooms.moderation import Kicked
from server.rooms.pose import Hand, Pose
from tests.server.rooms.house import House, eventually
from vitrine_client import Refused, Unreachable, Visitor
from vitrine_client.returning import RETRIES


@pytest.fixture
async def enter(house: House):
    """Somebody of this name, in the room until the test ends."""
    async with AsyncExitStack() as stack:

        async def come(name: str, role: Role = Role.SHOPPER) -> Visitor:
            person = Person(name.lower(), name, role, {"color": "#123456"})
            token = house.hub.tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))
            return await stack.enter_async_context(Visitor.enter(house.url, name, token=token))

        yield come


async def until(seen: Callable[[], object]) -> None:
    await eventually(seen)


async def test_two_see_each_other_and_the_same_things(enter) -> None:
    ada, ben = await enter("Ada"), await enter("Ben")
    await until(lambda: len(ada.world.avatars) == len(ben.world.avatars))
    await ada.grab("shoe")
    await ada.move("shoe", (1.0, 1.5, 0.5))
    await ada.show("shoe", "green")
    await until(lambda: ben.world.objects["shoe"].variant == "green")
    seen = ben.world.objects["shoe"]
    assert (tuple(seen.position), seen.held_by) == ((1.0, 1.5, 0.5), ada.world.me)
    await until(lambda: ada.world.objects == ben.world.objects)
    assert ada.world.rev == ben.world.rev
    with pytest.raises(Refused) as refused:
        await ben.grab("shoe")
    assert refused.value.type == "already-held"


async def test_what_is_said_and_where_one_stands_comes_to_the_others(enter) -> None:
    ada, ben = await enter("Ada"), await enter("Ben")
    heard = asyncio.create_task(anext(m async for m in ben.messages() if isinstance(m, Said)))
    await asyncio.sleep(0)
    await ada.say("Good evening")
    assert (await asyncio.wait_for(heard, 5)).text == "Good evening"
    pose = Pose(1, (0.5, 1.6, -0.5), left=Hand((0.2, -0.3, -0.4)))
    assert await ada.pose(pose)
    assert not await ada.pose(pose)  # a twentieth of a second has not gone by

    def seen() -> Pose | None:
        return ben.world.pose_of(ada.world.me)

    await until(lambda: (found := seen()) and found.left is not None)
    found = seen()
    assert found is not None
    assert found.position == pytest.approx((0.5, 1.6, -0.5), abs=0.001)
    assert found.right is None


async def test_a_lost_line_mends_itself_as_the_same_avatar(enter) -> None:
    ada, ben = await enter("Ada"), await enter("Ben")
    me = ada.world.me
    await ada._socket.eio.disconnect(abort=True)
    await ben.say("Where are you?")
    await until(lambda: ada._socket.connected and ada.world.rev == ben.world.rev)
    assert ada.world.me == me
    assert ada.world.objects == ben.world.objects


async def test_what_was_asked_over_a_line_that_is_lost_is_not_waited_for(enter) -> None:
    ada = await enter("Ada")
    asked = asyncio.create_task(ada.say("Is anybody there?"))
    while not ada._socket.callbacks:  # noqa: ASYNC110 - until it is on its way
        await asyncio.sleep(0)
    await ada._socket.eio.disconnect(abort=True)
    async with asyncio.timeout(2):
        with pytest.raises(Unreachable, match="line was lost"):
            await asked


async def test_a_visit_ends_for_its_listeners_too(enter) -> None:
    ada = await enter("Ada")
    heard = [message async for message in _while_leaving(ada)]
    assert all(message is not None for message in heard)
    with pytest.raises(Unreachable):
        await ada.say("Anybody?")


async def _while_leaving(visitor: Visitor):
    leaving = asyncio.get_running_loop().call_later(0.05, asyncio.ensure_future, visitor.leave())
    async for message in visitor.messages():
        yield message
    leaving.cancel()


async def test_nobody_at_home_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        async with Visitor.enter("http://127.0.0.1:9", "Ada"):
            pass


async def test_who_was_sent_away_does_not_come_back(house: House, enter) -> None:
    ada, ben = await enter("Ada"), await enter("Ben")
    (live,) = house.hub.rooms()
    heard = asyncio.create_task(_all_of(ada))
    await asyncio.sleep(0)
    ending = Ending(ada.world.me, Kicked(until="later"))
    house.sockets.carry_out(live, Outcome(endings=[ending]))
    assert isinstance(await asyncio.wait_for(heard, 5), list)
    assert ada.ended is not None
    assert ada.ended["type"] == "kicked"
    await until(lambda: ada.world.me not in ben.world.avatars)
    await asyncio.sleep(2 * RETRIES[0])
    assert not ada._socket.connected


async def test_a_visit_that_went_on_elsewhere_is_not_taken_back(house: House, enter) -> None:
    ada, ben = await enter("Ada"), await enter("Ben")
    phone = house.shopper("Ada")
    await phone.connect({"resume": ada._resume})
    await until(lambda: ada.ended is not None)
    assert ada.ended["type"] == "moved-to-another-device"
    await asyncio.sleep(2 * RETRIES[0])
    assert (await phone.act("say", text="From the phone"))["ok"]
    assert ada.world.me in ben.world.avatars


async def _all_of(visitor: Visitor):
    return [message async for message in visitor.messages()]


async def test_the_world_holds_what_a_newcomer_is_told(house: House, enter) -> None:
    ada, ben = await enter("Ada", Role.STAFF), await enter("Ben")
    await ada.ask(Pin("shoe", pinned=True))
    await ada.ask(RaiseHand(raised=True))
    await ben.ask(RaiseHand(raised=True))
    await ben.ask(Follow(ada.world.me))
    await ada.ask(Point(Target(object="lamp")))
    (live,) = house.hub.rooms()
    avatars = live.room.company.avatars
    new = avatars[ada.world.me] = structs.replace(avatars[ada.world.me], name="Ann")
    house.sockets.carry_out(live, Outcome([Changed(live.room.company.next(), new)]))
    await ada.ask(Spin("lamp", 0.5))
    await until(lambda: ada.world.rev == ben.world.rev)
    newcomer = await enter("Carla")
    await until(lambda: ben.world.rev == newcomer.world.rev)
    fresh = newcomer.world
    for known in (ada.world, ben.world):
        assert known.objects == fresh.objects
        assert known.hands == fresh.hands == [ada.world.me, ben.world.me]
        assert known.following == fresh.following == {ben.world.me: ada.world.me}
        assert known.pointing == fresh.pointing == {ada.world.me: "lamp"}
    assert fresh.objects["shoe"].pinned
    assert fresh.objects["lamp"].spin == 0.5
    assert fresh.avatars[ada.world.me] == ben.world.avatars[ada.world.me] == ada.world.you == new
    await ada.ask(Point(None))
    await ben.ask(Follow(None))
    await until(lambda: not newcomer.world.pointing and not newcomer.world.following)
