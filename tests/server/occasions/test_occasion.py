"""An occasion by itself: its plan, its states, its calendar file, its recording's lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.occasions.calendar import ics
from server.occasions.occasion import (
    NEXT,
    Action,
    BadPlan,
    NotOpenYet,
    Occasion,
    Plan,
    Status,
    WrongState,
    planned,
    replanned,
)
from server.occasions.recording import CHUNK_SECONDS, MAX_SECONDS, Sheet

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BODY: dict[str, Any] = {
    "showroom": "demo",
    "title": {"en": "Spring evening", "fr": "Soirée de printemps", "it": "Serata di primavera"},
    "host": "Maison Vitrine",
    "starts_at": "2026-03-02T19:00:00+01:00",
    "ends_at": "2026-03-02T20:00:00+01:00",
    "capacity": 40,
}


def plan(**changes: Any) -> Plan:
    return msgspec.convert({**BODY, **changes}, Plan)


def an_occasion(**changes: Any) -> Occasion:
    return planned("abc", plan(**changes), "staff", NOW)


def test_a_plan_becomes_an_occasion_in_a_room_of_its_own():
    occasion = an_occasion()
    assert (occasion.room, occasion.status) == ("demo-occasion-abc", "scheduled")
    assert occasion.starts_at == "2026-03-02T18:00:00+00:00"
    assert occasion.opens == datetime(2026, 3, 2, 17, 45, tzinfo=UTC)
    assert occasion.host_role == "staff"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": {"en": "Only this"}},
        {"starts_at": "2026-03-02T19:00:00"},
        {"ends_at": "2026-03-02T19:00:00+01:00"},
        {"ends_at": "2026-03-03T19:00:00+01:00"},
        {"starts_at": "2025-03-02T19:00:00+01:00", "ends_at": "2025-03-02T20:00:00+01:00"},
        {"starts_at": "2028-03-02T19:00:00+01:00", "ends_at": "2028-03-02T20:00:00+01:00"},
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_what_to_do(wrong):
    with pytest.raises(BadPlan):
        an_occasion(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": 0}, {"capacity": 251}, {"host": "a\nb"}, {"host": ""}, {"colour": "red"}],
)
def test_a_plan_that_is_malformed_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        plan(**wrong)


def test_only_what_is_scheduled_is_decided_anew():
    occasion = an_occasion()
    later = replanned(occasion, plan(capacity=100), NOW)
    assert (later.id, later.room, later.capacity, later.version) == (
        occasion.id,
        occasion.room,
        100,
        1,
    )
    with pytest.raises(BadPlan):
        replanned(occasion, plan(showroom="other"), NOW)
    with pytest.raises(WrongState):
        replanned(occasion.after(Action.OPEN), plan(), NOW)


@given(st.lists(st.sampled_from(Action), max_size=6))
def test_states_follow_the_table_and_an_end_is_an_end(actions):
    occasion = an_occasion()
    for action in actions:
        before = occasion
        try:
            occasion = occasion.after(action)
        except WrongState:
            assert (before.status, action) not in NEXT
        else:
            assert NEXT[before.status, action] is occasion.status
            assert occasion.version == before.version + 1
        if before.status in {Status.ENDED, Status.CANCELLED}:
            assert occasion is before


def test_doors_open_by_themselves_and_what_was_forgotten_ends():
    occasion = an_occasion()
    minute = timedelta(minutes=1)
    assert occasion.due(occasion.opens - minute) is None
    with pytest.raises(NotOpenYet, match="17:45"):
        occasion.admits()
    assert occasion.due(occasion.opens) is Action.OPEN
    assert occasion.due(occasion.ends) is Action.CANCEL
    live = occasion.after(Action.OPEN).after(Action.START)
    live.admits()
    assert live.due(live.ends + 29 * minute) is None
    assert live.due(live.ends + 30 * minute) is Action.END
    with pytest.raises(WrongState):
        live.after(Action.END).admits()


# ---- calendar ----


@pytest.mark.parametrize("language", ["en", "fr", "it", "xx"])
def test_a_calendar_reads_the_file_and_reminds_twice(language):
    occasion = an_occasion(
        title={
            "en": "Spring, evening; a very long title " * 3,
            "fr": "Soirée à l’été, " * 5,
            "it": "è" * 120,
        }
    )
    url = "https://vitrine.example/?room=demo&occasion=abc"
    raw = ics(occasion, language, url, NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert event["SUMMARY"] == occasion.title.get(language, occasion.title["en"])
    assert event["DTSTART"].dt == occasion.starts
    assert event["DTEND"].dt == occasion.ends
    assert (event["UID"], event["SEQUENCE"]) == ("abc@vitrine", 0)
    assert event["URL"] == url
    alarms = [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")]
    assert alarms == [timedelta(days=-1), timedelta(minutes=-15)]


def test_a_changed_occasion_replaces_the_entry_and_a_cancelled_one_takes_it_back():
    occasion = replanned(an_occasion(), plan(capacity=10), NOW).after(Action.CANCEL)
    calendar = icalendar.Calendar.from_ical(ics(occasion, "en", "https://x", NOW))
    (event,) = calendar.walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("abc@vitrine", 2, "CANCELLED")
    assert calendar["METHOD"] == "CANCEL"
    assert not event.walk("VALARM")


# ---- recording ----


def test_only_what_everybody_sees_is_written_down():
    sheet = Sheet(began=100.0)
    assert sheet.write(101.0, "said", {"by": "a", "text": "Hi"})
    for event in ("cart", "signalled", "shielded", "silenced", "typing", "welcome", "help"):
        assert not sheet.write(101.0, event, {})
    assert sheet.take() == (1, ['[101000,"said",{"by":"a","text":"Hi"}]'])
    assert sheet.take() is None


def test_chunks_are_stored_soon_and_a_recording_has_an_end():
    sheet = Sheet(began=0.0, number=7)
    sheet.write(1.0, "said", {})
    assert not sheet.is_due(1.0 + CHUNK_SECONDS / 2)
    assert sheet.is_due(1.0 + CHUNK_SECONDS)
    assert sheet.take() == (8, ['[1000,"said",{}]'])
    for _ in range(200):
        sheet.write(2.0, "poses", "A" * 1000)
    assert sheet.is_due(2.0)
    assert not sheet.write(MAX_SECONDS, "said", {})
