"""Two server processes are one house: visits go on when one of them dies, or is replaced."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.flows.nodes import Nodes, put_showroom, started
from tests.servers.nginx import adapted, nginx
from tests.servers.ports import free_ports
from vitrine_client import Visitor

GIVEN_UP_SECONDS = 5.0
BUSY = 3.0  # a machine with other work may take so many times longer


@pytest.fixture
async def nodes(tmp_path, mongo_url, redis) -> AsyncIterator[Nodes]:
    await put_showroom(mongo_url)
    environment = {"VITRINE_DATABASE_URL": mongo_url, "VITRINE_REDIS_URL": redis.url()}
    with started(tmp_path, ("a", "b"), environment) as nodes:
        await nodes.acquainted()
        yield nodes


async def until(seen: Callable[[], object], seconds: float = 20.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def where(nodes: Nodes, at: str) -> dict[str, str]:
    """Rooms and the nodes that have them, as one node sees it."""
    _, rooms = await nodes.ask(at, "GET", "/api/rooms")
    return {room["room"]: room["node"] for room in rooms["items"]}


async def drained(nodes: Nodes, name: str, on: bool) -> None:
    """Every node knows that this one takes no rooms, or takes them again."""
    method = "POST" if on else "DELETE"
    assert (await nodes.ask("b", method, f"/api/nodes/{name}/drain"))[0] == 202
    async with asyncio.timeout(10):
        for at in nodes.running:
            while (name in await draining(nodes, at)) != on:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def draining(nodes: Nodes, at: str) -> list[str]:
    _, found = await nodes.ask(at, "GET", "/api/nodes")
    return [node["name"] for node in found["items"] if node["draining"]]


async def test_a_node_is_killed_and_its_people_are_the_same_on_the_other(nodes):
    async with contextlib.AsyncExitStack() as stack:
        # The house's address is that of the node which survives: a proxy's place.
        await drained(nodes, "b", True)
        anna = await stack.enter_async_context(Visitor.enter(nodes.urls["b"], "Anna"))
        bruno = await stack.enter_async_context(Visitor.enter(nodes.urls["b"], "Bruno"))
        assert await where(nodes, "a") == {"demo-1": "a"}
        await drained(nodes, "b", False)
        await anna.grab("shoe")
        await anna.move("shoe", (2.0, 1.0, 2.0))
        await anna.release("shoe")
        await until(lambda: bruno.world.objects["shoe"].position == (2.0, 1.0, 2.0))
        await asyncio.sleep(1.5)  # stored
        before = {visitor: (visitor.world.me, visitor.world.epoch) for visitor in (anna, bruno)}
        nodes.running["a"].kill()

        def back() -> bool:
            return all(
                visitor.world.epoch != before[visitor][1] and visitor.world.whole
                for visitor in (anna, bruno)
            )

        took = await until(back)
        assert took < GIVEN_UP_SECONDS * BUSY
        print(f"\ntwo visitors back on another node {took:.1f} s after kill -9")
        for visitor in (anna, bruno):
            assert visitor.world.me == before[visitor][0]
            assert visitor.world.objects["shoe"].position == (2.0, 1.0, 2.0)
        await until(lambda: len(anna.world.avatars) == 1)
        await anna.say("Here we are")
        assert await where(nodes, "b") == {"demo-1": "b"}


async def test_a_node_is_told_to_stop_and_hands_its_rooms_over(nodes):
    async with Visitor.enter(nodes.urls["b"], "Anna") as anna:
        rooms = await where(nodes, "b")
        if rooms["demo-1"] != "a":  # its people go there first
            me, epoch = anna.world.me, anna.world.epoch
            await drained(nodes, "b", True)
            await until(lambda: anna.world.epoch != epoch and anna.world.whole)
            await drained(nodes, "b", False)
            assert anna.world.me == me
        me, epoch = anna.world.me, anna.world.epoch
        await anna.grab("shoe")
        await anna.move("shoe", (1.0, 1.0, 1.0))
        await anna.release("shoe")
        began = time.monotonic()
        await asyncio.to_thread(nodes.running["a"].stop)
        print(f"\nstopped after {time.monotonic() - began:.1f} s")
        await until(lambda: anna.world.epoch != epoch and anna.world.whole)
        assert anna.world.me == me
        assert anna.world.objects["shoe"].position == (1.0, 1.0, 1.0)
        await anna.say("Still here")
        assert await where(nodes, "b") == {"demo-1": "b"}


async def test_the_javascript_client_goes_on_at_another_node(nodes, root: Path):
    script = root / "tests" / "flows" / "node_visit.mjs"
    process = await asyncio.create_subprocess_exec(
        "node",
        str(script),
        nodes.urls["b"],
        cwd=root / "client_demo",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        first = (await process.stdout.readline()).split()
        assert first[:1] == [b"in"], (first, await process.stderr.read())
        home = (await where(nodes, "b"))["demo-1"]
        if home == "a":
            nodes.running["a"].kill()
        else:
            await nodes.ask("b", "POST", "/api/nodes/b/drain")
        again = (await process.stdout.readline()).split()
    process.kill()
    await process.wait()
    assert again[:2] == [b"again", first[1]]  # the same avatar


# ---- behind one proxy ----


async def test_behind_nginx_there_is_one_address_and_no_node_is_missed(
    tmp_path, mongo_url, redis, root: Path
):
    """The configuration of compose.yaml, with other addresses in it."""
    await put_showroom(mongo_url)
    a, b, port = free_ports(3)
    site = f"http://127.0.0.1:{port}"
    environment = {
        "VITRINE_DATABASE_URL": mongo_url,
        "VITRINE_REDIS_URL": redis.url(),
        "VITRINE_ROOM_CAPACITY": "1",
    }
    servers = {"app-a:8080": f"127.0.0.1:{a}", "app-b:8080": f"127.0.0.1:{b}"}
    text = (root / "deploy" / "compose" / "nginx.conf").read_text()
    with (
        started(tmp_path, ("a", "b"), environment, site, (a, b)) as nodes,
        nginx(adapted(text, tmp_path / "nginx", port, servers), tmp_path / "nginx", port),
    ):
        await nodes.acquainted()
        async with Visitor.enter(site, "Anna") as anna:
            await until_beaten(nodes)
            async with Visitor.enter(site, "Bruno") as bruno:  # a further room, on the other node
                rooms = await where(nodes, "a")
                assert sorted(rooms.values()) == ["a", "b"]
                _, said = await nodes.ask("a", "POST", "/api/broadcasts", {"text": {"en": "Hello"}})
                assert said == {"reached": 2, "nodes": 2}
                me, epoch = bruno.world.me, bruno.world.epoch
                nodes.running[rooms["demo-2"]].kill()
                await until(lambda: bruno.world.epoch != epoch and bruno.world.whole)
                assert bruno.world.me == me
                await anna.say("Nothing happened here")
                await bruno.say("Nor here, really")
        async with ClientSession() as http:
            for path in ("/metrics", "/n/a/metrics", "/api/nodes/seats", "/n/b/api/nodes/rooms"):
                async with http.post(site + path) as answer:
                    assert answer.status == 404, path
                    assert "nginx" in await answer.text()


async def until_beaten(nodes: Nodes) -> None:
    """Every node has heard where the first room is."""
    async with asyncio.timeout(10):
        for at in nodes.running:
            while "demo-1" not in await where(nodes, at):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
