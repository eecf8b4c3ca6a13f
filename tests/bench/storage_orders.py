"""An order of two lines, as operations on the port: what `bench_storage` counts.

The functions do what those of `server.orders` do, on the documents as they are: so the figures are
the engine's, and not those of the order's own code.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from server.storage.port import Change, Doc, Index, Insert, Op, Store

INDEXES = (Index("order", "status"), Index("order", "placed_at"), Index("stock", "busy"))
SETTLE_SECONDS = 0.5  # as often as the server's own recovery takes placed orders out of the stock


class SoldOut(Exception):
    """Nothing is free of it any more."""


def new_order(id: str, lines: Sequence[tuple[str, int]]) -> Doc:
    """About 700 bytes of JSON, as a pickup of two products."""
    return {
        "id": id,
        "person": "shopper-4711",
        "status": "pending",
        "placed_at": None,
        "lines": [
            {"sku": sku, "quantity": n, "name": {"en": "Lamp", "fr": "Lampe", "it": "Lampada"},
             "unit_price": {"amount": 12900, "currency": "EUR"}}
            for sku, n in lines
        ],
        "fulfilment": {"kind": "pickup", "store": "milano", "slot": "milano:2026-11-24T10:00",
                       "collector": {"name": "Anna", "phone": "+39 02 0000000"}},
        "payment": {"method": "pay_at_pickup", "status": "none"},
        "total": {"amount": 25800, "currency": "EUR"},
        "history": [],
    }  # fmt: skip


def new_stock(id: str, on_hand: int) -> Doc:
    return {"id": id, "store": "milano", "sku": id, "on_hand": on_hand, "free": on_hand,
            "held": {}, "busy": False}  # fmt: skip


def reserve(doc: Doc, order: str, quantity: int) -> Doc:
    if order in doc["held"]:
        return doc
    if doc["free"] < quantity:
        raise SoldOut
    held = {**doc["held"], order: quantity}
    return {**doc, "free": doc["free"] - quantity, "held": held, "busy": True}


def settle(doc: Doc, placed: set[str]) -> Doc:
    """The goods of placed orders are put aside."""
    left = {order: n for order, n in doc["held"].items() if order not in placed}
    gone = sum(doc["held"].values()) - sum(left.values())
    return {**doc, "on_hand": doc["on_hand"] - gone, "held": left, "busy": bool(left)}


def place(doc: Doc, at: str) -> Doc:
    event = {"id": f"{doc['id']}-1", "type": "order.placed", "at": at, "by": "shopper"}
    return {**doc, "status": "placed", "placed_at": at, "history": [*doc["history"], event]}


def chain(order: Doc) -> list[Op]:
    """One `run`: the order, its goods, the commit point."""
    return [
        Insert("order", order["id"], order),
        *(
            Change("stock", line["sku"], partial(reserve, order=order["id"], quantity=n))
            for n, line in enumerate(order["lines"], 1)
        ),
        Change("order", order["id"], partial(place, at="2026-11-23T12:00:00Z")),
    ]  # fmt: skip


@dataclass
class Trade:
    """Buyers at work, and what they were told."""

    store: Store
    products: list[str]
    waits: list[float] = field(default_factory=list)  # seconds, of each order
    seconds: float = 0.0
    ending: bool = False
    fresh: dict[str, set[str]] = field(default_factory=dict)  # product → placed, not settled yet

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds

    @property
    def p99_ms(self) -> float:
        return 1000 * sorted(self.waits)[int(0.99 * len(self.waits))]

    async def run(self, callers: int, seconds: float) -> None:
        stocks = [Insert("stock", sku, new_stock(sku, 10**9)) for sku in self.products]
        await self.store.run(*stocks)
        settling = asyncio.create_task(self._settle())
        began = time.perf_counter()
        work = [asyncio.create_task(self._buy(random.Random(n))) for n in range(callers)]
        await asyncio.sleep(seconds)
        self.ending = True
        await asyncio.gather(*work)
        self.seconds = time.perf_counter() - began
        await settling

    async def _buy(self, chance: random.Random) -> None:
        while not self.ending:
            began = time.perf_counter()
            skus = chance.sample(self.products, 2)
            order = new_order(f"{chance.getrandbits(128):032x}", [(skus[0], 1), (skus[1], 2)])
            await self.store.run(*chain(order))
            self.waits.append(time.perf_counter() - began)
            for sku in skus:
                self.fresh.setdefault(sku, set()).add(order["id"])

    async def _settle(self) -> None:
        """As the recovery does, so that `held` stays short."""
        while not self.ending:
            await asyncio.sleep(SETTLE_SECONDS)
            fresh, self.fresh = self.fresh, {}
            changes = (Change("stock", sku, partial(settle, placed=p)) for sku, p in fresh.items())
            await self.store.run(*changes)
