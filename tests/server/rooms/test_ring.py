"""What was sent lately, for who missed some."""

from server.rooms.ring import Ring


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
