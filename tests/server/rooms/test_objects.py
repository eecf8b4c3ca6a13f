"""What is on display: what may be done with it, and how it opens again."""

import math

import pytest

from server.auth import Role
from server.rooms.company import NotPresent
from server.rooms.grips import (
    AlreadyHeld,
    NotForTaking,
    NotHeld,
    Pinned,
    UnknownVariant,
)
from server.rooms.messages import Moved
from server.rooms.placement import Wish, spun
from server.rooms.pose import IDENTITY
from server.rooms.role import RoomRole
from server.rooms.showing import UnknownObject
from tests.server.rooms.displays import GUIDE
from tests.server.rooms.house import (
    ANNA,
    a_room,
    arrive,
    at,
    opened,
)


def test_what_is_moved_stays_in_bounds_and_its_rotation_has_length_one():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move("a", "lamp", Wish((-99, 99, 0), (0, 0, 3, 4)), at(0))
    assert isinstance(moved, Moved)
    assert (moved.position, moved.rotation) == ((-5, 3, 0), (0, 0, 0.6, 0.8))
    (moved,) = room.objects.move("a", "lamp", Wish((0, 0, 0), (0, 0, 0, 0)), at(1))
    assert moved.rotation == (0, 0, 0, 1)


def test_what_cannot_be_done_says_why_and_changes_nothing():
    room = a_room(ANNA)
    before = (room.rev, room.kept())
    with pytest.raises(UnknownObject):
        room.objects.grab("a", "throne", at(0))
    with pytest.raises(NotForTaking):
        room.objects.grab("a", "sofa", at(0))
    with pytest.raises(NotPresent):
        room.objects.grab("b", "lamp", at(0))
    with pytest.raises(NotPresent):
        room.together.say("b", "boo", 0)
    with pytest.raises(NotHeld):
        room.objects.release("a", "lamp", Wish(), at(0))
    with pytest.raises(UnknownVariant):
        room.objects.variant("a", "sofa", "red")
    assert (room.rev, room.kept()) == before


# ---- pinned, spinning ----


def test_what_is_pinned_is_moved_by_guides_only():
    room = a_room(ANNA)
    arrive(room, GUIDE, RoomRole.DESIGNER)
    (pinned,) = room.objects.pin("g", "lamp", True, at(0))
    assert (pinned.object, pinned.pinned) == ("lamp", True)
    assert room.objects.pin("g", "lamp", True, at(0)) == []
    with pytest.raises(Pinned):
        room.objects.grab("a", "lamp", at(0))
    with pytest.raises(Pinned):
        room.objects.bring("a", "lamp", Wish((0, 0, 0)), at(0))
    with pytest.raises(Pinned):
        room.objects.spin("a", "lamp", 1.0, at(0))
    room.objects.grab("g", "lamp", at(0))
    room.objects.release("g", "lamp", Wish((1, 1, 1)), at(1))
    room.objects.pin("g", "lamp", False, at(2))
    assert room.objects.grab("a", "lamp", at(3))
    with pytest.raises(AlreadyHeld):
        room.objects.pin("g", "lamp", True, at(4))


async def test_a_shopper_may_not_do_what_guides_do(house):
    anna = await house.enter("Anna")
    for event, payload in (
        ("pin", {"object": "lamp", "pinned": True}),
        ("spotlight", {"object": "lamp"}),
    ):
        assert (await anna.act(event, **payload))["error"]["type"] == "forbidden"


def test_a_spin_says_since_when_and_a_grab_stops_it_where_it_has_come_to():
    room = a_room(ANNA)
    (moved,) = room.objects.spin("a", "shoe", math.pi / 2, at(100.0))
    assert (moved.spin, moved.at, moved.rotation) == (math.pi / 2, 100_000, IDENTITY)
    assert room.objects.spin("a", "shoe", math.pi / 2, at(101.0)) == []
    (moved,) = room.objects.spin("a", "shoe", math.pi, at(101.0))
    assert moved.rotation == pytest.approx(spun(IDENTITY, math.pi / 2), abs=1e-4)
    (held,) = room.objects.grab("a", "shoe", at(101.5))
    assert held.rotation == pytest.approx(spun(IDENTITY, math.pi), abs=1e-4)
    assert room.objects.things["shoe"].spin == 0
    room.objects.release("a", "shoe", Wish(), at(102))
    assert room.objects.spin("a", "shoe", 0, at(103)) == []
    room.objects.grab("a", "shoe", at(104))
    with pytest.raises(AlreadyHeld):
        room.objects.spin("a", "shoe", 1, at(104))


# ---- what outlives a restart ----


def test_a_room_opens_as_the_last_one_was_left():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    room.objects.release("a", "lamp", Wish((1, 2, 3)), at(0))
    room.objects.variant("a", "shoe", "green")
    assert room.changes == 2
    again = a_room(saved=room.kept())
    assert again.objects.views() == room.objects.views()
    assert again.changes == 0


def test_what_was_kept_and_is_no_longer_made_is_forgotten():
    saved = a_room().kept()
    objects = saved["objects"]
    objects["shoe"] |= {"variant": "plaid", "position": [0, 99, 0]}
    objects["throne"] = objects["shoe"]
    shoe, *_ = a_room(saved=saved).objects.views()
    assert (shoe.variant, shoe.position) == ("red", (0, 3, 0))


async def test_everything_of_the_display_outlives_a_restart(open_store):
    store = await open_store()
    async with opened(store) as house:
        gina = await house.enter("Gina", Role.DESIGNER)
        await gina.act("grab", object="lamp", hand="left")
        done = await gina.act("grab", object="lamp", hand="right")
        assert done["hands"] == ["left", "right"]
        await gina.act("release", object="lamp", position=[1, 2, 3], scale=1.5)
        for event, payload in (
            ("pin", {"object": "lamp", "pinned": True}),
            ("spin", {"object": "shoe", "speed": 1.0}),
            ("variant", {"object": "shoe", "variant": "green"}),
            ("spotlight", {"object": "shoe"}),
        ):
            assert (await gina.act(event, **payload))["ok"]
        left = next(house.hub.rooms()).room.objects.views()
    async with opened(store) as house:
        anna = await house.enter("Anna")
        lamp = next(one for one in anna.welcome["objects"] if one["id"] == "lamp")
        assert (lamp["position"], lamp["scale"], lamp["pinned"]) == ([1, 2, 3], 1.5, True)
        assert next(house.hub.rooms()).room.objects.views() == left
        assert anna.welcome["display"] == {"spotlight": "shoe", "pointing": []}
        assert (await anna.act("grab", object="lamp"))["error"]["type"] == "pinned"


def test_a_room_that_was_kept_before_there_was_scale_opens():
    old = {"position": [1, 1, 1], "rotation": [0, 0, 0, 1], "variant": "brass"}
    room = a_room(saved={"objects": {"lamp": old}})
    lamp = next(one for one in room.objects.views() if one.id == "lamp")
    assert (lamp.position, lamp.scale, lamp.pinned, lamp.spin) == ((1, 1, 1), 1.0, False, 0.0)
