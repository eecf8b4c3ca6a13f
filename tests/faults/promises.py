"""What the house has promised to its users, and whether it keeps it."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from server.assets.asset import Status
from server.assets.repository import Assets
from server.storage.port import Store
from tests.flows.receiver import Receiver
from tests.server.orders.audit import audit

CANCELLED, PLACED, READY = "order.cancelled", "order.placed", "asset.ready"


@dataclass
class Promises:
    """`unclear` is whatever was answered that nobody can act on: always a fault of the house."""

    orders: dict[str, str] = field(default_factory=dict)  # id → key
    cancelled: set[str] = field(default_factory=set)
    uploads: dict[str, str] = field(default_factory=dict)  # asset → sha256 of what was sent
    moves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # thing → (when, x)
    refused: Counter[str] = field(default_factory=Counter)  # type of problem → how often
    unclear: list[str] = field(default_factory=list)

    def ordered(self, id: str, key: str) -> None:
        if self.orders.setdefault(id, key) != key:
            self.unclear.append(f"order {id} was made twice: {self.orders[id]}, {key}")

    def moved(self, thing: str, x: float) -> None:
        self.moves.setdefault(thing, []).append((time.monotonic(), x))

    def refusal(self, what: str, status: int, headers: Mapping[str, str], body: Any) -> float:
        """Seconds to wait before the same is sent again."""
        told_by_headers = {"type": "of a HEAD"} if what.startswith("HEAD ") else {}
        problem = body if isinstance(body, dict) else told_by_headers
        wait = headers.get("Retry-After", "")
        clear = headers.get("Content-Type", "").startswith("application/problem+json")
        if status == 503 and clear and problem.get("type") and wait.isdigit():
            self.refused[problem["type"]] += 1
            return float(wait)
        self.unclear.append(f"{what}: {status} {dict(headers)} {body!r:.300}")
        return 1.0


async def kept(
    promises: Promises, store: Store, receiver: Receiver, site: str, stock: Mapping[str, int]
) -> None:
    """Raises AssertionError naming the first one that is not, or not yet."""
    assert promises.unclear == []
    await audit(store, stock, promises.orders)
    await orders_are_those_accepted(promises, store)
    everybody_was_told_once(promises, receiver)
    await models_are_whole(promises, store, site)


async def orders_are_those_accepted(promises: Promises, store: Store) -> None:
    """No further one was placed: who has asked has an answer by now."""
    placed, after = dict[str, str](), None
    while True:
        page = await store.find("order", {"stage": "placed"}, limit=500, after=after)
        placed |= {doc["id"]: doc["status"] for doc in page.items}
        after = page.next
        if after is None:
            break
    assert placed.keys() == promises.orders.keys()
    cancelled = {id for id, status in placed.items() if status == "cancelled"}
    assert cancelled == promises.cancelled


def everybody_was_told_once(promises: Promises, receiver: Receiver) -> None:
    """The same call may come twice, as the standard has it; the same event under two ids not."""
    ids: dict[tuple[str, str], set[str]] = {}
    for event in receiver.events:
        about = event["data"].get("order", event["data"])
        of = about.get("id") or about.get("asset")
        ids.setdefault((event["type"], of), set()).add(event["id"])
    assert {about: found for about, found in ids.items() if len(found) > 1} == {}
    for kind, wanted in (
        (PLACED, promises.orders.keys()),
        (CANCELLED, promises.cancelled),
        (READY, promises.uploads.keys()),
    ):
        told = {id for type, id in ids if type == kind}
        assert told == set(wanted), f"{kind}: {len(told)} told of {len(wanted)}"


async def models_are_whole(promises: Promises, store: Store, site: str) -> None:
    """Each became one asset with files that are what their hashes say."""
    found, _ = await Assets(store).page(500, None)
    assert {asset.id for asset in found} == promises.uploads.keys()
    for asset in found:
        assert asset.source == promises.uploads[asset.id]
        assert asset.status is Status.READY, (asset.status, asset.attempts, asset.error)
    async with ClientSession(site) as http:
        for asset in found[-3:]:
            file = asset.built.files[0]
            async with http.get(f"/assets/{asset.id}/{file.name}") as answer:
                content = await answer.read()
                assert answer.status == 200, content[:300]
            assert hashlib.sha256(content).hexdigest() == file.sha256
