"""A house in use: furnished, with people in it, and a system that is told what happens."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from server.app import INDEXES
from server.auth import SESSION, Tokens
from server.catalog import repository as catalog
from server.catalog.product import ProductBody, make_product
from server.rooms.repository import Showrooms
from server.secret import own_secret
from server.storage.mongo import MongoStore
from server.storage.port import Store
from tests.faults import promises as audit
from tests.faults.faults import FAULTS
from tests.faults.house import House
from tests.faults.load import Load
from tests.faults.promises import Promises
from tests.flows.nodes import DESK
from tests.flows.receiver import Receiver, receiving
from tests.flows.small_house import VARIANTS, product
from tests.server.rooms.house import SHOWROOM
from tests.server.telemetry.shopping import PRODUCT, STORE

STOCK: Final = {"milano:TEA-01": 1_000_000}
KEPT_SECONDS: Final = 40.0  # until the house has settled what was under way
MOST_SECONDS: Final = 100.0  # anything that takes longer will not happen any more


@dataclass
class Use:
    """What the tests of faults work with."""

    house: House
    load: Load
    store: Store
    receiver: Receiver
    promises: Promises

    async def hurt(self, fault: str, seconds: float = 2.0) -> float:
        """How long it took until everybody was served again."""
        await self.load.all_served(time.monotonic())
        try:
            async with asyncio.timeout(MOST_SECONDS + seconds * 10):
                took = await FAULTS[fault](self.house, self.load, seconds)
        except TimeoutError:
            said = f"{dict(self.promises.refused)} {self.promises.unclear[-3:]}"
            raise AssertionError(f"{fault} is not over: {said}") from None
        refused = dict(self.promises.refused)
        print(f"\n{fault}: well again after {took:.1f} s ({self.load.slowest} last); {refused}")
        return took

    async def well(self) -> None:
        """Everybody stops for a moment; then every promise so far is looked at."""
        async with asyncio.timeout(MOST_SECONDS), self.load.resting():
            until = time.monotonic() + KEPT_SECONDS
            while True:
                assert self.promises.unclear == []
                try:
                    await self.kept()
                    break
                except AssertionError:
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(0.2)

    async def kept(self) -> None:
        await audit.kept(self.promises, self.store, self.receiver, self.house.site, STOCK)
        anna, bruno = (visitor.world for visitor in self.load.visitors)
        assert anna.whole
        assert bruno.whole
        assert bruno.me in anna.avatars
        assert anna.me in bruno.avatars
        for thing, moves in self.promises.moves.items():
            at = anna.objects[thing].position
            assert at == bruno.objects[thing].position
            assert at[0] == moves[-1][1], (thing, at, moves[-3:])
        failed = [line for line in self.house.logs().splitlines() if "request.failed" in line]
        assert failed == []


@contextlib.asynccontextmanager
async def in_use(house: House) -> AsyncIterator[Use]:
    store = await MongoStore.open(house.mongo.url(house.database), INDEXES)
    promises = Promises()
    try:
        await furnish(house, store)
        async with receiving() as receiver:
            _, endpoint = await house.desk.ask(
                "a", "POST", "/api/webhooks/endpoints", {"url": receiver.url}
            )
            receiver.secret = endpoint["secret"]
            async with Load.begun(house.site, promises, staff(house)) as load:
                yield Use(house, load, store, receiver, promises)
    finally:
        await store.close()


def staff(house: House) -> dict[str, str]:
    """Headers."""
    tokens = Tokens(own_secret(Path(), house.secret))
    session = tokens.issue(DESK, SESSION, timedelta(hours=12), datetime.now(UTC))
    return {"Authorization": f"Bearer {session}"}


async def furnish(house: House, store: Store) -> None:
    for id in ("demo", "duel"):
        await Showrooms(store).put_showroom({**SHOWROOM, "id": id, "models": {}})
    products = catalog.Catalog(store)
    for sku in VARIANTS:
        body = msgspec.convert(product(sku), ProductBody)
        await products.put_product(
            sku, lambda _, sku=sku, body=body: make_product(sku, body, None, 1)
        )
    for path, body in (
        ("/api/products/TEA-01", PRODUCT),
        ("/api/stores/milano", STORE),
        ("/api/stores/milano/stock/TEA-01", {"on_hand": STOCK["milano:TEA-01"]}),
    ):
        status, said = await house.desk.ask("a", "PUT", path, body)
        assert status < 300, said
