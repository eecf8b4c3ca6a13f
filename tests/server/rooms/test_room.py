"""The rules of a room, without a socket in sight."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.rooms.messages import Avatar, Held, Joined, Left, Moved, body_of
from server.rooms.pose import BadPose, Pose, decode_frame, encode
from server.rooms.room import (
    LEASE_SECONDS,
    AlreadyHeld,
    NotForTaking,
    NotHeld,
    NotPresent,
    Room,
    UnknownObject,
    UnknownVariant,
)
from server.rooms.scene import read_scene, things
from tests.server.rooms.house import BOUNDS, PRODUCTS, SHOWROOM

SCENE = read_scene(SHOWROOM["scene"])
ANNA = Avatar("a", 0, "Anna", "shopper", "#111111")
BRUNO = Avatar("b", 1, "Bruno", "shopper", "#222222")


def a_room(*avatars: Avatar, saved=None) -> Room:
    room = Room("demo-1", SCENE, things(SCENE, PRODUCTS), saved)
    for avatar in avatars:
        room.join(avatar)
    return room


def test_joining_tells_the_others_and_is_numbered():
    room = a_room(ANNA)
    assert room.join(BRUNO) == [Joined(2, BRUNO)]
    assert room.join(BRUNO) == []
    assert room.leave("b") == [Left(3, "b")]
    assert room.leave("b") == []


def test_a_newcomer_is_shown_everybody_and_stands_at_a_spawn_point():
    room = a_room(ANNA)
    room.frame(0)
    room.join(BRUNO)
    _, poses = decode_frame(room.frame(7) or b"", BOUNDS)
    assert [index for index, _ in poses] == [0, 1]
    assert poses[1][1].position == pytest.approx((1, 1.6, 3), abs=1e-3)
    assert room.frame(8) is None


def test_a_pose_of_nobody_is_dropped_and_a_bad_one_refused():
    room = a_room(ANNA)
    assert room.pose("b", encode(Pose(0, (0, 1, 0)), BOUNDS)) is False
    with pytest.raises(BadPose):
        room.pose("a", b"\x07")


def test_the_last_step_of_who_left_is_in_no_frame():
    room = a_room(ANNA, BRUNO)
    room.frame(0)
    room.pose("b", encode(Pose(0, (0, 1, 0)), BOUNDS))
    room.leave("b")
    assert room.frame(0) is None
    assert len(room.keyframe(0)) == 4 + 1 + 13


def test_the_first_wins_and_a_second_grab_of_ones_own_renews():
    room = a_room(ANNA, BRUNO)
    (held,) = room.grab("a", "lamp", 0)
    assert (held.object, held.by) == ("lamp", "a")
    with pytest.raises(AlreadyHeld) as refused:
        room.grab("b", "lamp", LEASE_SECONDS - 0.1)
    assert refused.value.problem()["detail"] == "`lamp` is held by Anna."
    assert room.grab("a", "lamp", 1) == []
    assert room.expire(LEASE_SECONDS) == []
    (freed,) = room.expire(1 + LEASE_SECONDS)
    assert freed.by is None


@pytest.mark.parametrize("end", ["leaves", "forgets it"])
def test_what_its_holder_left_behind_goes_back_to_where_it_was_taken_from(end):
    room = a_room(ANNA, BRUNO)
    home = room.things["lamp"].position
    room.grab("a", "lamp", 0)
    room.move("a", "lamp", (0.5, 1.4, 0.5), (0, 0, 0, 1), 1)
    assert room.kept()["lamp"]["position"] == list(home)
    held = (room.leave("a") if end == "leaves" else room.expire(1 + LEASE_SECONDS))[0]
    assert (held.object, held.by, held.position) == ("lamp", None, home)
    assert room.things["lamp"].position == home


def test_what_is_put_down_stays_there():
    room = a_room(ANNA, BRUNO)
    room.grab("a", "lamp", 0)
    room.release("a", "lamp", (0.5, 0.9, 0.5), (0, 0, 0, 1), 1)
    room.leave("a")
    assert room.kept()["lamp"]["position"] == [0.5, 0.9, 0.5]


def test_a_lapsed_grab_is_free_even_before_it_is_swept():
    room = a_room(ANNA, BRUNO)
    room.grab("a", "lamp", 0)
    with pytest.raises(NotHeld):
        room.move("a", "lamp", (0, 0, 0), (0, 0, 0, 1), LEASE_SECONDS)
    assert [held.by for held in room.grab("b", "lamp", LEASE_SECONDS)] == [None, "b"]


def test_what_is_moved_stays_in_bounds_and_its_rotation_has_length_one():
    room = a_room(ANNA)
    room.grab("a", "lamp", 0)
    (moved,) = room.move("a", "lamp", (-99, 99, 0), (0, 0, 3, 4), 0)
    assert isinstance(moved, Moved)
    assert (moved.position, moved.rotation) == ((-5, 3, 0), (0, 0, 0.6, 0.8))
    (moved,) = room.move("a", "lamp", (0, 0, 0), (0, 0, 0, 0), 0)
    assert moved.rotation == (0, 0, 0, 1)


def test_what_cannot_be_done_says_why_and_changes_nothing():
    room = a_room(ANNA)
    before = (room.rev, room.kept())
    with pytest.raises(UnknownObject):
        room.grab("a", "throne", 0)
    with pytest.raises(NotForTaking):
        room.grab("a", "sofa", 0)
    with pytest.raises(NotPresent):
        room.grab("b", "lamp", 0)
    with pytest.raises(NotPresent):
        room.say("b", "boo")
    with pytest.raises(NotHeld):
        room.release("a", "lamp", None, None, 0)
    with pytest.raises(UnknownVariant):
        room.variant("a", "sofa", "red")
    assert (room.rev, room.kept()) == before


def test_a_room_opens_as_the_last_one_was_left():
    room = a_room(ANNA)
    room.grab("a", "lamp", 0)
    room.release("a", "lamp", (1, 2, 3), None, 0)
    room.variant("a", "shoe", "green")
    assert room.changes == 2
    again = a_room(saved=room.kept())
    assert again.objects() == room.objects()
    assert again.changes == 0


def test_what_was_kept_and_is_no_longer_made_is_forgotten():
    saved = a_room().kept()
    saved["shoe"] |= {"variant": "plaid", "position": [0, 99, 0]}
    saved["throne"] = saved["shoe"]
    shoe, *_ = a_room(saved=saved).objects()
    assert (shoe.variant, shoe.position) == ("red", (0, 3, 0))


def test_a_message_travels_under_its_name_without_it_in_the_body():
    held = Held(3, "lamp", None, (0, 0, 0), (0, 0, 0, 1))
    assert body_of(held)["by"] is None
    assert "event" not in body_of(held)
    assert msgspec.to_builtins(held)["event"] == "held"


people = st.sampled_from("abcd")
objects = st.sampled_from(["shoe", "lamp", "sofa", "throne"])
points = st.tuples(*[st.floats(-1e4, 1e4)] * 3)
REFUSALS = (AlreadyHeld, NotForTaking, NotHeld, NotPresent, UnknownObject, UnknownVariant)


class AnyVisit(RuleBasedStateMachine):
    """Whatever people do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.room = a_room()
        self.now = 0.0
        self.revs: list[int] = []
        self.holders: dict[str, str | None] = {}

    def heard(self, messages) -> None:
        for message in messages:
            self.revs.append(message.rev)
            if isinstance(message, Held):
                assert None in (message.by, self.holders.get(message.object))
                self.holders[message.object] = message.by

    def attempt(self, act, *arguments) -> None:
        try:
            self.heard(act(*arguments))
        except REFUSALS as refused:
            assert refused.message, "a refusal says why"  # noqa: PT017

    @rule(who=people)
    def join(self, who: str) -> None:
        self.heard(self.room.join(Avatar(who, ord(who), who.upper(), "shopper", "#000000")))

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.heard(self.room.leave(who))
        assert who not in self.holders.values()

    @rule(who=people, thing=objects)
    def grab(self, who: str, thing: str) -> None:
        self.attempt(self.room.grab, who, thing, self.now)

    @rule(who=people, thing=objects, point=points)
    def move(self, who: str, thing: str, point) -> None:
        self.attempt(self.room.move, who, thing, point, (0, 0, 0, 1), self.now)

    @rule(who=people, thing=objects, point=st.none() | points)
    def release(self, who: str, thing: str, point) -> None:
        self.attempt(self.room.release, who, thing, point, None, self.now)

    @rule(who=people, thing=objects, variant=st.sampled_from(["red", "green", "plaid"]))
    def variant(self, who: str, thing: str, variant: str) -> None:
        self.attempt(self.room.variant, who, thing, variant)

    @rule(who=people, point=points)
    def pose(self, who: str, point) -> None:
        self.room.pose(who, encode(Pose(0, point), BOUNDS))

    @rule(seconds=st.floats(0, 4))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.heard(self.room.expire(self.now))

    @rule()
    def tick(self) -> None:
        frame = self.room.frame(0)
        shown = {index for index, _ in decode_frame(frame, BOUNDS)[1]} if frame else set()
        assert shown <= {avatar.index for avatar in self.room.avatars.values()}

    @invariant()
    def revisions_have_no_gap(self) -> None:
        assert self.revs == list(range(1, self.room.rev + 1))

    @invariant()
    def what_is_held_is_held_by_somebody_present(self) -> None:
        told = {thing: by for thing, by in self.holders.items() if by}
        assert told == {thing: grip.by for thing, grip in self.room.grips.items()}
        assert set(told.values()) <= self.room.avatars.keys()

    @invariant()
    def everything_is_in_the_room(self) -> None:
        for thing in self.room.objects():
            assert BOUNDS.clamp(thing.position) == thing.position


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
