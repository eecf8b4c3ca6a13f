"""Several nodes of one house: on one store and one Redis, each on a port of its own."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession, web

from server.auth import SESSION, Person, Role, Tokens
from server.background import Background
from server.middleware import errors, identify
from server.rooms import node_routes, operating
from server.rooms.addresses import Addresses
from server.rooms.crier import Crier
from server.rooms.directory import Node
from server.rooms.moderation import ModerationService
from server.rooms.mover import Mover
from server.rooms.node_calls import NodeCalls
from server.rooms.redis_directory import RedisDirectory
from server.rooms.repository import Documents
from server.rooms.routes import routes
from server.rooms.service import RoomHub
from server.rooms.sockets import attach
from server.routing import add_routes
from server.storage.port import Store
from tests.server.rooms.house import (
    PATIENCE,
    SECRET,
    SHOWROOM,
    House,
    Shopper,
    TheAssets,
    TheCarts,
    TheCatalog,
)
from tests.servers.ports import free_ports

STARTS = itertools.count(1)


def utc_now() -> datetime:
    return datetime.now(UTC)


class OneNode(House):
    """A house that is one of several."""

    crier: Crier
    calls: NodeCalls
    background: Background
    site: web.TCPSite

    @property
    def name(self) -> str:
        return self.hub.nodes.me.name

    async def ask(
        self, method: str, path: str, person: Person | None = None, body: Any = None
    ) -> tuple[int, Any]:
        """Status and answer."""
        person = person or Person("desk", "Desk", Role.STAFF)
        session = self.hub.tokens.issue(person, SESSION, timedelta(hours=1), utc_now())
        headers = {"Authorization": f"Bearer {session}"}
        async with (
            ClientSession(headers=headers) as http,
            http.request(method, self.url + path, json=body) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def join(self, name: str, **wish: Any) -> dict[str, Any]:
        """The ticket."""
        person = Person(name.lower(), name, Role.SHOPPER)
        status, found = await self.ask("POST", "/api/showrooms/demo/join", person, wish)
        assert status == 201, found
        return found

    async def come(self, name: str, **wish: Any) -> "Guest":
        """Somebody who joins here, and is then where their room is."""
        ticket = await self.join(name, **wish)
        guest = Guest(self, name)
        self.shoppers.append(guest)
        await guest.dial(ticket["url"], {"ticket": ticket["ticket"]})
        return guest

    async def beat(self) -> None:
        await self.hub.nodes.beat()

    async def dies(self) -> None:
        """It says nothing, stores nothing and answers nobody any more; its sockets hang."""
        await self.site.stop()
        for task in self.background.tasks:
            task.cancel()
        for timer in self.sockets._timers:
            timer.cancel()


class Guest(Shopper):
    """Dials where a ticket leads."""

    async def dial(self, url: str, auth: dict[str, Any]) -> None:
        count = len(self.heard["welcome"])
        await self.socket.connect(url, auth=auth, transports=["websocket"], wait_timeout=PATIENCE)
        await self.until(lambda: self.heard["welcome"][count:])


@asynccontextmanager
async def a_node(
    store: Store, redis_url: str, name: str, settle: float = 0.0, **hub_options: Any
) -> AsyncIterator[OneNode]:
    """Listening, and known to the others."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    counter, start = itertools.count(1), next(STARTS)
    directory = RedisDirectory.at(redis_url)
    directory.settle_seconds = settle
    tokens = Tokens(SECRET)
    calls = NodeCalls(tokens, utc_now)
    hub = RoomHub(
        **{
            "documents": Documents(store),
            "catalog": TheCatalog(),
            "assets": TheAssets(),
            "tokens": tokens,
            "clock": utc_now,
            "new_id": lambda: f"{name}-{start}-{next(counter)}",
            "directory": directory,
            "me": Node(f"{name}#{start}", name, url, url, utc_now().timestamp()),
            "others": calls,
            **hub_options,
        }
    )
    calls.nodes = hub.nodes
    moderation = ModerationService(
        hub.documents.moderation, hub.open_rooms, utc_now, lambda: f"r{next(counter)}", 60, 30
    )
    hub.doors.bans = moderation
    await hub.documents.showrooms.put_showroom(SHOWROOM)

    async def who(token: str) -> Person:
        return tokens.read(token, SESSION, utc_now()).person

    app = web.Application(middlewares=[errors(), identify(who)])
    sockets = attach(app, hub, TheCarts(hub.notify), later=moderation.acts())
    crier = Crier(hub, sockets, moderation, Mover(hub, sockets))
    add_routes(
        app,
        [
            *routes(hub, Addresses(), calls),
            *operating.routes(hub, sockets, moderation, calls),
            *node_routes.routes(hub, sockets, crier, calls),
        ],
    )

    async def close(_: web.Application) -> None:
        await sockets.close()

    app.on_shutdown.append(close)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    await sockets.start()
    house = OneNode(hub, sockets, TheCarts(hub.notify), url)
    house.crier, house.calls, house.background = crier, calls, Background()
    house.site = site
    await hub.nodes.beat()
    for work in (hub.nodes.run, crier.listen, crier.speak):
        house.background.start(work.__name__, work)
    try:
        yield house
    finally:
        for shopper in house.shoppers:
            await shopper.leave()
        await house.background.close()
        await runner.cleanup()
        await calls.close()
        await directory.close()


@asynccontextmanager
async def two_nodes(store: Store, redis_url: str, **options: Any) -> AsyncIterator[list[OneNode]]:
    """Which know of each other."""
    async with (
        a_node(store, redis_url, "a", **options) as a,
        a_node(store, redis_url, "b", **options) as b,
    ):
        await a.beat()
        yield [a, b]


async def eventually(seen: Any, seconds: float = PATIENCE) -> Any:
    """What it answers, once that is true; TimeoutError after so long."""
    async with asyncio.timeout(seconds):
        while True:
            found = seen()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


def by_room(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """GET /api/rooms, by room."""
    return defaultdict(dict, {room["room"]: room for room in answer["items"]})
