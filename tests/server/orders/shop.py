"""A small shop to order in: a catalogue, two stores, and the services over a real store."""

import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server.auth import Person, Role
from server.engines import open_store
from server.errors import NotFound
from server.orders.body import OrderBody
from server.orders.carts import CartService
from server.orders.checkout import Checkout
from server.orders.recovery import Recovery
from server.orders.repository import INDEXES, OrderBook
from server.orders.service import OrderService
from server.orders.stocks import StockService
from server.settings import Settings
from server.storage.port import Store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
TENANT = uuid.uuid5(uuid.NAMESPACE_URL, "urn:test")
ANNA = Person("anna", "Anna", Role.SHOPPER)
BRUNO = Person("bruno", "Bruno", Role.SHOPPER)
STAFF = Person("sofia", "Sofia", Role.STAFF)
ERP = Person("erp", "Warehouse", Role.INTEGRATION)


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Store]:
    """A database's URL, or a data folder."""
    embedded = "://" not in address
    settings = Settings(data=Path(address)) if embedded else Settings(database_url=address)
    store = await open_store(settings, INDEXES)
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True)
class Money:
    amount: int
    currency: str


@dataclass(frozen=True)
class Variant:
    id: str
    names: dict[str, str]


@dataclass(frozen=True)
class Product:
    sku: str
    names: dict[str, str]
    price: Money
    variants: tuple[Variant, ...] = ()


def names(word: str) -> dict[str, str]:
    return {"en": word, "fr": f"{word} (fr)", "it": f"{word} (it)"}


PRODUCTS = {
    product.sku: product
    for product in (
        Product(
            "SHOE-01",
            names("Shoe"),
            Money(12900, "EUR"),
            (Variant("night", names("Night")), Variant("day", names("Day"))),
        ),
        Product("LAMP-01", names("Lamp"), Money(8000, "EUR")),
        Product("TEA-01", names("Tea"), Money(950, "EUR")),
        Product("BOOK-01", names("Book"), Money(2000, "CHF")),
    )
}


@dataclass
class Shelf:
    """The catalogue as orders see it."""

    products: dict[str, Product] = field(default_factory=lambda: dict(PRODUCTS))

    async def product(self, sku: str) -> Product:
        if sku not in self.products:
            raise NotFound(sku=sku)
        return self.products[sku]


@dataclass(frozen=True)
class Place:
    id: str
    timezone: str


@dataclass(frozen=True)
class Slot:
    id: str
    start: datetime
    end: datetime
    capacity: int


@dataclass
class Places:
    """Two stores, open at 10, 11 and 15 local time; gift boxes leave from Milano."""

    ships: bool = True
    capacity: int = 2

    async def store(self, id: str) -> Place:
        places = {"milano": "Europe/Rome", "tokyo": "Asia/Tokyo"}
        if id not in places:
            raise NotFound(store=id)
        return Place(id, places[id])

    async def shipping_store(self) -> Place | None:
        return await self.store("milano") if self.ships else None

    async def slots(self, store: str, day: date) -> Sequence[Slot]:
        zone = ZoneInfo((await self.store(store)).timezone)
        starts = [
            datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (10, 11, 15)
        ]
        return [
            Slot(f"{store}:{at:%Y-%m-%dT%H:%M}", at, at + timedelta(hours=1), self.capacity)
            for at in starts
        ]


@dataclass
class Shop:
    """Everything of the feature, over one store."""

    store: Store
    clock: Callable[[], datetime]
    shelf: Shelf = field(default_factory=Shelf)
    places: Places = field(default_factory=Places)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = itertools.count(1)
        self.book = OrderBook(self.store)
        self.checkout = Checkout(self.shelf, self.places, TENANT)
        self.carts = CartService(self.book, self.checkout)
        self.stocks = StockService(self.book, self.checkout, self.clock)
        self.orders = OrderService(
            self.book,
            self.checkout,
            self.carts,
            self.clock,
            lambda: f"event-{next(ids)}",
            listeners=(lambda person, order: self.heard.append((person, order)),),
        )
        self.recovery = Recovery(self.book, self.clock)

    async def stocked(self, **on_hand: int) -> "Shop":
        """`SHOE=3`: three of SHOE-01, in each of the stores."""
        for word, count in on_hand.items():
            for store in ("milano", "tokyo"):
                await self.stocks.set_on_hand(store, f"{word}-01", count)
        return self


def body(*lines: tuple[str, int], **fulfilment: Any) -> OrderBody:
    """An order of (sku, quantity) lines; for pickup in Milano when nothing else is said."""
    wish = {"kind": "pickup", "store": "milano", **fulfilment}
    written = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return msgspec.convert({"lines": written, "fulfilment": wish}, OrderBody)


RECIPIENT = {
    "name": "Chiara Rossi",
    "street": "Via Segreta 7",
    "postcode": "20121",
    "city": "Milano",
    "country": "Italia",
}


def gift_body(*lines: tuple[str, int], **details: Any) -> OrderBody:
    wish = {
        "kind": "gift_box",
        "recipient": RECIPIENT,
        "announce": {"channel": "email", "to": "chiara@example.org", "name": "Chiara"},
        "card": {"text": "Tanti auguri!\nA presto", "from": "Anna"},
        **details,
    }
    written = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return msgspec.convert({"lines": written, "fulfilment": wish}, OrderBody)


async def books(store: Store) -> dict[str, tuple[int, int, int]]:
    """Per stock document: on hand, free, held. Fails when they do not add up."""
    found = {}
    for doc in (await store.find("stock", {})).items:
        held = sum(doc["held"].values())
        assert doc["free"] + held == doc["on_hand"], doc
        assert min(doc["free"], doc["on_hand"], *doc["held"].values(), 0) == 0, doc
        found[doc["id"]] = (doc["on_hand"], doc["free"], held)
    return found
