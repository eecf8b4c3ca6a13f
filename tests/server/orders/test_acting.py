"""Acting on a placed order: the steps, who may take them, and what they leave behind."""

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import Person, Role
from server.errors import Forbidden, PreconditionFailed, VitrineError
from server.orders.acting import act, allowed
from server.orders.action import Action
from server.orders.checkout import Checkout
from server.orders.gift import GiftBox, NotAnnounced, TooEarly
from server.orders.order import Goods, NoSuchOrder, Order, PaymentStatus, Status, WrongState
from server.orders.placing import place
from server.orders.view import view
from tests.conftest import NOON, HeldClock
from tests.server.orders.shop import (
    ANNA,
    BRUNO,
    ERP,
    STAFF,
    TENANT,
    Places,
    Shelf,
    Shop,
    body,
    books,
    gift_body,
)

TEN = "milano:2026-11-24T10:00"


async def pickup(shop: Shop) -> Order:
    await shop.stocked(TEA=5)
    order, _ = await shop.orders.place(ANNA, "k", body(("TEA-01", 2), slot=TEN))
    return order


async def gift(shop: Shop, **details: object) -> Order:
    await shop.stocked(TEA=5)
    order, _ = await shop.orders.place(ANNA, "g", gift_body(("TEA-01", 2), **details))
    return order


async def take(shop: Shop, order: Order, *actions: Action, by: Person = STAFF) -> Order:
    for action in actions:
        order = await shop.orders.act(by, order.id, action, order.version)
    return order


async def test_a_pickup_goes_to_the_counter_and_is_paid_there(shop: Shop) -> None:
    order = await pickup(shop)
    assert order.payment.status is PaymentStatus.NONE
    order = await take(shop, order, Action.PREPARE, Action.FINISH)
    assert order.status is Status.IN_FULFILMENT
    order = await take(shop, order, Action.HAND_OVER)
    assert order.status is Status.COMPLETED
    assert order.payment.status is PaymentStatus.CAPTURED
    assert [entry.type for entry in order.history] == [
        "order.placed",
        "order.preparing",
        "order.ready_for_pickup",
        "order.collected",
    ]
    assert [heard["status"] for _, heard in shop.heard] == [
        "placed",
        "in_fulfilment",
        "in_fulfilment",
        "completed",
    ]


async def test_a_gift_box_is_announced_packed_shipped_and_delivered(shop: Shop) -> None:
    order = await gift(shop)
    order = await take(shop, order, Action.ANNOUNCE, Action.PACK, Action.SHIP, Action.DELIVER)
    assert order.status is Status.COMPLETED
    assert [entry.type for entry in order.history] == [
        "order.placed",
        "gift.announced",
        "gift.packed",
        "gift.shipped",
        "gift.delivered",
    ]


@pytest.mark.parametrize("action", [Action.PACK, Action.SHIP])
async def test_nothing_is_packed_or_shipped_before_the_announcement(
    shop: Shop, action: Action
) -> None:
    order = await gift(shop)
    with pytest.raises(NotAnnounced, match="Chiara must have been told"):
        await take(shop, order, action)
    assert action not in allowed(order, Role.STAFF, NOON)


async def test_a_gift_does_not_travel_before_its_day(shop: Shop, clock: HeldClock) -> None:
    order = await gift(shop, ship_after=date(2026, 11, 25))
    order = await take(shop, order, Action.ANNOUNCE, Action.PACK)
    clock.forward(hours=34)  # 22:00 UTC on the 24th: in Milano it is 23:00
    assert Action.SHIP not in allowed(order, Role.STAFF, clock())
    with pytest.raises(TooEarly):
        await take(shop, order, Action.SHIP)
    clock.forward(hours=1)
    assert Action.SHIP in allowed(order, Role.STAFF, clock())
    assert (await take(shop, order, Action.SHIP)).status is Status.IN_FULFILMENT


@pytest.mark.parametrize("settled", [False, True])
async def test_cancelling_gives_goods_and_slot_back(shop: Shop, settled: bool) -> None:
    order = await pickup(shop)
    if settled:
        await shop.recovery.settle()
    order = await take(shop, order, Action.CANCEL, by=ANNA)
    assert order.status is Status.CANCELLED
    assert order.payment.status is PaymentStatus.VOIDED
    assert (await books(shop.store))["milano:TEA-01"] == (5, 5, 0)
    assert await shop.stocks.taken("milano", date(2026, 11, 24)) == {TEN: 0}
    found = await shop.book.order(order.id)
    assert found is not None
    assert found.goods is Goods.BACK


async def test_the_mark_of_a_cancellation_goes_after_an_hour(shop: Shop, clock: HeldClock) -> None:
    order = await take(shop, await pickup(shop), Action.CANCEL, by=ANNA)
    await shop.recovery.once()
    stock = await shop.book.stock("milano", "TEA-01")
    assert stock is not None
    assert stock.returned == (order.id,)
    clock.forward(hours=2)
    await shop.recovery.once()
    assert (await shop.store.find("stock", {"busy": True})).items == []
    assert (await books(shop.store))["milano:TEA-01"] == (5, 5, 0)


async def test_a_shopper_cancels_until_it_lies_on_the_counter(shop: Shop) -> None:
    order = await take(shop, await pickup(shop), Action.PREPARE)
    assert allowed(order, Role.SHOPPER, NOON) == (Action.CANCEL,)
    order = await take(shop, order, Action.FINISH)
    assert allowed(order, Role.SHOPPER, NOON) == ()
    with pytest.raises(WrongState):
        await take(shop, order, Action.CANCEL, by=ANNA)
    assert (await take(shop, order, Action.CANCEL)).status is Status.CANCELLED


async def test_who_may_not_is_told_so(shop: Shop) -> None:
    order = await pickup(shop)
    with pytest.raises(Forbidden):
        await take(shop, order, Action.PREPARE, by=ANNA)
    with pytest.raises(Forbidden):
        await take(shop, order, Action.PREPARE, by=ERP)
    with pytest.raises(NoSuchOrder):
        await take(shop, order, Action.CANCEL, by=BRUNO)


async def test_of_two_at_the_same_time_one_sees_an_old_version(shop: Shop) -> None:
    order = await pickup(shop)
    answers = await asyncio.gather(
        take(shop, order, Action.PREPARE),
        take(shop, order, Action.CANCEL, by=ANNA),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, PreconditionFailed) for answer in answers) == 1
    stale = next(answer for answer in answers if isinstance(answer, PreconditionFailed))
    assert stale.facts == {"sent": 1, "current": 2}


async def test_the_bookkeeping_does_not_change_the_version(shop: Shop) -> None:
    order = await pickup(shop)
    await shop.recovery.once()
    for id, events in await shop.orders.unsent(10):
        await shop.orders.mark_sent(id, [event["id"] for event in events])
    found = await shop.book.order(order.id)
    assert found is not None
    assert (found.version, found.goods, found.to_send) == (1, Goods.SETTLED, ())


async def test_events_wait_until_they_are_deliveries(shop: Shop) -> None:
    order = await take(shop, await pickup(shop), Action.PREPARE)
    ((id, events),) = await shop.orders.unsent(10)
    assert id == order.id
    assert [event["type"] for event in events] == ["order.placed", "order.preparing"]
    told = events[1]["data"]["order"]
    assert (told["status"], told["fulfilment"]["status"]) == ("in_fulfilment", "preparing")
    assert events[0]["data"]["order"]["status"] == "placed"
    await shop.orders.mark_sent(id, [events[0]["id"]])
    ((_, left),) = await shop.orders.unsent(10)
    assert [event["type"] for event in left] == ["order.preparing"]
    await shop.orders.mark_sent(id, [events[1]["id"], events[0]["id"], "unheard of"])
    assert await shop.orders.unsent(10) == []


async def test_only_the_house_sees_where_a_gift_travels(shop: Shop) -> None:
    order = await gift(shop)
    own, house = view(order, Role.SHOPPER, NOON), view(order, Role.STAFF, NOON)
    for secret in ("Via Segreta 7", "chiara@example.org"):
        assert secret not in str(own)
        assert secret in str(house)
    assert "Tanti auguri" in str(own)
    assert not own.announcement
    assert house.announcement
    assert house.announcement.status == "waiting"
    confirmed = view(await take(shop, order, Action.ANNOUNCE), Role.STAFF, NOON)
    assert confirmed.announcement
    assert confirmed.announcement.status == "confirmed"


@given(
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(Role)), max_size=12),
)
def test_no_sequence_of_actions_breaks_the_rules(
    boxed: bool, actions: list[tuple[Action, Role]]
) -> None:
    order = PLACED[boxed]
    for n, (action, role) in enumerate(actions):
        may = action in allowed(order, role, NOON)
        try:
            order = act(order, action, role, "x", order.version, NOON, f"e{n}")
        except VitrineError:
            assert not may
            continue
        assert may
    types = [entry.type for entry in order.history]
    assert len(types) == order.version == len(set(types))
    if "gift.shipped" in types:
        assert types.index("gift.announced") < types.index("gift.shipped")
    if "order.cancelled" in types:
        assert types[-1] == "order.cancelled"
        assert allowed(order, Role.STAFF, NOON) == ()
    assert isinstance(order.fulfilment, GiftBox) == boxed


def placed(boxed: bool) -> Order:
    checkout = Checkout(Shelf(), Places(), TENANT)
    wish = gift_body(("TEA-01", 1)) if boxed else body(("TEA-01", 1))
    draft = asyncio.run(checkout.draft(ANNA, "k", wish, NOON))
    return place(draft.order, "shopper", NOON, "e")


PLACED = {boxed: placed(boxed) for boxed in (False, True)}


async def test_no_order_tells_which_member_of_staff_worked_on_it(shop: Shop) -> None:
    order = await take(shop, await pickup(shop), Action.PREPARE, Action.FINISH, Action.HAND_OVER)
    kept = str(await shop.store.get("order", order.id))
    assert STAFF.id not in kept
    assert STAFF.name not in kept
    announced = await take(shop, await gift(shop), Action.ANNOUNCE)
    assert STAFF.id not in str(await shop.store.get("order", announced.id))


async def test_who_placed_an_order_is_in_its_history_by_role(shop: Shop) -> None:
    await shop.stocked(TEA=2)
    for person in (ANNA, STAFF):
        order, _ = await shop.orders.place(person, "k", body(("TEA-01", 1)))
        assert order.history[0].by == str(person.role)
