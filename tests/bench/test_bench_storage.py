"""The benchmark of the storage engines measures what it says, in short."""

import asyncio
from pathlib import Path

from tests.bench import storage_mongo, storage_sqlite


def test_the_embedded_engine_is_measured_beside_sqlite_and_the_disk(tmp_path: Path) -> None:
    found = storage_sqlite.measure(tmp_path, 1, 0.3)
    assert min(found[0].fsyncs, found[0].combined, found[0].orders, found[0].p99_ms) > 0
    assert next(iter(storage_sqlite.figures(found))) == "sqlite_orders_vs_combined"


def test_buyers_of_one_product_lose_nothing_and_wait_for_nobody(mongo_url: str) -> None:
    one = asyncio.run(storage_mongo.one_round(mongo_url, 1.0))
    assert one.sold == storage_mongo.LAST
    assert one.idle == 0
    assert one.hot > one.spread
    assert one.doubly > 0
