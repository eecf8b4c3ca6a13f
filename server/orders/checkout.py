"""From what somebody wants to an order that could be placed: looked up, priced, frozen."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from server.auth import Person
from server.errors import NotFound, Unprocessable
from server.orders.body import GiftBoxBody, Line, OrderBody, PickupBody, fingerprint
from server.orders.cart import CartLine, merge
from server.orders.gift import Announce, Card, GiftBox, Posting, Recipient
from server.orders.order import (
    MixedCurrencies,
    Order,
    OrderLine,
    Payment,
    PaymentStatus,
    Price,
    stamp,
)
from server.orders.pickup import Pickup, PickupSlot, day_of
from server.orders.placing import code_of, order_id

MAX_DAYS_AHEAD: Final = 366  # for a pickup slot, and for the first day a gift may travel
PAY_AT_PICKUP: Final = Payment("pay_at_pickup", PaymentStatus.NONE)
ON_ACCOUNT: Final = Payment("on_account", PaymentStatus.AUTHORIZED)


class Variant(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def names(self) -> Any: ...  # by language: a mapping, or a struct


class Money(Protocol):
    @property
    def amount(self) -> int: ...  # minor units
    @property
    def currency(self) -> str: ...


class Product(Protocol):
    @property
    def sku(self) -> str: ...
    @property
    def names(self) -> Any: ...
    @property
    def price(self) -> Money: ...
    @property
    def variants(self) -> Sequence[Variant]: ...


class Catalog(Protocol):
    async def product(self, sku: str) -> Product:
        """Raises NotFound."""
        ...


class Shop(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def timezone(self) -> str: ...


class Slot(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def capacity(self) -> int: ...


class Stores(Protocol):
    async def store(self, id: str) -> Shop:
        """Raises NotFound."""
        ...

    async def shipping_store(self) -> Shop | None: ...

    async def slots(self, store: str, day: date) -> Sequence[Slot]:
        """Raises NotFound."""
        ...


class UnknownProduct(Unprocessable):
    type = "unknown-product"
    title = "There is no such product"
    detail = "No product has the SKU {sku}."


class UnknownVariant(Unprocessable):
    type = "unknown-variant"
    title = "The product has no such variant"
    detail = "{sku} does not come as {variant}."


class UnknownStore(Unprocessable):
    type = "unknown-store"
    title = "There is no such store"
    detail = "No store is called {store}."


class UnknownSlot(Unprocessable):
    type = "unknown-slot"
    title = "There is no such pickup time"
    detail = "{store} has no slot {slot} to come. GET /api/stores/{store}/slots lists them."


class NothingShips(Unprocessable):
    type = "no-shipping-store"
    title = "Gift boxes are not sent from here"
    detail = "No store ships. Choose pickup."


class BadDay(Unprocessable):
    type = "invalid-day"
    title = "That day cannot be chosen"
    detail = "ship_after is {ship_after}; choose a day from {first} to {last}."


LOOKUPS: Final = (UnknownProduct, UnknownVariant, UnknownStore, UnknownSlot, NothingShips, BadDay)


@dataclass(frozen=True, slots=True)
class Draft:
    """A pending order, and how many orders its slot takes."""

    order: Order
    slot_capacity: int = 0


@dataclass(frozen=True, slots=True)
class Checkout:
    catalog: Catalog
    stores: Stores
    tenant: uuid.UUID

    async def draft(self, person: Person, key: str, body: OrderBody, now: datetime) -> Draft:
        """Nothing is stored or held yet. Raises the errors in LOOKUPS, and MixedCurrencies."""
        lines, currency = await self._lines(body.lines)
        fulfilment, capacity = await self._fulfilment(body.fulfilment, now)
        id = order_id(self.tenant, person.id, key)
        order = Order(
            id=id,
            code=code_of(id),
            person=person.id,
            person_name=person.name,
            fingerprint=fingerprint(body),
            created_at=stamp(now),
            lines=lines,
            total=Price(sum(line.unit_price * line.quantity for line in lines), currency),
            fulfilment=fulfilment,
            payment=PAY_AT_PICKUP if isinstance(fulfilment, Pickup) else ON_ACCOUNT,
        )
        return Draft(order, capacity)

    async def resolve(self, line: Line | CartLine) -> tuple[Product, Variant | None]:
        """The product's first variant when the line names none.

        Raises UnknownProduct, UnknownVariant.
        """
        try:
            product = await self.catalog.product(line.sku)
        except NotFound as error:
            raise UnknownProduct(sku=line.sku) from error
        if line.variant is None:
            return product, product.variants[0] if product.variants else None
        for variant in product.variants:
            if variant.id == line.variant:
                return product, variant
        raise UnknownVariant(sku=line.sku, variant=line.variant)

    async def resolved(self, lines: Sequence[Line]) -> tuple[CartLine, ...]:
        """Every line with its variant, lines of the same thing made one."""
        found = [(line, await self.resolve(line)) for line in lines]
        return merge(
            CartLine(line.sku, line.quantity, variant.id if variant else None)
            for line, (_, variant) in found
        )

    async def shop(self, id: str) -> Shop:
        """Raises UnknownStore."""
        try:
            return await self.stores.store(id)
        except NotFound as error:
            raise UnknownStore(store=id) from error

    async def _lines(self, wanted: Sequence[Line]) -> tuple[tuple[OrderLine, ...], str]:
        """The lines and their currency."""
        lines, currencies = [], set()
        for line in await self.resolved(wanted):
            product, variant = await self.resolve(line)
            currencies.add(product.price.currency)
            frozen = OrderLine(
                sku=product.sku,
                variant=line.variant,
                quantity=line.quantity,
                unit_price=product.price.amount,
                name=msgspec.to_builtins(product.names),
                variant_name=msgspec.to_builtins(variant.names) if variant else None,
            )
            lines.append(frozen)
        if len(currencies) > 1:
            raise MixedCurrencies(currencies=" and ".join(sorted(currencies)))
        return tuple(lines), currencies.pop()

    async def _fulfilment(
        self, wish: PickupBody | GiftBoxBody, now: datetime
    ) -> tuple[Pickup | GiftBox, int]:
        """With how many orders its slot takes."""
        if isinstance(wish, GiftBoxBody):
            return await self._gift(wish, now), 0
        return await self._pickup(wish, now)

    async def _pickup(self, wish: PickupBody, now: datetime) -> tuple[Pickup, int]:
        shop = await self.shop(wish.store)
        if wish.slot is None:
            return Pickup(store=shop.id, collector=wish.collector), 0
        slot = await self._slot(shop, wish.slot, now)
        kept = PickupSlot(slot.id, slot.start, slot.end)
        return Pickup(store=shop.id, slot=kept, collector=wish.collector), slot.capacity

    async def _slot(self, shop: Shop, id: str, now: datetime) -> Slot:
        """One that has not begun. Raises UnknownSlot."""
        day = day_of(id, shop.id)
        if day is not None and day <= now.date() + timedelta(days=MAX_DAYS_AHEAD):
            for slot in await self.stores.slots(shop.id, day):
                if slot.id == id and slot.start > now:
                    return slot
        raise UnknownSlot(store=shop.id, slot=id)

    async def _gift(self, wish: GiftBoxBody, now: datetime) -> GiftBox:
        shop = await self.stores.shipping_store()
        if shop is None:
            raise NothingShips
        first = now.astimezone(ZoneInfo(shop.timezone)).date()
        last = first + timedelta(days=MAX_DAYS_AHEAD)
        if wish.ship_after and not first <= wish.ship_after <= last:
            raise BadDay(ship_after=str(wish.ship_after), first=str(first), last=str(last))
        return GiftBox(
            store=shop.id,
            timezone=shop.timezone,
            recipient=msgspec.convert(wish.recipient, Recipient | None, from_attributes=True),
            announce=msgspec.convert(wish.announce, Announce, from_attributes=True),
            card=Card(wish.card.text, wish.card.sender),
            wrap=wish.wrap,
            ship_after=wish.ship_after,
            posting=Posting(next_at=stamp(now)),
        )
