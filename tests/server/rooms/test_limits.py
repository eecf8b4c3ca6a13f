"""How much a connection, a person and an address may ask for."""

import gc
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.limits import MESSAGES_PER_SECOND, OTHERS, RATES, Bucket, Budget, Budgets
from server.rooms.messages import UP, TooManyMessages
from tests.server.rooms.house import House


def let_through(take: Callable[[], object], times: int) -> int:
    """How many of so many were not refused."""
    count = 0
    for _ in range(times):
        try:
            take()
        except TooManyMessages:
            continue
        count += 1
    return count


@given(
    rate=st.floats(0.1, 50),
    burst=st.integers(1, 60),
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_a_bucket_never_gives_more_than_its_burst_and_what_has_run_in(rate, burst, pauses):
    bucket, now, taken = Bucket(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now)
        assert taken <= burst + rate * now + 1e-6
    assert taken >= 1


def test_chat_has_a_limit_of_its_own_and_what_happens_often_a_wider_one():
    budget = Budget()
    assert let_through(lambda: budget.take("say", 0.0), 50) == RATES["say"][1]
    budget.take("grab", 0.0)
    budget.take("say", 1.0)
    assert let_through(lambda: Budget().take("move", 0.0), 1) == 1
    fresh = Budget()
    assert let_through(lambda: fresh.take("move", 0.0), 100) == RATES["move"][1]


def test_a_refusal_says_when_to_come_again():
    budget = Budget()
    for _ in range(3):
        budget.take("report", 0.0)
    with pytest.raises(TooManyMessages) as refused:
        budget.take("report", 0.0)
    assert refused.value.facts["retry_after"] == 11
    budget.take("report", 11.0)


def test_names_that_do_not_exist_cost_no_memory_and_share_one_limit():
    budget = Budget()
    taken = let_through(lambda: budget.take(f"no-{len(sys.argv)}-{id(object())}", 0.0), 1000)
    assert taken == OTHERS[1]
    budget.take({}, 9.0)
    assert len(budget._buckets) == 2


def test_no_limit_is_wider_than_what_one_may_send_at_all():
    assert set(RATES) - set(UP) <= {"signal"}
    assert all(rate <= burst <= MESSAGES_PER_SECOND for rate, burst in RATES.values())


def test_a_person_has_twice_as_much_through_any_number_of_connections():
    budgets = Budgets()
    connections = [budgets.of("anna") for _ in range(10)]
    taken = sum(let_through(lambda one=one: one.take("say", 0.0), 20) for one in connections)
    assert taken == 2 * RATES["say"][1]
    budgets.of("bruno").take("say", 0.0)


def test_a_person_who_left_is_not_remembered():
    budgets = Budgets()
    kept = budgets.of("anna")
    del kept
    gc.collect()
    assert not budgets._persons


def test_without_limits_there_are_none():
    budget = Budgets(limited=False).of("anna")
    assert let_through(lambda: budget.take("report", 0.0), 1000) == 1000


def test_an_idle_connection_costs_little():
    assert sys.getsizeof(Budget()) < 100


async def test_who_talks_too_fast_is_told_and_the_others_are_spared(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    answers = [await anna.act("say", text=str(number)) for number in range(15)]
    refused = [answer["error"] for answer in answers if not answer["ok"]]
    assert {error["type"] for error in refused} == {"too-many"}
    assert all(error["retry_after"] >= 1 for error in refused)
    await bruno.act("say", text="finally")
    await bruno.hears("said", text="finally")
    assert 8 <= len(bruno.heard["said"]) - 1 <= 10
