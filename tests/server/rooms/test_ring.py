"""What was sent lately, for who missed some."""

from hypothesis import given
from hypothesis import strategies as st

from server.rooms.gate import encode
from server.rooms.messages import Passed
from server.rooms.ring import Ring, passed


def test_who_missed_some_gets_what_came_after():
    ring = Ring()
    assert ring.since(0) == []
    assert ring.since(1) is None
    ring.add(1, "one")
    ring.add(2, "two", hidden=["a"])
    assert [sent.text for sent in ring.since(0) or []] == ["one", "two"]
    assert [sent.hidden for sent in ring.since(1) or []] == [{"a"}]
    assert ring.since(2) == []
    assert ring.since(3) is None


def test_what_is_too_long_ago_is_not_known():
    ring = Ring(max_items=2)
    for rev in (1, 2, 3):
        ring.add(rev, str(rev))
    assert ring.since(0) is None
    assert [sent.rev for sent in ring.since(1) or []] == [2, 3]


def test_nobody_is_led_over_a_gap():
    ring = Ring()
    ring.add(1, "one")
    ring.add(3, "three")
    assert ring.since(1) is None
    assert [sent.rev for sent in ring.since(2) or []] == [3]


@given(st.lists(st.integers(0, 60), max_size=80), st.integers(1, 40), st.integers(1, 200))
def test_it_holds_as_much_as_it_may_and_all_of_the_latest(sizes, max_items, max_characters):
    ring = Ring(max_items, max_characters)
    for rev, size in enumerate(sizes, 1):
        ring.add(rev, "x" * size)
    for rev in range(-1, len(sizes) + 2):
        sent = ring.since(rev)
        missing = sizes[rev:]
        fits = len(missing) <= max_items and sum(missing) <= max_characters
        if 0 <= rev <= len(sizes) and fits:
            assert sent is not None
            assert [one.rev for one in sent] == list(range(rev + 1, len(sizes) + 1))
        else:
            assert sent is None


def test_passed_is_written_as_every_other_message():
    assert passed(7) == encode(Passed(7))
