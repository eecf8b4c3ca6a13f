"""One delivery: its schedule, its states, its log."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.events import Event
from server.webhooks.delivery import (
    JITTER,
    MAX_LOGGED,
    MAX_RETRY_AFTER,
    NEXT,
    SCHEDULE,
    Answer,
    Status,
    Step,
    asked_wait,
    delivery_of,
    moment,
    payload,
    stamp,
    wait_before,
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
EVENT = Event("evt_1", "order.placed", "2026-11-21T10:00:00+00:00", {"order": "ö-1"})
NOT_FOUND = Answer(404, 3)
FINE = Answer(204, 3)

answers = st.builds(
    Answer,
    st.one_of(st.none(), st.sampled_from([200, 204, 302, 404, 410, 429, 500, 503])),
    st.integers(0, 15_000),
)


def test_the_body_is_type_timestamp_and_data():
    assert json.loads(payload(EVENT)) == {
        "type": "order.placed",
        "timestamp": "2026-11-21T10:00:00+00:00",
        "data": {"order": "ö-1"},
    }


def test_the_schedule_is_the_recommended_one():
    hour = 3600
    assert SCHEDULE[:4] == (0, 5, 5 * 60, 30 * 60)
    assert SCHEDULE[4:] == (2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour)


@given(st.integers(0, len(SCHEDULE) - 1), st.floats(0, 1, exclude_max=True), st.floats(0, 10))
def test_a_wait_lies_within_the_jitter_of_its_schedule(failures, chance, scale):
    wait = wait_before(failures, NOT_FOUND, NOW, chance, scale)
    planned = SCHEDULE[failures] * scale
    assert wait == pytest.approx(planned, rel=JITTER + 1e-9)


def test_after_ten_failures_nothing_follows():
    assert wait_before(9, NOT_FOUND, NOW, 0.5) == 86400
    assert wait_before(10, NOT_FOUND, NOW, 0.5) is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("-5", 0),
        ("99999999", MAX_RETRY_AFTER),
        ("9" * 500, MAX_RETRY_AFTER),
        ("soon", 0),
        ("", 0),
        (None, 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), MAX_RETRY_AFTER),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_bounded(asked, seconds):
    assert asked_wait(asked, NOW) == seconds


@given(st.text())
@example("1 Jan 2026 99999999999999999999:00:00")
@example("Thu, 1 Jan 2026 1:1:1 +99999999999999999999")
def test_no_retry_after_however_odd_is_an_error(text):
    assert 0 <= asked_wait(text, NOW) <= MAX_RETRY_AFTER


def test_retry_after_lengthens_a_wait_and_never_shortens_it():
    assert wait_before(1, Answer(503, 1, None, "60"), NOW, 0.5) == 60
    assert wait_before(3, Answer(503, 1, None, "60"), NOW, 0.5) == 1800


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_a_success(status):
    assert Answer(status, 1).accepted


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 304, 400, 404, 410, 500])
def test_nothing_but_2xx_is_a_success(status):
    assert not Answer(status, 1).accepted


def test_the_same_event_and_endpoint_make_the_same_id():
    assert delivery_of(EVENT, "ep_1", NOW).id == delivery_of(EVENT, "ep_1", LATER).id
    assert delivery_of(EVENT, "ep_1", NOW).id != delivery_of(EVENT, "ep_2", NOW).id


def test_only_one_of_two_claims_the_same_delivery():
    first = delivery_of(EVENT, "ep_1", NOW).claim("a", NOW, LATER)
    assert first.lease == "a"
    assert first.claim("b", NOW, LATER) is first


def test_a_claim_that_ran_out_can_be_taken_over():
    first = delivery_of(EVENT, "ep_1", NOW).claim("a", NOW, LATER)
    assert first.claim("b", LATER, LATER + timedelta(seconds=30)).lease == "b"


def test_what_a_wrong_clock_put_off_is_not_waited_for_and_only_a_few_times():
    ahead = NOW + timedelta(hours=2)
    row = delivery_of(EVENT, "ep", ahead)
    assert row.is_due(NOW)
    assert not row.claim("a", ahead, ahead + timedelta(seconds=30)).is_due(NOW), "it is on its way"
    for _ in range(3):
        row = row.claim("a", NOW, LATER).land("a", NOT_FOUND, ahead, 300)
        assert row.is_due(NOW)
    assert not row.claim("a", NOW, LATER).land("a", NOT_FOUND, ahead, 300).is_due(NOW)
    mine = delivery_of(EVENT, "ep", NOW).claim("a", NOW, LATER)
    assert not mine.land("a", NOT_FOUND, NOW, 7200).is_due(NOW), "a wait is a wait"


def test_what_is_delivered_cannot_be_claimed():
    row = delivery_of(EVENT, "ep_1", NOW).claim("a", NOW, LATER).land("a", FINE, NOW, None)
    assert row.status is Status.DELIVERED
    assert row.claim("b", LATER, LATER) is row


def test_gone_gives_up_at_once():
    row = delivery_of(EVENT, "ep_1", NOW).claim("a", NOW, LATER)
    assert row.land("a", Answer(410, 1), NOW, 5).status is Status.FAILED


def test_an_answer_after_a_replay_enters_the_log_and_the_replay_still_happens():
    row = delivery_of(EVENT, "ep_1", NOW).claim("a", NOW, LATER).replay(NOW)
    late = row.land("a", FINE, NOW, None)
    assert late.status is Status.PENDING
    assert late.next_attempt_at == stamp(NOW)
    assert [attempt.status for attempt in late.attempts] == [204]


def test_abandoning_says_why_and_leaves_delivered_ones_alone():
    row = delivery_of(EVENT, "ep_1", NOW)
    assert row.abandon("No more.", NOW).attempts[-1].error == "No more."
    delivered = row.claim("a", NOW, LATER).land("a", FINE, NOW, None)
    assert delivered.abandon("No more.", NOW) is delivered


def test_every_state_can_be_replayed_and_only_pending_ones_move_otherwise():
    assert {status for status, step in NEXT if step is Step.REPLAY} == set(Status)
    assert {status for status, step in NEXT if step is not Step.REPLAY} == {Status.PENDING}


@given(st.lists(st.tuples(answers, st.booleans()), max_size=40))
def test_whatever_comes_back_a_delivery_stays_whole(story):
    row, now = delivery_of(EVENT, "ep_1", NOW), NOW
    for answer, replayed in story:
        if replayed:
            row = row.replay(now)
        if row.next_attempt_at is not None:
            now = max(now, moment(row.next_attempt_at))
            row = row.claim("a", now, now + timedelta(seconds=30))
            wait = wait_before(row.failures + 1, answer, now, 0.5)
            row = row.land("a", answer, now, wait)
        assert (row.next_attempt_at is not None) == (row.status is Status.PENDING)
        assert row.lease is None
        assert len(row.attempts) <= MAX_LOGGED
        assert row.failures <= len(SCHEDULE)


def test_ten_attempts_are_made_over_three_days():
    row, now = delivery_of(EVENT, "ep_1", NOW), NOW
    while row.next_attempt_at is not None:
        now = moment(row.next_attempt_at)
        row = row.claim("a", now, now + timedelta(seconds=30))
        row = row.land("a", NOT_FOUND, now, wait_before(row.failures + 1, NOT_FOUND, now, 0.5))
    assert row.status is Status.FAILED
    assert len(row.attempts) == 10
    assert (now - NOW).total_seconds() == sum(SCHEDULE)
