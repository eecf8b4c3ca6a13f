"""What was brought to somebody, and goes home when they have gone on."""

import pytest

from server.rooms.brought import ALONE_SECONDS
from server.rooms.grips import (
    LEASE_SECONDS,
    AlreadyHeld,
    NotForTaking,
)
from server.rooms.instant import Instant
from server.rooms.messages import Held, Moved
from server.rooms.placement import Wish
from server.rooms.pose import Pose
from tests.server.rooms.displays import GUIDE
from tests.server.rooms.house import (
    ANNA,
    BRUNO,
    a_room,
    at,
)


def test_a_piece_is_brought_in_one_step_but_not_out_of_a_hand():
    room = a_room(ANNA, BRUNO)
    (moved,) = room.objects.bring("a", "lamp", Wish((0, 0, 2)), at(0))
    assert isinstance(moved, Moved)
    assert (moved.position, moved.by) == ((0, 0, 2), "a")
    assert room.objects.grips == {}
    room.objects.grab("b", "lamp", at(1))
    with pytest.raises(AlreadyHeld):
        room.objects.bring("a", "lamp", Wish((0, 0, 2)), at(2))
    freed, moved = room.objects.bring("a", "lamp", Wish((0, 0, 1)), at(1 + LEASE_SECONDS))
    assert isinstance(freed, Held)
    assert moved.position == (0, 0, 1)
    with pytest.raises(NotForTaking):
        room.objects.bring("a", "sofa", Wish((0, 0, 2)), at(9))


def looked_at(room, now: float, avatar, x: float, z: float) -> list:
    """Somebody stands there when the room looks at the clock."""
    room.poses.placed(avatar.index, Pose(0, (x, 1.6, z)))
    return [one for one in room.expire(at(now)) if isinstance(one, Held)]


def test_what_was_brought_goes_home_when_nobody_is_near_it_any_more():
    room = a_room(ANNA, BRUNO)
    home = room.objects.things["lamp"].place
    room.poses.placed(BRUNO.index, Pose(0, (-5, 1.6, -4)))
    room.objects.bring("a", "lamp", Wish((4, 1, 3)), at(0))
    room.objects.spin("a", "lamp", 1, at(0))
    changes = room.changes
    assert looked_at(room, 100, ANNA, 4, 4) == []
    assert looked_at(room, 110, ANNA, -4, -4) == []
    assert looked_at(room, 139, ANNA, 4, 3) == []  # back in time
    assert looked_at(room, 140, ANNA, -4, -4) == []
    (told,) = looked_at(room, 140 + ALONE_SECONDS, ANNA, -4, -4)
    assert (told.by, told.position) == (None, home.position)
    assert (room.objects.things["lamp"].place, room.objects.things["lamp"].spin) == (home, 0)
    assert room.changes > changes
    assert looked_at(room, 500, ANNA, -4, -4) == []


@pytest.mark.parametrize("what", ["put down", "pinned", "held"])
def test_what_somebody_put_where_it_is_stays_there(what: str):
    room = a_room(ANNA, BRUNO, GUIDE)
    room.objects.bring("a", "lamp", Wish((4, 1, 3)), at(0))
    if what == "pinned":
        room.objects.pin("g", "lamp", True, at(1))
    else:
        room.objects.grab("a", "lamp", at(1))
        if what == "put down":
            room.objects.release("a", "lamp", Wish((3, 1, 3)), at(2))
    for avatar in (ANNA, BRUNO, GUIDE):
        room.poses.placed(avatar.index, Pose(0, (-5, 1.6, -4)))
    for now in range(2, 120):
        if what == "held":
            room.objects.move("a", "lamp", Wish((3, 1, 3)), at(now))
        assert not [one for one in room.expire(at(now)) if isinstance(one, Held)]


def test_a_restart_does_not_forget_that_it_was_brought():
    room = a_room(ANNA)
    home = room.objects.things["lamp"].place
    room.objects.bring("a", "lamp", Wish((4, 1, 3)), at(0))
    later = a_room(saved=room.kept())
    assert later.objects.things["lamp"].place.position == (4, 1, 3)
    assert later.expire(at(1000)) == []
    (told,) = later.expire(at(1000 + ALONE_SECONDS))
    assert (told.object, told.position) == ("lamp", home.position)


def test_a_clock_that_is_set_sends_nothing_home_that_was_just_brought():
    room = a_room(ANNA)
    room.poses.placed(ANNA.index, Pose(0, (-5, 1.6, -4)))
    room.objects.bring("a", "lamp", Wish((4, 1, 3)), Instant(1e9, 0))
    for steady in (1, ALONE_SECONDS):
        assert room.expire(Instant(1e9 + 7200 * steady, steady)) == []
    (told,) = room.expire(Instant(1e9, 1 + ALONE_SECONDS))
    assert (told.object, told.by) == ("lamp", None)
