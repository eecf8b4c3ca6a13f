"""Several real server processes that are one house: on one MongoDB and one Redis."""

import asyncio
import contextlib
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession

from server.auth import SESSION, Person, Role, Tokens
from server.catalog import repository as catalog
from server.catalog.product import ProductBody, make_product
from server.rooms import repository as rooms
from server.rooms.directory import SETTLE_SECONDS
from server.secret import own_secret
from server.storage.mongo import MongoStore
from tests.flows.process import Running
from tests.server.rooms.house import SHOWROOM
from tests.servers.ports import free_ports

DESK = Person("desk", "Desk", Role.STAFF)


@dataclass
class Nodes:
    """Server processes by name, and what their operator may do."""

    secret: str
    running: dict[str, Running]
    urls: dict[str, str]

    async def ask(
        self, name: str, method: str, path: str, body: Any = None, person: Person = DESK
    ) -> tuple[int, Any]:
        """Status and answer of one node."""
        tokens = Tokens(own_secret(Path(), self.secret))
        session = tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))
        headers = {"Authorization": f"Bearer {session}"}
        async with (
            ClientSession(headers=headers) as http,
            http.request(method, self.urls[name] + path, json=body) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def acquainted(self) -> None:
        """Waits until each of them has heard of all, and a young directory lets rooms be opened;
        TimeoutError after ten seconds."""
        async with asyncio.timeout(10):
            for name in self.running:
                while await self._heard_by(name) < len(self.urls):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE_SECONDS)

    async def _heard_by(self, name: str) -> int:
        return len((await self.ask(name, "GET", "/api/nodes"))[1]["items"])


async def put_showroom(database_url: str, *others: str) -> None:
    """`demo` and others: a room with a shoe in it, without models to convert."""
    store = await MongoStore.open(database_url, (*rooms.INDEXES, *catalog.INDEXES))
    for id in ("demo", *others):
        await rooms.Showrooms(store).put_showroom({**SHOWROOM, "id": id})
    names = dict.fromkeys(("en", "fr", "it"), "Shoe")
    shoe = {
        "names": names,
        "price": {"amount": 100, "currency": "EUR"},
        "dimensions": {"width": 0.1, "height": 0.1, "depth": 0.3},
    }
    body = msgspec.convert(shoe, ProductBody)
    await catalog.Catalog(store).put_product(
        "SHOE-01", lambda _: make_product("SHOE-01", body, None, 1)
    )
    await store.close()


@contextlib.contextmanager
def started(
    folder: Path,
    names: tuple[str, ...],
    environment: dict[str, str],
    site: str = "",
    ports: Sequence[int] = (),
) -> Iterator[Nodes]:
    """Up while inside; with a `site` their addresses are paths under it."""
    nodes = Nodes(secrets.token_hex(32), {}, {})
    ports = ports or free_ports(len(names))
    try:
        for name, port in zip(names, ports, strict=True):
            url = nodes.urls[name] = f"http://127.0.0.1:{port}"
            own = {
                "VITRINE_NODE": name,
                "VITRINE_NODE_URL": f"{site}/n/{name}" if site else url,
                "VITRINE_NODE_INNER_URL": url,
                "VITRINE_PUBLIC_URL": site,
                "VITRINE_SECRET": nodes.secret,
                "VITRINE_ADDRESS_SOCKETS": "0",
                "VITRINE_ADDRESS_JOINS_PER_MINUTE": "0",
                "VITRINE_WORKER_IN_SERVER": "false",
            }
            arguments = ("--port", str(port))  # the later one counts
            nodes.running[name] = Running(folder / name, arguments, {**environment, **own})
        with ThreadPoolExecutor() as threads:
            list(threads.map(Running.start, nodes.running.values()))
        yield nodes
    finally:
        for running in nodes.running.values():
            running.kill()
