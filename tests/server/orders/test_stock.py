"""How many of a product can be promised: nothing is lost, nothing is promised twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.orders.stock import BelowHeld, OutOfStock, Stock, no_stock

EMPTY = no_stock("milano", "SHOE-01")


def test_what_is_reserved_is_no_longer_free() -> None:
    stock = EMPTY.count(5).reserve("a", 2)
    assert (stock.on_hand, stock.free, stock.held) == (5, 3, {"a": 2})


def test_more_than_is_free_cannot_be_reserved() -> None:
    stock = EMPTY.count(5).reserve("a", 3)
    with pytest.raises(OutOfStock) as caught:
        stock.reserve("b", 3)
    assert caught.value.facts == {"sku": "SHOE-01", "wanted": 3, "left": 2}


def test_reserving_twice_for_one_order_holds_once() -> None:
    stock = EMPTY.count(5).reserve("a", 2)
    assert stock.reserve("a", 2) is stock


def test_a_cancelled_order_gives_back_once_settled_or_not() -> None:
    reserved = EMPTY.count(5).reserve("a", 2)
    for stock in (reserved, reserved.settle(["a"])):
        back = stock.give_back("a", 2)
        assert (back.on_hand, back.free, back.held) == (5, 5, {})
        assert back.give_back("a", 2) is back
        assert back.settle(["a"]) is back


def test_a_count_below_what_is_held_is_refused() -> None:
    stock = EMPTY.count(5).reserve("a", 2)
    assert stock.count(2).free == 0
    with pytest.raises(BelowHeld, match="2 of SHOE-01 are held"):
        stock.count(1)


ORDERS = st.sampled_from(["a", "b", "c"])
QUANTITY = {"a": 1, "b": 2, "c": 5}  # an order always wants the same
MOVES = st.tuples(
    st.sampled_from(["reserve", "release", "settle", "give_back", "count", "forget"]),
    ORDERS,
    st.integers(0, 8),
)


def move(stock: Stock, verb: str, order: str, n: int) -> Stock:
    match verb:
        case "reserve":
            return stock.reserve(order, QUANTITY[order])
        case "release":
            return stock.release(order)
        case "settle":
            return stock.settle([order])
        case "give_back":
            return stock.give_back(order, QUANTITY[order])
        case "forget":
            return stock.forget(order)
    return stock.count(n)


@given(st.lists(MOVES, max_size=40))
def test_free_and_held_are_what_is_on_hand_after_any_moves(
    moves: list[tuple[str, str, int]],
) -> None:
    stock = EMPTY.count(6)
    for verb, order, n in moves:
        try:
            stock = move(stock, verb, order, n)
        except (OutOfStock, BelowHeld):
            continue
        assert stock.free + sum(stock.held.values()) == stock.on_hand
        assert stock.free >= 0
        assert all(quantity > 0 for quantity in stock.held.values())


@given(st.lists(st.tuples(ORDERS, st.booleans()), max_size=12))
def test_goods_are_free_held_or_put_aside_through_whole_orders(
    steps: list[tuple[str, bool]],
) -> None:
    """Each order takes its next step, or the step before once more, as recovery does."""
    path = ("reserve", "settle", "give_back")
    stock = EMPTY.count(10)
    done = dict.fromkeys(QUANTITY, 0)
    for order, repeat in steps:
        at = done[order]
        if repeat and at:
            stock = move(stock, path[at - 1], order, 0)
        elif at < len(path):
            stock = move(stock, path[at], order, 0)
            done[order] += 1
    aside = sum(QUANTITY[order] for order, at in done.items() if at == 2)
    assert stock.on_hand + aside == 10
