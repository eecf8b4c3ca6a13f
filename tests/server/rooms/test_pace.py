"""Fewer frames while the server is behind, more when it has caught up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.pace import RELIEF_SECONDS, WINDOW_SECONDS, Pace, frames_for


class Clock:
    """Drives a pace through windows."""

    def __init__(self, tick_hz: float = 30.0) -> None:
        self.pace = Pace(tick_hz)
        self.now = self.worked = 0.0
        self.pace.observe(0.0, 0.0)

    def window(self, late: float = 0.0, busy: float = 0.1, seconds: float = WINDOW_SECONDS) -> bool:
        self.now += seconds
        self.worked += busy * seconds
        self.pace.tick(late)
        return self.pace.observe(self.now, self.worked)


def test_it_begins_as_fast_as_it_may():
    assert Pace(30).hz == 30
    assert Pace(12).hz == 12


def test_one_bad_moment_changes_nothing():
    clock = Clock()
    for _ in range(20):
        assert not clock.window(late=0.5)
        assert not clock.window()
    assert clock.pace.hz == 30


@pytest.mark.parametrize("strain", [{"late": 0.021}, {"busy": 0.9}])
def test_two_strained_windows_in_a_row_slow_it_down(strain):
    clock = Clock()
    assert [clock.window(**strain) for _ in range(8)] == [False, True] * 3 + [False, False]
    assert clock.pace.hz == 10
    assert clock.pace.send_hz == 10


def test_ease_brings_it_back_one_level_at_a_time():
    clock = Clock()
    for _ in range(8):
        clock.window(late=1)
    windows = int(RELIEF_SECONDS / WINDOW_SECONDS)
    for hz in (15, 20, 30):
        assert [clock.window() for _ in range(windows)] == [False] * (windows - 1) + [True]
        assert clock.pace.hz == hz
    assert not any(clock.window() for _ in range(3 * windows))
    assert clock.pace.send_hz == 20


def test_a_middling_load_keeps_it_where_it_is():
    clock = Clock()
    clock.window(late=1)
    clock.window(late=1)
    assert clock.pace.hz == 20
    assert not any(clock.window(late=0.010, busy=0.7) for _ in range(100))


def test_what_happened_in_a_long_silence_is_not_judged():
    clock = Clock()
    clock.window(late=1)
    assert not clock.window(late=1, seconds=60)
    assert clock.pace.hz == 30


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1.5), st.floats(0.001, 5)), max_size=60))
def test_it_stays_within_its_levels(windows):
    clock = Clock()
    for late, busy, seconds in windows:
        changed = clock.pace.hz
        assert clock.window(late, busy, seconds) == (changed != clock.pace.hz)
        assert clock.pace.hz in (30, 20, 15, 10)


@pytest.mark.parametrize(
    ("wish", "hz", "every"),
    [(None, 30, 1), (30, 30, 1), (60, 30, 1), (15, 30, 2), (20, 30, 2), (1, 30, 30), (10, 10, 1)],
)
def test_a_wish_is_answered_by_every_nth_frame(wish, hz, every):
    assert frames_for(wish, hz) == every
