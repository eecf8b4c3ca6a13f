"""Counts everything again: what must be true of a shop after any accident and a recovery."""

from collections.abc import Iterable, Mapping

from server.orders.order import Goods, Order, Stage, Status
from server.orders.repository import OrderBook
from server.storage.port import Store
from tests.server.orders.shop import books


async def every_order(book: OrderBook) -> list[Order]:
    found, after = await book.orders({}, limit=500)
    while after:
        more, after = await book.orders({}, limit=500, after=after)
        found += more
    return found


async def audit(store: Store, counted: Mapping[str, int], accepted: Iterable[str] = ()) -> None:
    """`counted`: what each stock document began with; `accepted`: ids told to buyers as placed."""
    book = OrderBook(store)
    orders = await every_order(book)
    assert len({order.id for order in orders}) == len(orders)
    assert {order.stage for order in orders} <= {Stage.PLACED, Stage.REJECTED}
    placed = {order.id for order in orders if order.stage is Stage.PLACED}
    assert set(accepted) <= placed
    live = [order for order in orders if order.id in placed and order.status != Status.CANCELLED]
    assert {order.goods for order in live} <= {Goods.SETTLED}
    assert {order.goods for order in orders if order not in live} <= {Goods.BACK}
    for id, (on_hand, free, held) in (await books(store)).items():
        shop, _, sku = id.partition(":")
        aside = sum(o.wanted.get(sku, 0) for o in live if o.fulfilment.store == shop)
        assert (free, held) == (on_hand, 0)
        assert on_hand + aside == counted.get(id, 0), id
    slots, _ = await book.slots({})
    for slot in slots:
        assert slot.held == ()
        assert sorted(slot.kept) == sorted(order.id for order in live if order.slot == slot.id)
