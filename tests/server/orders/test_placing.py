"""Placing an order: what is checked, held and answered; once, whatever happens at the same time."""

import asyncio
from datetime import date
from typing import Any

import pytest

from server.errors import VitrineError
from server.orders.body import Line
from server.orders.cart import CartLine, TooManyOfOne
from server.orders.checkout import (
    BadDay,
    NothingShips,
    UnknownProduct,
    UnknownSlot,
    UnknownStore,
    UnknownVariant,
)
from server.orders.order import MixedCurrencies, Order, Status
from server.orders.pickup import SlotFull
from server.orders.placing import KeyReused, OrderInProgress
from server.orders.stock import OutOfStock
from tests.conftest import HeldClock
from tests.server.orders.shop import (
    ANNA,
    BRUNO,
    STAFF,
    Money,
    Product,
    Shop,
    body,
    books,
    gift_body,
    names,
)

TEN = "milano:2026-11-24T10:00"
TEN_DAY = date(2026, 11, 24)


async def test_an_order_freezes_names_and_prices_and_holds_the_goods(shop: Shop) -> None:
    await shop.stocked(SHOE=3, TEA=9)
    order, made = await shop.orders.place(ANNA, "k", body(("SHOE-01", 2), ("TEA-01", 1)))
    shop.shelf.products["SHOE-01"] = Product("SHOE-01", names("Boot"), Money(1, "EUR"))
    assert made
    assert order.status is Status.PLACED
    assert order.total.amount == 2 * 12900 + 950
    assert [(line.sku, line.variant, line.name["en"]) for line in order.lines] == [
        ("SHOE-01", "night", "Shoe"),
        ("TEA-01", None, "Tea"),
    ]
    assert [entry.type for entry in order.history] == ["order.placed"]
    assert await shop.orders.order(ANNA, order.id) == order
    assert (await books(shop.store))["milano:SHOE-01"] == (3, 1, 2)


async def test_lines_of_one_product_share_its_stock(shop: Shop) -> None:
    await shop.stocked(SHOE=3)
    two = [
        Line("SHOE-01", 2, "night"), Line("SHOE-01", 1, "day"), Line("SHOE-01", 1, "night")
    ]  # fmt: skip
    wish = body(("SHOE-01", 1))
    order = type(wish)(tuple(two), wish.fulfilment)
    with pytest.raises(OutOfStock) as caught:
        await shop.orders.place(ANNA, "k", order)
    assert caught.value.facts == {"sku": "SHOE-01", "wanted": 4, "left": 3}
    placed, _ = await shop.orders.place(ANNA, "k2", type(wish)(tuple(two[:2]), wish.fulfilment))
    assert [(line.variant, line.quantity) for line in placed.lines] == [("night", 2), ("day", 1)]


async def test_the_last_sofa_goes_to_exactly_one_of_fifty_buyers(shop: Shop) -> None:
    await shop.stocked(LAMP=1)
    answers = await asyncio.gather(
        *(shop.orders.place(ANNA, f"key-{n}", body(("LAMP-01", 1))) for n in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    assert sum(isinstance(answer, OutOfStock) for answer in answers) == 49
    assert (await books(shop.store))["milano:LAMP-01"] == (1, 0, 1)


async def test_a_failed_order_holds_nothing_of_what_it_could_have_had(shop: Shop) -> None:
    await shop.stocked(LAMP=5, SHOE=0)
    with pytest.raises(OutOfStock):
        await shop.orders.place(ANNA, "k", body(("LAMP-01", 2), ("SHOE-01", 1), slot=TEN))
    assert (await books(shop.store))["milano:LAMP-01"] == (5, 5, 0)
    assert await shop.stocks.taken("milano", TEN_DAY) == {TEN: 0}


async def test_the_same_key_and_body_at_the_same_time_order_once(shop: Shop) -> None:
    await shop.stocked(LAMP=50)
    wish = body(("LAMP-01", 1))
    answers = await asyncio.gather(
        *(shop.orders.place(ANNA, "k", wish) for _ in range(20)), return_exceptions=True
    )
    told = [answer for answer in answers if not isinstance(answer, BaseException)]
    early = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {type(error) for error in early} <= {OrderInProgress}
    again = await shop.orders.place(ANNA, "k", wish)
    assert not again[1]
    assert {order.id for order, _ in told} == {again[0].id}
    assert [made for _, made in told].count(True) == 1
    assert (await books(shop.store))["milano:LAMP-01"] == (50, 49, 1)


async def test_the_same_key_with_another_body_is_refused(shop: Shop) -> None:
    await shop.stocked(LAMP=5)
    await shop.orders.place(ANNA, "k", body(("LAMP-01", 1)))
    with pytest.raises(KeyReused):
        await shop.orders.place(ANNA, "k", body(("LAMP-01", 2)))


async def test_a_key_belongs_to_its_person(shop: Shop) -> None:
    await shop.stocked(LAMP=5)
    first, _ = await shop.orders.place(ANNA, "k", body(("LAMP-01", 1)))
    second, made = await shop.orders.place(BRUNO, "k", body(("LAMP-01", 2)))
    assert made
    assert first.id != second.id


async def test_a_refused_order_is_refused_again_under_its_key(shop: Shop) -> None:
    await shop.stocked(LAMP=1)
    for _ in range(2):
        with pytest.raises(OutOfStock) as caught:
            await shop.orders.place(ANNA, "k", body(("LAMP-01", 3)))
        assert caught.value.facts == {"sku": "LAMP-01", "wanted": 3, "left": 1}
        await shop.stocked(LAMP=9)
    order, made = await shop.orders.place(ANNA, "k2", body(("LAMP-01", 3)))
    assert made
    assert order.status is Status.PLACED


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (body(("NOPE-01", 1)), UnknownProduct),
        (body(("LAMP-01", 1), store="atlantis"), UnknownStore),
        (body(("LAMP-01", 1), slot="milano:2026-11-24T10:07"), UnknownSlot),
        (body(("LAMP-01", 1), slot="tokyo:2026-11-24T10:00"), UnknownSlot),
        (body(("LAMP-01", 1), slot="milano:2026-11-23T10:00"), UnknownSlot),
        (body(("LAMP-01", 1), slot="milano:9999-12-31T10:00"), UnknownSlot),
        (body(("LAMP-01", 1), slot="tea time"), UnknownSlot),
        (body(("LAMP-01", 1), ("BOOK-01", 1)), MixedCurrencies),
        (body(("LAMP-01", 99), ("LAMP-01", 1)), TooManyOfOne),
        (gift_body(("LAMP-01", 1), ship_after="2026-11-22"), BadDay),
        (gift_body(("LAMP-01", 1), ship_after="2031-01-01"), BadDay),
        (body(("BOOK-01", 1)), OutOfStock),
    ],
)
async def test_what_cannot_be_ordered_is_named(
    shop: Shop, wish: Any, error: type[VitrineError]
) -> None:
    await shop.stocked(LAMP=5)
    with pytest.raises(error):
        await shop.orders.place(ANNA, "k", wish)
    assert (await books(shop.store))["milano:LAMP-01"] == (5, 5, 0)


async def test_a_variant_the_product_does_not_have_is_named(shop: Shop) -> None:
    wish = body(("SHOE-01", 1))
    strange = type(wish)((Line("SHOE-01", 1, "plaid"),), wish.fulfilment)
    with pytest.raises(UnknownVariant, match="SHOE-01 does not come as plaid"):
        await shop.orders.place(ANNA, "k", strange)


async def test_without_a_store_that_ships_there_are_no_gift_boxes(shop: Shop) -> None:
    shop.places.ships = False
    with pytest.raises(NothingShips):
        await shop.orders.place(ANNA, "k", gift_body(("LAMP-01", 1)))


async def test_a_slot_takes_no_more_orders_than_it_has_places(shop: Shop) -> None:
    await shop.stocked(TEA=50)
    answers = await asyncio.gather(
        *(shop.orders.place(ANNA, f"k{n}", body(("TEA-01", 1), slot=TEN)) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, SlotFull) for answer in answers) == 8
    assert await shop.stocks.taken("milano", TEN_DAY) == {TEN: 2}
    free = {slot.id: slot.free for slot in await shop.stocks.slots("milano", TEN_DAY)}
    assert free == {TEN: 0, "milano:2026-11-24T11:00": 2, "milano:2026-11-24T15:00": 2}
    assert (await books(shop.store))["milano:TEA-01"] == (50, 48, 2)


async def test_ordering_takes_the_ordered_lines_out_of_the_cart(shop: Shop) -> None:
    await shop.stocked(SHOE=5, TEA=5)
    await shop.carts.fill(ANNA, "anna", [Line("SHOE-01", 3), Line("TEA-01", 1)])
    await shop.orders.place(ANNA, "k", body(("SHOE-01", 2), ("TEA-01", 1)))
    cart = await shop.carts.cart(ANNA, "anna")
    assert cart.lines == (CartLine("SHOE-01", 1, "night"),)


async def test_a_refused_order_leaves_the_cart_full(shop: Shop) -> None:
    await shop.carts.fill(ANNA, "anna", [Line("SHOE-01", 3)])
    with pytest.raises(OutOfStock):
        await shop.orders.place(ANNA, "k", body(("SHOE-01", 3)))
    assert (await shop.carts.cart(ANNA, "anna")).lines == (CartLine("SHOE-01", 3, "night"),)


async def test_a_gift_box_leaves_from_the_store_that_ships(shop: Shop) -> None:
    await shop.stocked(TEA=3)
    order, _ = await shop.orders.place(ANNA, "k", gift_body(("TEA-01", 3)))
    assert order.payment.method == "on_account"
    assert (await books(shop.store))["milano:TEA-01"] == (3, 0, 3)


async def test_a_listener_that_breaks_does_not_break_the_order(shop: Shop) -> None:
    def broken(person: str, order: dict[str, Any]) -> None:
        raise RuntimeError("the room is on fire")

    await shop.stocked(TEA=3)
    shop.orders.listeners = (broken,)
    order, made = await shop.orders.place(ANNA, "k", body(("TEA-01", 1)))
    assert made
    assert order.status is Status.PLACED


async def test_listeners_hear_of_the_order_as_its_shopper_sees_it(shop: Shop) -> None:
    await shop.stocked(TEA=3)
    order, _ = await shop.orders.place(ANNA, "k", gift_body(("TEA-01", 1)))
    ((person, heard),) = shop.heard
    assert (person, heard["id"], heard["status"]) == ("anna", order.id, "placed")
    assert "Via Segreta" not in str(heard)
    assert "chiara@example.org" not in str(heard)
    assert "announcement" not in heard


async def test_placed_orders_are_settled_and_the_sums_stay(shop: Shop) -> None:
    await shop.stocked(TEA=30)
    for n in range(7):
        await shop.orders.place(ANNA, f"k{n}", body(("TEA-01", 2)))
    await shop.recovery.settle()
    assert (await books(shop.store))["milano:TEA-01"] == (16, 16, 0)
    await shop.recovery.once()
    assert (await books(shop.store))["milano:TEA-01"] == (16, 16, 0)


async def test_a_kept_slot_stays_taken_after_settling(shop: Shop) -> None:
    await shop.stocked(TEA=30)
    await shop.orders.place(ANNA, "k", body(("TEA-01", 2), slot=TEN))
    await shop.recovery.once()
    assert await shop.stocks.taken("milano", TEN_DAY) == {TEN: 1}


async def test_orders_are_listed_oldest_first_to_who_may_see_them(
    shop: Shop, clock: HeldClock
) -> None:
    await shop.stocked(TEA=30)
    made: list[Order] = []
    for n, person in enumerate((BRUNO, ANNA, BRUNO)):
        order, _ = await shop.orders.place(person, f"k{n}", body(("TEA-01", 1)))
        made.append(order)
        clock.forward(seconds=1)
    with pytest.raises(OutOfStock):
        await shop.orders.place(BRUNO, "k9", body(("TEA-01", 99)))
    everybody, _ = await shop.orders.orders(STAFF, {"open": True}, 10, None)
    own, _ = await shop.orders.orders(BRUNO, {"open": True}, 10, None)
    assert [order.id for order in everybody] == [order.id for order in made]
    assert [order.id for order in own] == [made[0].id, made[2].id]
    first, cursor = await shop.orders.orders(STAFF, {}, 2, None)
    rest, end = await shop.orders.orders(STAFF, {}, 2, cursor)
    assert [order.id for order in first + rest] == [order.id for order in made]
    assert end is None


async def test_the_running_recovery_settles_soon_after_an_order(shop: Shop) -> None:
    shop.recovery.gather_seconds = 0
    shop.orders.pokes = (shop.recovery.poke,)
    running = asyncio.create_task(shop.recovery.run())
    await shop.stocked(TEA=5)
    await shop.orders.place(ANNA, "k", body(("TEA-01", 2)))
    async with asyncio.timeout(20):
        while (await books(shop.store))["milano:TEA-01"] != (3, 3, 0):  # noqa: ASYNC110 - it says nothing when it is done
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
