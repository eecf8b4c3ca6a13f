"""Whatever people do with the objects of a room, in whatever order."""

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from server.errors import VitrineError
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Held
from server.rooms.messages.objects import Target
from server.rooms.placement import Wish
from server.rooms.pose import Pose, decode_frame, encode
from server.rooms.role import RoomRole
from tests.server.rooms.displays import with_display
from tests.server.rooms.house import (
    BOUNDS,
    a_room,
    arrive,
)

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
TestAnyVisit.settings = settings(max_examples=60, stateful_step_count=40)
