"""The client for programs sees the room that is there, and comes back to it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from server.auth import SESSION, Person, Role
from server.rooms.messages import Said
from server.rooms.pose import Hand, Pose
from tests.server.rooms.house import House, eventually
from vitrine_client import Refused, Unreachable, Visitor


@pytest.fixture
async def enter(house: House):
    """Somebody of this name, in the room until the test ends."""
    async with AsyncExitStack() as stack:

        async def come(name: str) -> Visitor:
            person = Person(name.lower(), name, Role.SHOPPER, {"color": "#123456"})
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
