"""A whole house over HTTP with something to buy, and its figures."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from server.app import House, open_house
from server.catalog.product import ProductBody
from server.catalog.store import StoreBody
from server.settings import Settings

PRODUCT = {
    "names": {"en": "Tea", "fr": "Thé", "it": "Tè"},
    "price": {"amount": 950, "currency": "EUR"},
    "dimensions": {"width": 0.1, "height": 0.1, "depth": 0.1},
}
STORE = {
    "name": "Milano",
    "address": "Via Tortona 1, Milano",
    "timezone": "Europe/Rome",
    "hours": [{"day": day, "open": "09:00", "close": "19:00"} for day in range(7)],
    "slot_minutes": 60,
    "slot_capacity": 4,
    "ships": True,
}
PICKUP = {"kind": "pickup", "store": "milano"}
Client = TestClient[Any, Any]
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@asynccontextmanager
async def shopping(
    data: Path, stock: int = 5, **settings: Any
) -> AsyncIterator[tuple[House, Client]]:
    house = await open_house(Settings(data=data, metrics_token="open", **settings))
    try:
        await house.catalog.put_product("TEA-01", msgspec.convert(PRODUCT, ProductBody))
        await house.catalog.put_store("milano", msgspec.convert(STORE, StoreBody))
        await house.orders.stock.set_on_hand("milano", "TEA-01", stock)
        async with TestClient(TestServer(house.web)) as client:
            yield house, client
    finally:
        await house.close()


async def guest(client: Client, name: str = "Ada") -> dict[str, str]:
    """Headers of somebody who walked in."""
    async with client.post("/api/sessions", json={"name": name}) as answer:
        return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def buy(
    client: Client, who: Mapping[str, str], key: str, quantity: int = 1, **headers: str
) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    body = {"lines": [{"sku": "TEA-01", "quantity": quantity}], "fulfilment": PICKUP}
    sent = {**who, "Idempotency-Key": key, **headers}
    async with client.post("/api/orders", json=body, headers=sent) as answer:
        return answer.status, await answer.json(), answer.headers


async def figures(client: Client) -> Figures:
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        return read(await answer.text())


def read(text: str) -> Figures:
    """Values by sample and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Figures, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)
