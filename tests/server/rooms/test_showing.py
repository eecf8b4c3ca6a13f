"""What people show each other of a piece, and at what pace others are told."""

import pytest

from server.rooms.messages.objects import Lit, Pointed, Target
from server.rooms.placement import Wish
from server.rooms.showing import POINT_SECONDS, UnclearTarget, UnknownHotspot, UnknownObject
from tests.server.rooms.displays import with_display
from tests.server.rooms.house import (
    ANNA,
    a_room,
    at,
)


def test_hotspots_open_for_everybody_and_close():
    spots = [{"id": "sole", "position": [0, 0, 0], "text": {"en": "Cork"}}]
    room = a_room(ANNA, showroom=with_display("shoe", hotspots=spots))
    (shown,) = room.objects.showing.open("a", "shoe", "sole")
    assert (shown.object, shown.hotspot) == ("shoe", "sole")
    assert room.objects.views()[0].hotspot == "sole"
    assert room.objects.showing.open("a", "shoe", "sole") == []
    with pytest.raises(UnknownHotspot, match="sole"):
        room.objects.showing.open("a", "shoe", "lace")
    room.objects.showing.open("a", "shoe", None)
    assert room.objects.showing.open("a", "lamp", None) == []
    assert room.objects.views()[0].hotspot is None


def test_the_light_is_on_one_object_and_is_kept():
    room = a_room(ANNA)
    assert [lit.object for lit in room.objects.light("a", "lamp")] == ["lamp"]
    assert room.objects.light("a", "lamp") == []
    assert room.changes == 1
    with pytest.raises(UnknownObject):
        room.objects.light("a", "throne")
    again = a_room(saved=room.kept())
    assert again.objects.state("a").spotlight == "lamp"
    (lit,) = room.objects.light("a", None)
    assert (lit, lit.object) == (Lit(room.rev, None, "a"), None)


def test_pointing_is_told_at_a_calm_pace_and_ends_with_who_points():
    room = a_room(ANNA)
    showing = room.objects.showing
    (pointed,) = showing.point("a", Target(object="shoe"), "right", 0)
    assert (pointed.object, pointed.position, pointed.hand) == ("shoe", None, "right")
    assert showing.point("a", Target(object="shoe"), "right", 9) == []
    assert showing.point("a", Target(object="lamp"), "right", POINT_SECONDS / 2) == []
    assert showing.point("a", Target(position=(0, 99, 0)), "right", POINT_SECONDS * 0.9) == []
    (pointed,) = room.expire(at(POINT_SECONDS))
    assert pointed.position == (0, 3, 0)
    assert room.expire(at(9)) == []
    assert [p.by for p in room.objects.state("b").pointing] == ["a"]
    lowered, *_ = room.leave("a")
    assert lowered == Pointed(lowered.rev, "a", "right")
    assert room.objects.state("b").pointing == ()


@pytest.mark.parametrize("target", [Target(), Target("shoe", (0, 0, 0))])
def test_one_points_at_one_thing(target):
    with pytest.raises(UnclearTarget):
        a_room(ANNA).objects.showing.point("a", target, "left", 0)


def test_who_lowers_the_hand_points_no_more_even_when_something_waited():
    room = a_room(ANNA)
    showing = room.objects.showing
    showing.point("a", Target(object="shoe"), "left", 0)
    showing.point("a", Target(object="lamp"), "left", 0.1)
    (lowered,) = showing.point("a", None, "left", 0.11)
    assert (lowered.object, lowered.position) == (None, None)
    assert room.expire(at(1)) == []
    assert showing.point("a", None, "left", 2) == []


# ---- moves ----


def test_fast_moves_are_told_at_a_calm_pace_and_the_last_one_always():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    told = [
        change.position[0]
        for step in range(1, 101)
        for change in (
            *room.objects.move("a", "lamp", Wish((step / 100, 1, 0)), at(step / 200)),
            *(room.expire(at(step / 200)) if step % 3 == 0 else ()),
        )
    ]
    assert 9 <= len(told) <= 12, "half a second at twenty a second"
    (last,) = room.expire(at(0.6))
    assert last.position == (1, 1, 0)
    assert room.expire(at(0.7)) == []


def test_a_move_that_waits_is_not_told_after_its_end():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    room.objects.move("a", "lamp", Wish((0, 1, 0)), at(0))
    assert room.objects.move("a", "lamp", Wish((1, 1, 0)), at(0.01)) == []
    (held,) = room.objects.release("a", "lamp", Wish(), at(0.02))
    assert held.position == (1, 1, 0)
    assert room.expire(at(1)) == []


async def test_a_move_that_waited_is_told_soon_over_real_sockets(any_house):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    await anna.act("grab", object="lamp")
    for step in range(10):
        done = await anna.act("move", object="lamp", position=[step / 10, 1, 9])
        assert done["position"] == [step / 10, 1, 4]
    await bruno.hears("moved", object="lamp", position=[0.9, 1, 4])
    revs = [body["rev"] for _, body in bruno.order if isinstance(body, dict) and "rev" in body]
    assert revs == list(range(revs[0], revs[0] + len(revs)))
