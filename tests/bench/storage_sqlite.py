"""The embedded engine beside what it stands on: SQLite without a port, and the disk's fsync."""

import asyncio
import os
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import uvloop

from server.storage.embedded import EmbeddedStore, connect, prepare
from server.storage.group_commit import LOAD, WRITE
from tests.bench.storage_orders import INDEXES, Trade, chain, new_order, new_stock

CALLERS = 64
PRODUCTS = [f"LAMP-{n:03}" for n in range(100)]
HELD = 30  # orders that a stock document names; under the trade it is that many on average


@dataclass(frozen=True)
class Round:
    """Orders a second, and what they are compared with, measured one after another."""

    fsyncs: float  # a second, of one page at the end of a growing file
    combined: float  # orders a second as bare statements, 64 orders a commit
    orders: float  # a second through the port
    p99_ms: float


def measure(folder: Path, rounds: int, seconds: float) -> list[Round]:
    """`folder` is on the disk in question."""
    return [one_round(folder, seconds) for _ in range(rounds)]


def one_round(folder: Path, seconds: float) -> Round:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        here = Path(name)
        syncs = fsyncs(here / "file", min(1.0, seconds))
        floor = combined(here / "bare.db", seconds)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            trade = runner.run(ported(here / "port.db", seconds))
        return Round(syncs, floor, trade.per_second, trade.p99_ms)


def fsyncs(path: Path, seconds: float) -> float:
    with path.open("wb", buffering=0) as file:
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            file.write(os.urandom(4096))
            os.fsync(file.fileno())
            count += 1
        return count / (time.perf_counter() - began)


def combined(path: Path, seconds: float) -> float:
    """The statements of the same orders on a bare connection; what they write is made before.

    Per order: look, insert, look at and write two stocks, write again. No JSON is read or made.
    """
    prepare(path, INDEXES)
    connection = connect(path)
    sample = new_order("sample", [(PRODUCTS[0], 1), (PRODUCTS[1], 2)])
    body = msgspec.json.encode(sample).decode()
    placed = msgspec.json.encode(chain(sample)[-1].fn(sample)).decode()  # type: ignore[union-attr]
    stock = new_stock(PRODUCTS[0], 10**9)
    stock["held"] = {str(uuid.uuid4()): 1 for _ in range(HELD)}
    goods = msgspec.json.encode(stock).decode()
    run, count, began = connection.execute, 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        run("BEGIN IMMEDIATE")
        for _ in range(CALLERS):
            count += 1
            order = f"{count:036}"
            run(LOAD, ("order", order)).fetchone()
            run(WRITE, ("order", order, body.replace(sample["id"], order)))
            for sku in (PRODUCTS[count % 100], PRODUCTS[(7 * count + 3) % 100]):
                run(LOAD, ("stock", sku)).fetchone()
                run(WRITE, ("stock", sku, goods.replace("1000000000", str(10**9 + count), 1)))
            run(WRITE, ("order", order, placed.replace(sample["id"], order)))
        run("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return count / took


async def ported(path: Path, seconds: float) -> Trade:
    store = await EmbeddedStore.open(path, INDEXES)
    trade = Trade(store, PRODUCTS)
    await trade.run(CALLERS, seconds)
    orders = 0
    async for document in store.documents():
        if document.kind == "order":
            assert document.doc["status"] == "placed"
            orders += 1
        else:
            doc = document.doc
            assert doc["free"] + sum(doc["held"].values()) == doc["on_hand"]
    assert orders == len(trade.waits)
    await store.close()
    return trade


def figures(rounds: list[Round]) -> dict[str, str]:
    return {
        "sqlite_orders_vs_combined": f"{median(r.orders / r.combined for r in rounds):.2f}",
        "sqlite_orders_vs_fsync": f"{median(r.orders / r.fsyncs for r in rounds):.2f}",
        "sqlite_p99_ms": f"{median(r.p99_ms for r in rounds):.1f}",
        "sqlite_orders": f"{median(r.orders for r in rounds):.0f}",
    }
