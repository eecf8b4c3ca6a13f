"""What is on display: who may take it, and where it ends."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.rooms.company import NotPresent
from server.rooms.messages import Avatar, Held, Moved
from server.rooms.objects import (
    LEASE_SECONDS,
    AlreadyHeld,
    NotForTaking,
    NotHeld,
    UnknownObject,
    UnknownVariant,
)
from server.rooms.pose import Pose, decode_frame, encode
from tests.server.rooms.house import ANNA, BOUNDS, BRUNO, a_room, arrive


def test_the_first_wins_and_a_second_grab_of_ones_own_renews():
    room = a_room(ANNA, BRUNO)
    (held,) = room.objects.grab("a", "lamp", 0)
    assert (held.object, held.by) == ("lamp", "a")
    with pytest.raises(AlreadyHeld) as refused:
        room.objects.grab("b", "lamp", LEASE_SECONDS - 0.1)
    assert refused.value.problem()["detail"] == "`lamp` is held by Anna."
    assert room.objects.grab("a", "lamp", 1) == []
    assert room.expire(LEASE_SECONDS) == []
    (freed,) = room.expire(1 + LEASE_SECONDS)
    assert freed.by is None


@pytest.mark.parametrize("end", ["leaves", "forgets it"])
def test_what_its_holder_left_behind_goes_back_to_where_it_was_taken_from(end):
    room = a_room(ANNA, BRUNO)
    home = room.objects.things["lamp"].position
    room.objects.grab("a", "lamp", 0)
    room.objects.move("a", "lamp", (0.5, 1.4, 0.5), (0, 0, 0, 1), 1)
    assert room.kept()["objects"]["lamp"]["position"] == list(home)
    held = (room.leave("a") if end == "leaves" else room.expire(1 + LEASE_SECONDS))[0]
    assert (held.object, held.by, held.position) == ("lamp", None, home)
    assert room.objects.things["lamp"].position == home


def test_what_is_put_down_stays_there():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", 0)
    room.objects.release("a", "lamp", (0.5, 0.9, 0.5), (0, 0, 0, 1), 1)
    room.leave("a")
    assert room.kept()["objects"]["lamp"]["position"] == [0.5, 0.9, 0.5]


def test_a_lapsed_grab_is_free_even_before_it_is_swept():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", 0)
    with pytest.raises(NotHeld):
        room.objects.move("a", "lamp", (0, 0, 0), (0, 0, 0, 1), LEASE_SECONDS)
    assert [held.by for held in room.objects.grab("b", "lamp", LEASE_SECONDS)] == [None, "b"]


def test_what_is_moved_stays_in_bounds_and_its_rotation_has_length_one():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", 0)
    (moved,) = room.objects.move("a", "lamp", (-99, 99, 0), (0, 0, 3, 4), 0)
    assert isinstance(moved, Moved)
    assert (moved.position, moved.rotation) == ((-5, 3, 0), (0, 0, 0.6, 0.8))
    (moved,) = room.objects.move("a", "lamp", (0, 0, 0), (0, 0, 0, 0), 0)
    assert moved.rotation == (0, 0, 0, 1)


def test_what_cannot_be_done_says_why_and_changes_nothing():
    room = a_room(ANNA)
    before = (room.rev, room.kept())
    with pytest.raises(UnknownObject):
        room.objects.grab("a", "throne", 0)
    with pytest.raises(NotForTaking):
        room.objects.grab("a", "sofa", 0)
    with pytest.raises(NotPresent):
        room.objects.grab("b", "lamp", 0)
    with pytest.raises(NotPresent):
        room.together.say("b", "boo")
    with pytest.raises(NotHeld):
        room.objects.release("a", "lamp", None, None, 0)
    with pytest.raises(UnknownVariant):
        room.objects.variant("a", "sofa", "red")
    assert (room.rev, room.kept()) == before


def test_a_room_opens_as_the_last_one_was_left():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", 0)
    room.objects.release("a", "lamp", (1, 2, 3), None, 0)
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
        self.heard(arrive(self.room, Avatar(who, ord(who), who.upper(), "shopper", "#000000")))

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.heard(self.room.leave(who))
        assert who not in self.holders.values()

    @rule(who=people, thing=objects)
    def grab(self, who: str, thing: str) -> None:
        self.attempt(self.room.objects.grab, who, thing, self.now)

    @rule(who=people, thing=objects, point=points)
    def move(self, who: str, thing: str, point) -> None:
        self.attempt(self.room.objects.move, who, thing, point, (0, 0, 0, 1), self.now)

    @rule(who=people, thing=objects, point=st.none() | points)
    def release(self, who: str, thing: str, point) -> None:
        self.attempt(self.room.objects.release, who, thing, point, None, self.now)

    @rule(who=people, thing=objects, variant=st.sampled_from(["red", "green", "plaid"]))
    def variant(self, who: str, thing: str, variant: str) -> None:
        self.attempt(self.room.objects.variant, who, thing, variant)

    @rule(who=people, point=points)
    def pose(self, who: str, point) -> None:
        self.room.poses.take(ord(who), encode(Pose(0, point), BOUNDS))

    @rule(seconds=st.floats(0, 4))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.heard(self.room.expire(self.now))

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
    def everything_is_in_the_room(self) -> None:
        for thing in self.room.objects.views():
            assert BOUNDS.clamp(thing.position) == thing.position


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
