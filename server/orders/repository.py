"""How orders, stock, slots and carts are stored, and the sagas' steps as operations on them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from server.errors import VitrineError
from server.orders import placing
from server.orders.cart import Cart
from server.orders.gift import GiftBox, GiftStatus
from server.orders.order import OPEN, Order, Stage
from server.orders.pickup import SlotPlaces, day_key, no_places
from server.orders.stock import Stock, no_stock, stock_id
from server.storage.port import Change, Doc, Exists, Index, Insert, Op, Store

ORDER: Final = "order"
STOCK: Final = "stock"
SLOT: Final = "slot"
CART: Final = "cart"

INDEXES: Final = (
    Index(ORDER, "person"),
    Index(ORDER, "status"),
    Index(ORDER, "open"),
    Index(ORDER, "store"),
    Index(ORDER, "stage"),
    Index(ORDER, "goods"),
    Index(ORDER, "unsent"),
    Index(ORDER, "announce_at"),
    Index(ORDER, "placed_at"),
    Index(STOCK, "store"),
    Index(STOCK, "busy"),
    Index(SLOT, "day"),
    Index(SLOT, "busy"),
)
T = TypeVar("T", Order, Stock, SlotPlaces, Cart)


def order_doc(order: Order) -> Doc:
    """With the fields that listings and loops look for."""
    return {
        **msgspec.to_builtins(order),
        "status": str(order.status),
        "open": order.status in OPEN,
        "store": order.fulfilment.store,
        "unsent": bool(order.to_send),
        "announce_at": announce_at(order),
    }


def announce_at(order: Order) -> str | None:
    """When the announcement is to be tried next; None where there is none to send."""
    box = order.fulfilment
    waits = order.stage is Stage.PLACED and box.status is GiftStatus.DRAFT
    return box.posting.next_at if waits and isinstance(box, GiftBox) else None


def stock_doc(stock: Stock) -> Doc:
    return {**msgspec.to_builtins(stock), "busy": bool(stock.held or stock.returned)}


def slot_doc(places: SlotPlaces) -> Doc:
    return {**msgspec.to_builtins(places), "busy": bool(places.held)}


def change(
    kind: str, id: str, read: type[T], write: Callable[[T], Doc], fn: Callable[[T], T]
) -> Change:
    """`fn` on the noun as a Change of its document; the same noun back is no change."""

    def on_document(doc: Doc) -> Doc:
        before = msgspec.convert(doc, read)
        after = fn(before)
        return doc if after is before else write(after)

    return Change(kind, id, on_document)


def insert_order(order: Order) -> Insert:
    return Insert(ORDER, order.id, order_doc(order))


def change_order(id: str, fn: Callable[[Order], Order]) -> Change:
    return change(ORDER, id, Order, order_doc, fn)


def change_stock(id: str, fn: Callable[[Stock], Stock]) -> Change:
    return change(STOCK, id, Stock, stock_doc, fn)


def change_slot(id: str, fn: Callable[[SlotPlaces], SlotPlaces]) -> Change:
    return change(SLOT, id, SlotPlaces, slot_doc, fn)


def change_cart(id: str, fn: Callable[[Cart], Cart]) -> Change:
    return change(CART, id, Cart, msgspec.to_builtins, fn)


def holds(order: Order, slot_capacity: int) -> list[Op]:
    """Reserve everything the order wants. Raise OutOfStock or SlotFull when run."""
    ops: list[Op] = [
        change_stock(stock_id(order.fulfilment.store, sku), _reserve(order.id, quantity))
        for sku, quantity in order.wanted.items()
    ]
    if order.slot:
        ops.append(change_slot(order.slot, lambda slot: slot.reserve(order.id, slot_capacity)))
    return ops


def give_up(order: Order, refusal: VitrineError) -> list[Op]:
    """Fence first, so that the order cannot be placed any more; then release; then reject."""
    return [
        change_order(order.id, placing.fence),
        *(release_stock(stock_id(order.fulfilment.store, sku), order.id) for sku in order.wanted),
        *_free_slot(order),
        change_order(order.id, partial(placing.reject, refusal=refusal)),
    ]


def bring_back(order: Order) -> list[Op]:
    """After a cancellation: the goods into the stock again, the slot's place free again."""
    return [
        *(
            change_stock(stock_id(order.fulfilment.store, sku), _give_back(order.id, quantity))
            for sku, quantity in order.wanted.items()
        ),
        *_free_slot(order),
        change_order(order.id, placing.brought_back),
    ]


def settle(placed: Iterable[Order]) -> list[Op]:
    """Take many orders' goods out of the stock with one change per document."""
    stocks: dict[str, list[str]] = {}
    slots: dict[str, list[str]] = {}
    ids: list[str] = []
    for order in placed:
        ids.append(order.id)
        for sku in order.wanted:
            stocks.setdefault(stock_id(order.fulfilment.store, sku), []).append(order.id)
        if order.slot:
            slots.setdefault(order.slot, []).append(order.id)
    return [
        *(change_stock(id, _settle(held)) for id, held in stocks.items()),
        *(change_slot(id, _keep(held)) for id, held in slots.items()),
        *(change_order(id, placing.settle) for id in ids),
    ]


def release_stock(stock: str, order: str) -> Change:
    return change_stock(stock, lambda found: found.release(order))


def forget_return(stock: str, order: str) -> Change:
    return change_stock(stock, lambda found: found.forget(order))


def release_slot(slot: str, order: str) -> Change:
    return change_slot(slot, lambda places: places.release(order))


def _reserve(order: str, quantity: int) -> Callable[[Stock], Stock]:
    return lambda stock: stock.reserve(order, quantity)


def _give_back(order: str, quantity: int) -> Callable[[Stock], Stock]:
    return lambda stock: stock.give_back(order, quantity)


def _settle(held: Sequence[str]) -> Callable[[Stock], Stock]:
    return lambda stock: stock.settle(held)


def _keep(held: Sequence[str]) -> Callable[[SlotPlaces], SlotPlaces]:
    return lambda places: places.keep(frozenset(held))


def _free_slot(order: Order) -> list[Op]:
    return [release_slot(order.slot, order.id)] if order.slot else []


class OrderBook:
    """Reads the feature's documents, and runs its operations."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def run(self, *ops: Op) -> list[Doc | None]:
        return await self.store.run(*ops)

    async def order(self, id: str) -> Order | None:
        doc = await self.store.get(ORDER, id)
        return msgspec.convert(doc, Order) if doc else None

    async def orders(
        self,
        where: Mapping[str, Any],
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> tuple[list[Order], str | None]:
        """A page of them. Raises ValueError for a cursor that is not ours."""
        page = await self.store.find(ORDER, where, order=order, limit=limit, after=after)
        return [msgspec.convert(doc, Order) for doc in page.items], page.next

    async def prepare(self, order: Order) -> None:
        """Make the documents that the order's holds will change, where they do not exist yet."""
        for sku in order.wanted:
            empty = no_stock(order.fulfilment.store, sku)
            if await self.store.get(STOCK, empty.id) is None:
                await self._insert(Insert(STOCK, empty.id, stock_doc(empty)))
        if order.slot and await self.store.get(SLOT, order.slot) is None:
            await self._insert(Insert(SLOT, order.slot, slot_doc(no_places(order.slot))))

    async def stock(self, store: str, sku: str) -> Stock | None:
        doc = await self.store.get(STOCK, stock_id(store, sku))
        return msgspec.convert(doc, Stock) if doc else None

    async def change_stock(self, store: str, sku: str, fn: Callable[[Stock], Stock]) -> Stock:
        """Made first where it does not exist."""
        empty = no_stock(store, sku)
        await self._insert(Insert(STOCK, empty.id, stock_doc(empty)))
        (doc,) = await self.store.run(change_stock(empty.id, fn))
        return msgspec.convert(doc, Stock)

    async def stocks(
        self, where: Mapping[str, Any], limit: int, after: str | None
    ) -> tuple[list[Stock], str | None]:
        page = await self.store.find(STOCK, where, limit=limit, after=after)
        return [msgspec.convert(doc, Stock) for doc in page.items], page.next

    async def slots(
        self, where: Mapping[str, Any], limit: int = 1000, after: str | None = None
    ) -> tuple[list[SlotPlaces], str | None]:
        page = await self.store.find(SLOT, where, limit=limit, after=after)
        return [msgspec.convert(doc, SlotPlaces) for doc in page.items], page.next

    async def taken(self, store: str, day: date) -> dict[str, int]:
        """Orders per slot on a day, for the slots that have any."""
        places, _ = await self.slots({"day": day_key(store, day)})
        return {slot.id: slot.taken for slot in places}

    async def cart(self, id: str) -> Cart:
        doc = await self.store.get(CART, id)
        return msgspec.convert(doc, Cart) if doc else Cart(id)

    async def change_cart(self, id: str, fn: Callable[[Cart], Cart]) -> Cart:
        """Made first where it does not exist."""
        if await self.store.get(CART, id) is None:
            await self._insert(Insert(CART, id, msgspec.to_builtins(Cart(id))))
        (doc,) = await self.store.run(change_cart(id, fn))
        return msgspec.convert(doc, Cart)

    async def _insert(self, op: Insert) -> None:
        with suppress(Exists):
            await self.store.run(op)
