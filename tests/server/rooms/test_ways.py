"""Where somebody is seated when the node that was asked first does not do it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from msgspec import structs

from server.auth import Person
from server.rooms.directory import Node
from server.rooms.doors import Ticket
from server.rooms.node_calls import NodeCalls
from server.rooms.ways import AGAIN_SECONDS, PATIENCE_SECONDS, SeatWish
from tests.server.rooms.nodes import OneNode, a_node, eventually, two_nodes


@pytest.fixture
async def nodes(open_store, redis) -> AsyncIterator[list[OneNode]]:
    async with two_nodes(await open_store(), redis.url()) as nodes:
        yield nodes


@asynccontextmanager
async def deaf(node: OneNode) -> AsyncIterator[None]:
    """It goes on, but nobody new gets through to it."""
    runner, _, port = node.site._runner, node.site._host, node.site._port
    await node.site.stop()
    try:
        yield
    finally:
        node.site = web.TCPSite(runner, "127.0.0.1", port)
        await node.site.start()


def rooms(node: OneNode) -> list[str]:
    return node.hub.open_rooms.ids()


class Counted:
    """The real calls, and how often each node was asked for a seat."""

    def __init__(self, calls: NodeCalls) -> None:
        self.calls, self.asked = calls, Counter[str]()
        self.owner, self.for_new_room = calls.owner, calls.for_new_room

    async def ask(self, node: Node, wish: SeatWish, person: Person) -> Ticket:
        self.asked[node.name] += 1
        return await self.calls.ask(node, wish, person)


async def test_a_node_that_drains_waits_for_who_takes_new_rooms(nodes):
    a, b = nodes
    await a.hub.nodes.drain()
    async with deaf(b):
        joining = asyncio.create_task(a.join("Anna", room="demo-7"))
        await asyncio.sleep(2 * AGAIN_SECONDS)
        assert not joining.done()
    assert (await joining)["url"] == b.url
    assert (rooms(a), rooms(b)) == ([], ["demo-7"])


async def busy_and_free(nodes):
    """The node with the only visitor, and the one that would open the next room."""
    a, b = nodes
    await a.come("Anna", room="demo-1")
    await eventually(lambda: b.hub.nodes.owner("demo-1") or rooms(b))
    here, other = (a, b) if rooms(a) else (b, a)
    await here.beat()
    assert here.calls.for_new_room().name == other.name
    return here, other


async def test_a_node_that_takes_new_rooms_opens_what_another_one_does_not(nodes):
    here, other = await busy_and_free(nodes)
    async with deaf(other):
        began = time.monotonic()
        assert (await here.join("Bruno", room="demo-7"))["url"] == here.url
        assert time.monotonic() - began < 2.0  # long before the other would count as dead


async def test_who_has_begun_to_drain_leaves_new_rooms_to_who_asks(nodes):
    here, other = await busy_and_free(nodes)
    other.hub.nodes.me = structs.replace(other.hub.nodes.me, draining=True)  # and has not said so
    assert (await here.join("Bruno", room="demo-7"))["url"] == here.url


async def test_the_room_of_a_dead_node_goes_to_the_living_one_and_not_to_who_drains(
    open_store, redis
):
    store = await open_store()
    async with two_nodes(store, redis.url()) as (a, b), a_node(store, redis.url(), "c") as c:
        for node in (a, b, c):
            await node.beat()
        await eventually(lambda: len(a.hub.nodes.view.nodes) == 3)
        anna = await a.come("Anna", room="demo-1")
        owner = next(node for node in (a, b, c) if rooms(node))
        here, living = (node for node in (a, b, c) if node is not owner)
        await here.hub.nodes.drain()
        await living.beat()
        await owner.hub.keeper.keep()
        calls = here.hub.ways.others = Counted(here.calls)
        await owner.dies()
        began = time.monotonic()
        ticket = await here.join("Anna", resume=anna.welcome["resume"])
        took = time.monotonic() - began
        assert (ticket["url"], ticket["avatar_id"]) == (living.url, anna.avatar_id)
        assert (rooms(here), rooms(living)) == ([], ["demo-1"])
        assert 1.0 < took < PATIENCE_SECONDS + 2.0
        # Never without a pause, and both of them: the dead one might only have been slow.
        assert sum(calls.asked.values()) <= took / AGAIN_SECONDS + 1
        assert min(calls.asked[node.name] for node in (owner, living)) >= 2
