"""What is on display: who may take it, and where it ends."""

import asyncio
import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from server.auth import Role
from server.errors import VitrineError
from server.rooms.company import NotPresent
from server.rooms.grips import (
    LEASE_SECONDS,
    AlreadyHeld,
    GoesHome,
    NotForTaking,
    NotForTurning,
    NotHeld,
    Pinned,
    UnknownVariant,
)
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Held, Moved
from server.rooms.messages.objects import Lit, Pointed, Target
from server.rooms.objects import ALONE_SECONDS
from server.rooms.placement import Wish, spun
from server.rooms.pose import IDENTITY, Pose, decode_frame, encode
from server.rooms.role import RoomRole
from server.rooms.showing import POINT_SECONDS, UnclearTarget, UnknownHotspot, UnknownObject
from tests.server.rooms.house import (
    ANNA,
    BOUNDS,
    BRUNO,
    SHOWROOM,
    a_room,
    arrive,
    at,
    opened,
)


def test_the_first_wins_and_a_second_grab_of_ones_own_renews():
    room = a_room(ANNA, BRUNO)
    (held,) = room.objects.grab("a", "lamp", at(0))
    assert (held.object, held.by) == ("lamp", "a")
    with pytest.raises(AlreadyHeld) as refused:
        room.objects.grab("b", "lamp", at(LEASE_SECONDS - 0.1))
    assert refused.value.problem()["detail"] == "`lamp` is held by Anna."
    assert room.objects.grab("a", "lamp", at(1)) == []
    assert room.expire(at(LEASE_SECONDS)) == []
    (freed,) = room.expire(at(1 + LEASE_SECONDS))
    assert freed.by is None


@pytest.mark.parametrize("end", ["leaves", "forgets it"])
def test_what_its_holder_left_behind_goes_back_to_where_it_was_taken_from(end):
    room = a_room(ANNA, BRUNO)
    home = room.objects.things["lamp"].place.position
    room.objects.grab("a", "lamp", at(0))
    room.objects.move("a", "lamp", Wish((0.5, 1.4, 0.5), scale=1.5), at(1))
    assert room.kept()["objects"]["lamp"]["position"] == list(home)
    held = (room.leave("a") if end == "leaves" else room.expire(at(1 + LEASE_SECONDS)))[0]
    assert (held.object, held.by, held.position) == ("lamp", None, home)
    assert room.objects.things["lamp"].place == room.objects.things["lamp"].home


def test_what_is_put_down_stays_there():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", at(0))
    room.objects.release("a", "lamp", Wish((0.5, 0.9, 0.5)), at(1))
    room.leave("a")
    assert room.kept()["objects"]["lamp"]["position"] == [0.5, 0.9, 0.5]


def test_a_lapsed_grab_is_free_even_before_it_is_swept():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", at(0))
    with pytest.raises(NotHeld):
        room.objects.move("a", "lamp", Wish((0, 0, 0)), at(LEASE_SECONDS))
    assert [held.by for held in room.objects.grab("b", "lamp", at(LEASE_SECONDS))] == [None, "b"]


@pytest.mark.parametrize("hours", [2, -1])
def test_a_clock_that_is_set_opens_no_hand_and_keeps_none_closed(hours):
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", Instant(1e9, 0))
    wall = 1e9 + 3600 * hours
    assert room.expire(Instant(wall, LEASE_SECONDS - 0.1)) == []
    assert room.objects.move("a", "lamp", Wish((1, 1, 1)), Instant(wall, LEASE_SECONDS - 0.1))
    with pytest.raises(AlreadyHeld):
        room.objects.grab("b", "lamp", Instant(wall, LEASE_SECONDS))
    (freed,) = room.expire(Instant(wall, 2 * LEASE_SECONDS))
    assert (freed.object, freed.by) == ("lamp", None)


def test_a_clock_that_is_set_sends_nothing_home_that_was_just_brought():
    room = a_room(ANNA)
    room.poses.placed(ANNA.index, Pose(0, (-5, 1.6, -4)))
    room.objects.bring("a", "lamp", Wish((4, 1, 3)), Instant(1e9, 0))
    for steady in (1, ALONE_SECONDS):
        assert room.expire(Instant(1e9 + 7200 * steady, steady)) == []
    (told,) = room.expire(Instant(1e9, 1 + ALONE_SECONDS))
    assert (told.object, told.by) == ("lamp", None)


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


GUIDE = Avatar("g", 2, "Gina", "designer", "#333333")


def with_display(id: str, **facts) -> dict:
    """The demo's showroom where this display has more to it."""
    scene = SHOWROOM["scene"]
    displays = [one | facts if one["id"] == id else one for one in scene["displays"]]
    return SHOWROOM | {"scene": scene | {"displays": displays}}


# ---- two hands, two people ----


def test_a_second_hand_joins_and_one_of_two_may_let_go():
    room = a_room(ANNA, BRUNO)
    (held,) = room.objects.grab("a", "lamp", at(0), "left")
    assert held.hand == "left"
    assert room.objects.grab("a", "lamp", at(1), "right") == []
    assert room.objects.grips["lamp"].hands == {"left", "right"}
    assert room.objects.release("a", "lamp", Wish(), at(2), "left") == []
    with pytest.raises(NotHeld):
        room.objects.release("a", "lamp", Wish(), at(2), "left")
    assert room.objects.grips["lamp"].by == "a"
    (held,) = room.objects.release("a", "lamp", Wish((1, 1, 1)), at(2), "right")
    assert (held.by, held.position) == (None, (1, 1, 1))


def test_both_hands_open_when_none_is_named_or_it_goes_home():
    for way in ((None, False), ("left", True)):
        room = a_room(ANNA)
        room.objects.grab("a", "lamp", at(0), "left")
        room.objects.grab("a", "lamp", at(0), "right")
        (held,) = room.objects.release("a", "lamp", Wish((1, 1, 1)), at(1), *way)
        assert held.by is None
        assert room.objects.grips == {}


def test_the_holder_hears_once_of_each_who_would_like_to_have_it():
    room = a_room(ANNA, BRUNO, GUIDE)
    assert room.objects.wanted("b", "lamp") is None
    room.objects.grab("a", "lamp", at(0))
    assert room.objects.wanted("b", "lamp").name == "Bruno"
    assert room.objects.wanted("b", "lamp") is None
    assert room.objects.wanted("g", "lamp").by == "g"


async def test_of_fifty_who_grab_at_once_one_gets_it(open_store):
    async with opened(await open_store(), capacity=50) as house:
        people = [await house.enter(f"P{number}") for number in range(50)]
        answers = await asyncio.gather(*(one.act("grab", object="shoe") for one in people))
        assert sum(answer["ok"] for answer in answers) == 1
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        winner = next(one for one, answer in zip(people, answers, strict=True) if answer["ok"])
        assert {error["type"] for error in refused} == {"already-held"}
        assert {error["by"] for error in refused} == {winner.avatar_id}
        await winner.until(lambda: len(winner.heard["wanted"]) == 49)
        assert {one["by"] for one in winner.heard["wanted"]} == {
            one.avatar_id for one in people if one is not winner
        }
        assert not any(one.heard["wanted"] for one in people if one is not winner)


# ---- limits ----


def test_a_piece_is_scaled_within_what_its_display_allows_and_goes_back_to_its_size():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move("a", "lamp", Wish(scale=9), at(1))
    assert (moved.scale, moved.position) == (2.0, (2, 1, 0))
    (moved,) = room.objects.move("a", "lamp", Wish(scale=0.1), at(2))
    assert moved.scale == 0.5
    (held,) = room.objects.release("a", "lamp", Wish(), at(3), home=True)
    assert held.scale == 1.0


def test_reach_and_turn_are_limits_of_a_display():
    limits = {"reach": 1.0, "turn": "upright", "scale": [1, 1]}
    room = a_room(ANNA, showroom=with_display("shoe", limits=limits))
    room.objects.grab("a", "shoe", at(0))
    tilted = spun((0.5, 0, 0, 0.866), 1.0)
    (moved,) = room.objects.move("a", "shoe", Wish((3, 1, 0), tilted, 2.0), at(0))
    assert moved.position == (1, 1, 0)
    assert moved.scale == 1
    assert (moved.rotation[0], moved.rotation[2]) == (0, 0)
    assert moved.rotation[1] == pytest.approx(math.sin(0.5), abs=1e-4)


def test_what_cannot_be_turned_keeps_its_rotation_and_does_not_spin():
    room = a_room(ANNA, showroom=with_display("lamp", limits={"turn": "none"}))
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move("a", "lamp", Wish((0, 0, 0), IDENTITY), at(0))
    assert moved.rotation == (0, 1, 0, 0)
    room.objects.release("a", "lamp", Wish(), at(0))
    for thing in ("lamp", "sofa"):
        with pytest.raises(NotForTurning):
            room.objects.spin("a", thing, 1.0, at(0))


def test_what_is_told_has_few_digits():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move(
        "a", "lamp", Wish((1 / 3, 2 / 3, 1e-9), (1, 2, 3, 4), 4 / 3), at(0)
    )
    assert moved.position == (0.3333, 0.6667, 0)
    assert moved.scale == 1.3333
    assert moved.rotation == (0.1826, 0.3651, 0.5477, 0.7303)


def test_what_snaps_goes_home_however_it_is_let_go():
    room = a_room(ANNA, showroom=with_display("shoe", snap=True))
    room.objects.grab("a", "shoe", at(0))
    room.objects.move("a", "shoe", Wish((1, 1, 1), scale=2), at(0))
    (held,) = room.objects.release("a", "shoe", Wish((1, 1, 1)), at(1))
    assert (held.position, held.scale) == ((0, 1, 0), 1)
    with pytest.raises(GoesHome):
        room.objects.bring("a", "shoe", Wish((1, 1, 1)), at(2))


# ---- pinned, spinning, brought ----


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


# ---- shown ----


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


# ---- pace, and what outlives a restart ----


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


async def test_a_shopper_may_not_do_what_guides_do(house):
    anna = await house.enter("Anna")
    for event, payload in (
        ("pin", {"object": "lamp", "pinned": True}),
        ("spotlight", {"object": "lamp"}),
    ):
        assert (await anna.act(event, **payload))["error"]["type"] == "forbidden"


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


people = st.sampled_from("abcd")
objects = st.sampled_from(["shoe", "lamp", "sofa", "throne"])
points = st.tuples(*[st.floats(-1e4, 1e4)] * 3)
wishes = st.builds(
    Wish,
    st.none() | points,
    st.none() | st.tuples(*[st.floats(-1.001, 1.001)] * 4),
    st.none() | st.floats(1e-9, 1000),
)
hands = st.sampled_from(["left", "right", "pointer"])
REACH = 2.0
ANY_SHOWROOM = with_display(
    "shoe",
    limits={"reach": REACH, "turn": "upright", "scale": [0.8, 1.25]},
    hotspots=[{"id": "sole", "position": [0, 0, 0], "text": {"en": "Cork"}}],
)
GUIDE_ID = "d"  # of those who come and go, this one is a guide


class AnyVisit(RuleBasedStateMachine):
    """Whatever people do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.room = a_room(showroom=ANY_SHOWROOM)
        self.steady, self.set = 0.0, 0.0  # seconds; by how much the wall clock was set
        self.revs: list[int] = []
        self.holders: dict[str, str | None] = {}

    @property
    def now(self) -> Instant:
        return Instant(self.steady + self.set, self.steady)

    def heard(self, messages) -> None:
        for message in messages:
            self.revs.append(message.rev)
            if isinstance(message, Held):
                assert None in (message.by, self.holders.get(message.object))
                self.holders[message.object] = message.by

    def attempt(self, act, *arguments) -> None:
        try:
            self.heard(act(*arguments))
        except VitrineError as refused:
            assert refused.message, "a refusal says why"  # noqa: PT017

    @rule(who=people)
    def join(self, who: str) -> None:
        role = RoomRole.STAFF if who == GUIDE_ID else RoomRole.SHOPPER
        avatar = Avatar(who, ord(who), who.upper(), str(role), "#000000")
        self.heard(arrive(self.room, avatar, role))

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.heard(self.room.leave(who))
        assert who not in self.holders.values()

    @rule(who=people, thing=objects, hand=hands)
    def grab(self, who: str, thing: str, hand: str) -> None:
        self.attempt(self.room.objects.grab, who, thing, self.now, hand)

    @rule(who=people, thing=objects, wish=wishes)
    def move(self, who: str, thing: str, wish: Wish) -> None:
        self.attempt(self.room.objects.move, who, thing, wish, self.now)

    @rule(who=people, thing=objects, wish=wishes, hand=st.none() | hands, home=st.booleans())
    def release(self, who: str, thing: str, wish: Wish, hand: str | None, home: bool) -> None:
        self.attempt(self.room.objects.release, who, thing, wish, self.now, hand, home)

    @rule(who=people, thing=objects, wish=wishes)
    def bring(self, who: str, thing: str, wish: Wish) -> None:
        self.attempt(self.room.objects.bring, who, thing, wish, self.now)

    @rule(who=people, thing=objects, speed=st.floats(-math.pi, math.pi))
    def spin(self, who: str, thing: str, speed: float) -> None:
        self.attempt(self.room.objects.spin, who, thing, speed, self.now)

    @rule(who=people, thing=objects, pinned=st.booleans())
    def pin(self, who: str, thing: str, pinned: bool) -> None:
        self.attempt(self.room.objects.pin, who, thing, pinned, self.now)

    @rule(who=people, thing=st.none() | objects)
    def light(self, who: str, thing: str | None) -> None:
        self.attempt(self.room.objects.light, who, thing)

    @rule(who=people, thing=objects, hotspot=st.sampled_from([None, "sole", "lace"]))
    def hotspot(self, who: str, thing: str, hotspot: str | None) -> None:
        self.attempt(self.room.objects.showing.open, who, thing, hotspot)

    @rule(who=people, aim=st.none() | st.builds(Target, st.none() | objects, st.none() | points))
    def point(self, who: str, aim: Target | None) -> None:
        self.attempt(self.room.objects.showing.point, who, aim, "left", self.steady)

    @rule(who=people, thing=objects, variant=st.sampled_from(["red", "green", "plaid"]))
    def variant(self, who: str, thing: str, variant: str) -> None:
        self.attempt(self.room.objects.variant, who, thing, variant)

    @rule(who=people, point=points)
    def pose(self, who: str, point) -> None:
        self.room.poses.take(ord(who), encode(Pose(0, point), BOUNDS))

    @rule(seconds=st.floats(0, 4))
    def wait(self, seconds: float) -> None:
        self.steady += seconds
        self.heard(self.room.expire(self.now))

    @rule(seconds=st.floats(-1e4, 1e4))
    def set_the_clock(self, seconds: float) -> None:
        self.set += seconds
        held = dict(self.holders)
        self.heard(self.room.expire(self.now))
        assert self.holders == held

    @rule()
    def tick(self) -> None:
        frame = self.room.poses.frame(0)
        shown = {index for index, _ in decode_frame(frame, BOUNDS)[1]} if frame else set()
        assert shown <= {avatar.index for avatar in self.room.company.avatars.values()}

    @invariant()
    def revisions_have_no_gap(self) -> None:
        assert self.revs == list(range(1, self.room.rev + 1))

    @invariant()
    def what_is_held_is_held_by_somebody_present(self) -> None:
        told = {thing: by for thing, by in self.holders.items() if by}
        assert told == {thing: grip.by for thing, grip in self.room.objects.grips.items()}
        assert set(told.values()) <= self.room.company.avatars.keys()

    @invariant()
    def everything_is_within_its_limits(self) -> None:
        for thing in self.room.objects.things.values():
            assert BOUNDS.clamp(thing.place.position) == thing.place.position
            assert thing.limits.scale[0] <= thing.place.scale <= thing.limits.scale[1]
            assert math.hypot(*thing.place.rotation) == pytest.approx(1, abs=2e-4)
        shoe = self.room.objects.things["shoe"]
        assert math.dist(shoe.place.position, shoe.home.position) <= REACH + 1e-3
        assert (shoe.place.rotation[0], shoe.place.rotation[2]) == (0, 0)

    @invariant()
    def a_pinned_thing_is_in_no_hand_but_a_guides(self) -> None:
        for object, grip in self.room.objects.grips.items():
            assert not self.room.objects.things[object].pinned or grip.by == GUIDE_ID

    @invariant()
    def who_points_is_here(self) -> None:
        pointing = self.room.objects.state("x").pointing
        assert {one.by for one in pointing} <= self.room.company.avatars.keys()

    @invariant()
    def what_is_kept_opens_as_it_was(self) -> None:
        if not self.room.objects.grips:
            again = a_room(showroom=ANY_SHOWROOM, saved=self.room.kept())
            shown = {one.id: one.hotspot for one in self.room.objects.views()}
            views = [replace(one, hotspot=shown[one.id]) for one in again.objects.views()]
            assert views == self.room.objects.views()


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
