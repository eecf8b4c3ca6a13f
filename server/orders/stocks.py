"""What the stores have, and which pickup times are free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from server.orders.checkout import MAX_DAYS_AHEAD, Checkout
from server.orders.repository import OrderBook
from server.orders.stock import Stock


class SlotView(msgspec.Struct, frozen=True):
    """A time to collect; `free` counts orders."""

    id: str
    start: datetime
    end: datetime
    capacity: int
    free: int


@dataclass
class StockService:
    book: OrderBook
    checkout: Checkout
    clock: Callable[[], datetime]

    async def count(self, store: str, sku: str, on_hand: int) -> Stock:
        """What staff have counted. Raises NotFound for a store or product there is none of;
        BelowHeld."""
        await self.checkout.stores.store(store)
        await self.checkout.catalog.product(sku)
        return await self.set_on_hand(store, sku, on_hand)

    async def set_on_hand(self, store: str, sku: str, on_hand: int) -> Stock:
        """For a store and a product that the caller knows to exist. Raises BelowHeld."""
        return await self.book.change_stock(store, sku, lambda stock: stock.count(on_hand))

    async def stock(
        self, store: str, limit: int, after: str | None
    ) -> tuple[list[Stock], str | None]:
        """Raises NotFound for an unknown store, ValueError for a cursor that is not ours."""
        await self.checkout.stores.store(store)
        return await self.book.stocks({"store": store}, limit, after)

    async def skus_in_stock(self, store: str) -> set[str]:
        """The products that were ever counted there."""
        known: set[str] = set()
        after = None
        while True:
            page, after = await self.book.stocks({"store": store}, 500, after)
            known |= {stock.sku for stock in page}
            if after is None:
                return known

    async def taken(self, store: str, day: date) -> dict[str, int]:
        """Orders per slot on a day, for the slots that have any."""
        return await self.book.taken(store, day)

    async def slots(self, store: str, day: date) -> Sequence[SlotView]:
        """The day's slots that have not begun. Raises NotFound for an unknown store."""
        now = self.clock()
        slots = await self.checkout.stores.slots(store, day)
        if day > now.date() + timedelta(days=MAX_DAYS_AHEAD):
            return []
        taken = await self.taken(store, day)
        return [
            SlotView(
                slot.id, slot.start, slot.end, slot.capacity,
                max(0, slot.capacity - taken.get(slot.id, 0)),
            )
            for slot in slots
            if slot.start > now
        ]  # fmt: skip
