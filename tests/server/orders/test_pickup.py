"""Collecting in a store: the slots' places, and which way leads to the counter."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import Role
from server.orders.action import Action
from server.orders.pickup import STEPS, PickupStatus, SlotFull, day_of, no_places

SLOT = no_places("milano:2026-11-23T10:00")


def test_a_slot_takes_as_many_orders_as_it_has_places() -> None:
    slot = SLOT.reserve("a", 2).reserve("b", 2)
    assert slot.taken == 2
    with pytest.raises(SlotFull, match="takes 2 orders"):
        slot.reserve("c", 2)
    assert slot.release("a").reserve("c", 2).taken == 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "keep", "release"]), st.sampled_from("abcd")),
        max_size=30,
    )
)
def test_no_sequence_gives_an_order_two_places_or_a_slot_too_many(
    moves: list[tuple[str, str]],
) -> None:
    slot = SLOT
    for verb, order in moves:
        try:
            if verb == "reserve":
                slot = slot.reserve(order, 3)
            elif verb == "keep":
                slot = slot.keep(frozenset({order}))
            else:
                slot = slot.release(order)
        except SlotFull:
            continue
        everybody = slot.held + slot.kept
        assert len(everybody) == len(set(everybody)) == slot.taken <= 3


def test_a_slot_id_tells_its_day() -> None:
    assert SLOT.day == "milano:2026-11-23"
    assert day_of("milano:2026-11-23T10:00", "milano") == date(2026, 11, 23)
    assert day_of("milano:2026-11-23T10:00", "tokyo") is None
    assert day_of("milano:soon", "milano") is None
    assert day_of("", "milano") is None


def test_the_counter_is_reached_in_three_steps_and_no_fewer() -> None:
    status: PickupStatus | str = PickupStatus.SCHEDULED
    for action in (Action.PREPARE, Action.FINISH, Action.HAND_OVER):
        status = STEPS[PickupStatus(status), action].to
    assert status == PickupStatus.HANDED_OVER
    assert not any(before == PickupStatus.HANDED_OVER for before, _ in STEPS)


def test_a_shopper_may_cancel_until_it_lies_on_the_counter() -> None:
    may = {
        before for (before, action), step in STEPS.items()
        if action is Action.CANCEL and Role.SHOPPER in step.by
    }  # fmt: skip
    assert may == {PickupStatus.SCHEDULED, PickupStatus.PREPARING}
