"""MongoDB under a run on one product, beside the same buyers on many.

    python -m tests.bench.storage_mongo URL SKU SECONDS    one of several processes on one product

The server is MONGO_URL's, a `mongod`, or SecantusDB's, which is Python and takes most of the time.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from server.storage.mongo import MongoStore
from server.storage.port import Change, Insert, Store
from tests.bench.storage_orders import INDEXES, SoldOut, new_stock, reserve, settle
from tests.servers.mongo import MongoServer

CALLERS = 64
MANY = 10**9
LAST = 500  # items that all of them then try to get


@dataclass(frozen=True)
class Round:
    """Orders a second, each a hold and the goods put aside, of all callers together."""

    hot: float  # all of one product
    spread: float  # each caller of its own
    idle: int  # seconds in which some caller of the hot product got nothing done
    sold: int  # of the LAST items of a hot product
    slowest_ms: float  # one order of the hot product
    doubly: float  # two processes, all of one product


@dataclass
class Run:
    """Callers at work on products, and what they got."""

    store: Store
    done: Counter[tuple[int, int]] = field(default_factory=Counter)  # by caller and second
    slowest: float = 0.0
    ending: bool = False

    async def go(self, products: list[str], seconds: float) -> float:
        """Orders a second; raises AssertionError where goods were lost or sold twice."""
        began = time.perf_counter()
        callers = [
            asyncio.create_task(self.buy(n, products[n % len(products)], began))
            for n in range(CALLERS)
        ]
        await asyncio.sleep(seconds)
        self.ending = True
        await asyncio.gather(*callers)
        return self.done.total() / (time.perf_counter() - began)

    async def buy(self, caller: int, sku: str, began: float) -> None:
        while not self.ending:
            start = time.perf_counter()
            order = uuid.uuid4().hex
            await self.store.run(
                Change("stock", sku, partial(reserve, order=order, quantity=1)),
                Change("stock", sku, partial(settle, placed={order})),
            )
            now = time.perf_counter()
            self.slowest = max(self.slowest, now - start)
            self.done[caller, int(now - began)] += 1


async def one_round(url: str, seconds: float) -> Round:
    store = await MongoStore.open(url, INDEXES)
    products = [f"{uuid.uuid4().hex}-{n}" for n in range(CALLERS)]
    await store.run(*(Insert("stock", sku, new_stock(sku, MANY)) for sku in products))
    spread = await Run(store).go(products, seconds)
    hot = await stocked(store, MANY)
    run = Run(store)
    hot_rate = await run.go([hot], seconds)
    await check(store, hot, MANY - run.done.total())
    seconds_of_all = range(int(seconds))
    idle = sum(any(not run.done[n, at] for n in range(CALLERS)) for at in seconds_of_all)
    sold = await sell_out(store)
    doubly = await two_processes(store, url, seconds)
    await store.close()
    return Round(hot_rate, spread, idle, sold, 1000 * run.slowest, doubly)


async def stocked(store: Store, on_hand: int) -> str:
    sku = uuid.uuid4().hex
    await store.run(Insert("stock", sku, new_stock(sku, on_hand)))
    return sku


async def sell_out(store: Store) -> int:
    """How many of the LAST were sold to callers that go on until there is none."""
    sku = await stocked(store, LAST)

    async def buy() -> int:
        for got in range(LAST + 1):
            try:
                order = uuid.uuid4().hex
                await store.run(Change("stock", sku, partial(reserve, order=order, quantity=1)))
            except SoldOut:
                return got
        return LAST + 1

    sold = sum(await asyncio.gather(*(buy() for _ in range(CALLERS))))
    doc = await store.get("stock", sku) or {}
    assert (doc["free"], len(doc["held"])) == (0, LAST)
    return sold


async def two_processes(store: Store, url: str, seconds: float) -> float:
    """Orders a second of both together, on one product."""
    sku = await stocked(store, MANY)
    command = [sys.executable, "-m", "tests.bench.storage_mongo", url, sku, str(seconds)]
    children = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = [(await child.communicate())[0].split() for child in children]
    await check(store, sku, MANY - sum(int(done) for done, _ in said))
    return sum(float(rate) for _, rate in said)


async def check(store: Store, sku: str, left: int) -> None:
    """Nothing lost, nothing sold twice, nothing held."""
    doc: dict[str, Any] = await store.get("stock", sku) or {}
    assert (doc["free"], doc["on_hand"], doc["held"]) == (left, left, {}), doc


def measure(rounds: int, seconds: float) -> list[Round]:
    """A fresh server each time: SecantusDB slows as it fills."""
    found = []
    for _ in range(rounds):
        with served() as url:
            found.append(asyncio.run(one_round(url, seconds)))
    return found


@contextlib.contextmanager
def served() -> Iterator[str]:
    if url := os.environ.get("MONGO_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        server = MongoServer(Path(folder))
        server.start()
        try:
            yield server.url("bench")
        finally:
            server.kill()


def figures(rounds: list[Round]) -> dict[str, str]:
    return {
        "mongo_hot_vs_spread": f"{median(r.hot / r.spread for r in rounds):.2f}",
        "mongo_idle_seconds": str(sum(r.idle for r in rounds)),
        "mongo_hot_orders": f"{median(r.hot for r in rounds):.0f}",
        "mongo_slowest_ms": f"{max(r.slowest_ms for r in rounds):.0f}",
        "mongo_two_processes": f"{median(r.doubly for r in rounds):.0f}",
    }


async def one_of_several(url: str, sku: str, seconds: float) -> None:
    store = await MongoStore.open(url, INDEXES)
    run = Run(store)
    rate = await run.go([sku], seconds)
    await store.close()
    print(run.done.total(), rate)


if __name__ == "__main__":
    asyncio.run(one_of_several(sys.argv[1], sys.argv[2], float(sys.argv[3])))
