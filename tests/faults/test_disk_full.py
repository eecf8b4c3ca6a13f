"""The disk of a house with everything embedded is full: orders say so, and go on when it is not."""

import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.orders.recovery import Recovery
from server.orders.repository import OrderBook
from tests.faults.house import full, small_disk
from tests.faults.load import SHOPPERS, Load
from tests.faults.promises import Promises
from tests.flows.process import Running
from tests.server.orders.audit import audit
from tests.server.orders.shop import opened
from tests.server.telemetry.shopping import shopping

STOCK = 100_000


async def test_orders_are_refused_while_the_disk_is_full_and_none_is_lost(tmp_path: Path):
    promises = Promises()
    try:
        with small_disk(tmp_path / "small") as disk:
            async with shopping(disk / "data", stock=STOCK):
                pass
            server = Running(disk / "data", (), {"VITRINE_RECOVERY_SECONDS": "1"}).start()
            try:
                await fill_while_they_order(server, disk, promises)
            finally:
                server.stop()
            async with opened(str(disk / "data")) as store:
                await Recovery(OrderBook(store), lambda: datetime.now(UTC), stale_seconds=0).once()
                await audit(store, {"milano:TEA-01": STOCK}, promises.orders)
            assert "request.failed" not in server.output()
    except PermissionError as error:
        pytest.skip(str(error))


async def fill_while_they_order(server: Running, disk: Path, promises: Promises) -> None:
    site = server.url
    assert urlsplit(site).port
    async with Load.begun(site, promises, {}, visitors=False) as load:
        await load.all_served(time.monotonic())
        before = len(promises.orders)
        with full(disk):
            async with load.http.get(f"{site}/api/products/TEA-01") as answer:
                assert answer.status == 200  # reading needs no room
            while sum(promises.refused.values()) < 2 * SHOPPERS:
                assert promises.unclear == []
                await load.nap()
        took = await load.all_served(time.monotonic())
        assert len(promises.orders) > before
        print(f"\norders again {took:.1f} s after there was room; {dict(promises.refused)}")
        async with load.resting():
            assert promises.unclear == []
