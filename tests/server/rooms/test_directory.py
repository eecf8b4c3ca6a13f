"""Who has a room: the directory in a real Redis, as several nodes see it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from server.rooms.directory import Alone, DirectoryAway, Node
from server.rooms.redis_directory import RedisDirectory
from tests.servers.redis import RedisServer


def node(id: str, name: str = "") -> Node:
    return Node(id, name or id, f"http://{id}", f"http://{id}", 0.0)


A, B = node("a"), node("b")


@pytest.fixture
async def directory(redis: RedisServer) -> AsyncIterator[RedisDirectory]:
    directory = RedisDirectory.at(redis.url())
    directory.settle_seconds = 0.0
    yield directory
    await directory.close()


async def until(answers: Callable, seconds: float = 3.0) -> float:
    """How long it took, in seconds."""
    began = time.monotonic()
    while not await answers():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_of_many_nodes_that_claim_a_room_at_once_one_has_it(directory):
    nodes = [node(f"n{number}") for number in range(20)]
    for one in nodes:
        await directory.beat(one, [])
    owners = await asyncio.gather(*(directory.claim(one.id, "demo-1") for one in nodes))
    assert len(set(owners)) == 1
    view = await directory.beat(nodes[0], [])
    assert view.owner("demo-1").id == owners[0]
    assert await directory.claim(owners[0], "demo-1") == owners[0]  # and again


async def test_a_node_that_is_silent_gives_up_all_its_rooms(directory):
    directory.lease_seconds = 0.5
    await directory.beat(A, [])
    await directory.beat(B, [])
    for room in ("demo-1", "demo-2"):
        assert await directory.claim("a", room) == "a"
    assert await directory.claim("b", "demo-1") == "a"

    async def taken() -> bool:
        view = await directory.beat(B, [])
        return view.owner("demo-1") is None and "a" not in view.nodes

    await until(taken)
    assert await directory.claim("b", "demo-2") == "b"
    # The silent one wakes up, and learns what it lost and what it still has.
    view = await directory.beat(A, ["demo-1", "demo-2"])
    assert (view.owner("demo-1").id, view.owner("demo-2").id) == ("a", "b")


async def test_a_beat_keeps_rooms_and_tells_what_nodes_say_of_themselves(directory):
    directory.lease_seconds = 0.5
    await directory.beat(A, [])
    await directory.claim("a", "demo-1")
    for _ in range(8):
        await directory.beat(A, ["demo-1"])
        await asyncio.sleep(0.1)
    people = Node("b", "second", "http://b/n/b", "http://b:1", 5.0, people=7, rooms=[{"room": "x"}])
    await directory.beat(people, [])
    view = await directory.beat(A, ["demo-1"])
    assert view.owner("demo-1") == A
    assert view.named("second") == people
    assert view.named("nobody") is None


async def test_only_its_owner_releases_a_room_and_who_leaves_has_none(directory):
    await directory.beat(A, [])
    await directory.beat(B, [])
    await directory.claim("a", "demo-1")
    await directory.claim("a", "demo-2")
    await directory.release("b", ["demo-1"])
    assert await directory.claim("b", "demo-1") == "a"
    await directory.release("a", ["demo-1"])
    assert await directory.claim("b", "demo-1") == "b"
    await directory.leave("a")
    assert await directory.claim("b", "demo-2") == "b"
    with pytest.raises(DirectoryAway):  # who is not there has no rooms
        await directory.claim("a", "demo-3")


async def test_after_redis_was_emptied_owners_come_before_others(directory, redis):
    directory.settle_seconds = 0.5
    await directory.beat(A, [])
    await until_claimed(directory, "a", "demo-1")
    await directory.beat(B, [])
    redis.empty()
    await directory.beat(B, [])
    with pytest.raises(DirectoryAway):
        await directory.claim("b", "demo-1")
    await directory.beat(A, ["demo-1"])
    assert await directory.claim("b", "demo-1") == "a"


async def until_claimed(directory: RedisDirectory, node: str, room: str) -> None:
    async def claimed() -> bool:
        await directory.beat(Node(node, node, "", "", 0.0), [])
        try:
            return await directory.claim(node, room) == node
        except DirectoryAway:
            return False

    await until(claimed)


async def test_news_reach_every_node_and_houses_on_one_redis_are_apart(directory, redis):
    heard: dict[str, list[bytes]] = {"a": [], "b": [], "other": []}
    lines = {
        "a": directory,
        "b": RedisDirectory.at(redis.url()),
        "other": RedisDirectory.at(redis.url(1)),
    }
    tasks = [asyncio.create_task(line.listen(heard[name].append)) for name, line in lines.items()]

    async def everybody() -> bool:
        return await directory.tell(b"knock") == 2

    await until(everybody)
    await directory.tell(b"news")

    async def both() -> bool:
        return heard["a"][-1:] == heard["b"][-1:] == [b"news"]

    await until(both)
    assert heard["other"] == []
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await lines["b"].close()
    await lines["other"].close()


async def test_redis_that_is_away_is_said_at_once_and_comes_back(directory, redis):
    await directory.beat(A, [])
    redis.kill()
    for call in (
        directory.beat(A, []),
        directory.claim("a", "demo-1"),
        directory.tell(b"news"),
        directory.listen(print),
    ):
        with pytest.raises(DirectoryAway):
            await call
    redis.start()
    assert (await directory.beat(A, ["demo-1"])).owner("demo-1") == A


async def test_redis_that_hangs_counts_as_away(directory, redis):
    await directory.beat(A, [])
    with redis.frozen():
        began = time.monotonic()
        with pytest.raises(DirectoryAway):
            await directory.beat(A, [])
        assert time.monotonic() - began < 2.5


async def test_who_is_alone_has_every_room_and_hears_itself():
    alone, heard = Alone(), []
    await alone.listen(heard.append)
    assert await alone.claim("a", "demo-1") == "a"
    assert (await alone.beat(A, ["demo-1"])).owner("demo-1") == A
    assert await alone.tell(b"news") == 1
    assert heard == [b"news"]
