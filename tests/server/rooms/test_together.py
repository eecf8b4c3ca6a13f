"""What people say and show to each other, and who walks with whom."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.auth import Person, Role
from server.errors import VitrineError
from server.rooms.company import NotHere, NotPresent, NotYourPlace, Yourself
from server.rooms.instant import Instant
from server.rooms.looks import NameIsGiven, NameTaken, NoName
from server.rooms.messages import Avatar, Change, Said, read_message
from server.rooms.messages.together import (
    Changed,
    Emoted,
    Followed,
    Gathered,
    HelpChanged,
    Raised,
    SetProfile,
)
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.walking import GatherRests, WouldCircle
from tests.server.rooms.house import ANNA, BOUNDS, BRUNO, House, Shopper, a_room, arrive, at

MARTA = Avatar("m", 2, "Marta", "staff", "#3f5b57")
CARLA = Avatar("c", 3, "Carla", "shopper", "#444444")


def a_shop() -> Room:
    """Two shoppers, and Marta of the house."""
    room = a_room(ANNA, BRUNO)
    arrive(room, MARTA, RoomRole.STAFF)
    return room


# ---- words ----


def test_a_private_word_is_for_two_whoever_asks_for_it_later():
    room = a_shop()
    (said,) = room.together.say("a", " psst ", 12.5, "b")
    assert said == Said(4, "a", "Anna", "psst", "b", 12500)
    hidden = room.hidden_from(said)
    assert hidden
    assert [who in hidden for who in ("a", "b", "m", "a watcher", "who comes later")] == [
        False,
        False,
        True,
        True,
        True,
    ]
    (loud,) = room.together.say("a", "hello", 12.5)
    assert not room.hidden_from(loud)


def test_one_cannot_whisper_to_oneself_or_to_nobody():
    together = a_shop().together
    with pytest.raises(Yourself):
        together.say("a", "hm", 0, "a")
    with pytest.raises(NotHere):
        together.say("a", "hm", 0, "x")
    with pytest.raises(NotPresent):
        together.say("x", "hm", 0)


def test_typing_is_told_once_a_second_and_its_end_once():
    together = a_shop().together
    assert not together.types("a", False, 0)
    assert together.types("a", True, 0)
    assert not together.types("a", True, 0.5)
    assert together.types("a", True, 1.5)
    assert together.types("a", False, 1.6)
    together.say("a", "there", 2)
    assert together.types("a", True, 2)


# ---- signs ----


def test_hands_stand_in_the_order_in_which_they_went_up():
    room = a_shop()
    together = room.together
    assert together.raise_hand("b", True) == [Raised(4, "b", True, ["b"])]
    assert together.raise_hand("a", True) == [Raised(5, "a", True, ["b", "a"])]
    assert together.raise_hand("b", True) == []
    assert [together.place(who) for who in ("b", "a", "m")] == [1, 2, 0]
    with pytest.raises(NotYourPlace):
        together.raise_hand("a", False, "b")
    with pytest.raises(NotYourPlace):
        together.raise_hand("m", True, "b")
    assert together.raise_hand("m", False, "b") == [Raised(6, "b", False, ["a"])]
    assert room.leave("a")[0] == Raised(7, "a", False, [])


def test_a_feeling_is_one_of_eight():
    assert a_shop().together.emote("a", "wave") == [Emoted(4, "a", "wave")]
    with pytest.raises(VitrineError):
        read_message("emote", {"emote": "<img>"})


# ---- walking together ----


def test_nobody_follows_in_a_circle_and_who_leads_may_send_off():
    room = a_shop()
    together = room.together
    assert together.walking.follow("a", "b") == [Followed(4, "a", "b")]
    assert together.walking.follow("a", "b") == []
    assert together.walking.follow("b", "m") == [Followed(5, "b", "m")]
    with pytest.raises(WouldCircle):
        together.walking.follow("m", "a")
    with pytest.raises(Yourself):
        together.walking.follow("m", "m")
    with pytest.raises(NotHere):
        together.walking.follow("m", "x")
    with pytest.raises(NotYourPlace):
        together.walking.follow("m", None, "a")  # who follows b
    assert together.walking.follow("b", None, "a") == [Followed(6, "a", None)]
    together.walking.follow("a", "b")
    changes = room.leave("b")
    assert changes[:2] == [Followed(8, "b", None), Followed(9, "a", None)]
    assert room.together.walking.following == {}


def test_only_a_guide_gathers_and_within_the_room():
    room = a_shop()
    with pytest.raises(NotYourPlace):
        room.together.walking.gather("a", (0, 0, 0), 1, False, at(0))
    (wish,) = room.together.walking.gather("m", (99, -5, 1), 2.0, True, at(1.0))
    assert wish == Gathered(4, "m", (BOUNDS.max[0], BOUNDS.min[1], 1), 2.0, 1000, True)
    with pytest.raises(GatherRests):
        room.together.walking.gather("m", (0, 0, 0), 1, False, Instant(-3600, 2.5))


# ---- help ----


def test_a_call_for_help_is_for_the_house_and_who_called():
    room = a_shop()
    together = room.together
    (called,) = together.help("a", True, " is it oak? ")
    assert called == HelpChanged(4, "a", "Anna", True, "is it oak?")
    assert [who in room.hidden_from(called) for who in ("a", "m", "b")] == [False, False, True]
    assert together.help("a", True, "is it oak?") == []
    assert [len(together.state(who).helps) for who in ("a", "m", "b", "x")] == [1, 1, 0, 0]
    with pytest.raises(NotYourPlace):
        together.help("b", False, "", "a")
    assert together.help("m", False, "", "a") == [HelpChanged(5, "a", "Anna", False, "", "m")]
    assert together.help("m", False, "", "a") == []
    together.help("a", True)
    assert room.leave("a")[0] == HelpChanged(7, "a", "Anna", False)
    assert together.helps == {}


def test_a_guide_who_was_away_for_a_moment_hears_of_it_later():
    room = a_shop()
    room.leave("m")
    (called,) = room.together.help("a", True)
    assert "m" not in room.hidden_from(called)
    assert "b" in room.hidden_from(called)


# ---- names and looks ----


def test_what_is_left_out_of_a_profile_stays():
    room = a_shop()
    (changed,) = room.together.looks.profile("a", SetProfile(name="  Anna   Maria ", figure="leaf"))
    assert changed == Changed(4, Avatar("a", 0, "Anna Maria", "shopper", "#111111", "leaf"))
    assert room.company.avatars["a"] == changed.avatar
    assert room.together.looks.profile("a", SetProfile()) == []
    with pytest.raises(NoName):
        room.together.looks.profile("a", SetProfile(name="\u3000"))


@pytest.mark.parametrize("name", ["Marta", "mARTA", "Ｍarta", "Mar ta"])
def test_nobody_is_taken_for_the_house(name):
    with pytest.raises(NameTaken):
        a_shop().together.looks.profile("a", SetProfile(name=name))


def test_the_house_is_called_as_its_accounts_say():
    with pytest.raises(NameIsGiven):
        a_shop().together.looks.profile("m", SetProfile(name="Anna"))
    assert a_shop().together.looks.profile("m", SetProfile(color="#000000"))


def test_who_comes_back_is_who_they_had_become():
    room = a_shop()
    room.together.looks.profile("a", SetProfile(name="Anna Maria"))
    room.leave("a")
    joined, changed = arrive(room, ANNA)
    assert isinstance(changed, Changed)
    assert changed.avatar.name == room.company.avatars["a"].name == "Anna Maria"
    assert joined.rev + 1 == changed.rev


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("profile", {"name": "a\nb"}),
        ("profile", {"name": "x\u202ey"}),
        ("profile", {"name": "n" * 41}),
        ("profile", {"color": "red"}),
        ("profile", {"figure": "../../etc"}),
        ("gather", {"position": [0, 0, 0], "radius": 0.1}),
        ("gather", {"position": [0, 0]}),
        ("help", {"on": True, "text": "x" * 201}),
        ("typing", {}),
        ("hand", {"raised": "yes"}),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_happens(event, payload):
    with pytest.raises(VitrineError):
        read_message(event, payload)


# ---- any sequence ----

WHO = st.sampled_from(["a", "b", "m", "c", "nobody"])
MAYBE = st.none() | WHO


class AnyVisit(RuleBasedStateMachine):
    """Whatever is done in whichever order: numbers without a gap, nobody absent is referred to."""

    @initialize()
    def open(self) -> None:
        self.room, self.now = a_shop(), 0.0
        self.rev = self.room.rev

    def told(self, changes: list[Change]) -> None:
        assert [change.rev for change in changes] == list(
            range(self.rev + 1, self.rev + 1 + len(changes))
        )
        self.rev += len(changes)
        for change in changes:
            self.room.hidden_from(change)
            msgspec.json.encode(change)

    def tried(self, act: Any, *details: Any) -> None:
        try:
            self.told(act(*details))
        except VitrineError:
            assert self.room.rev == self.rev

    @rule(who=WHO)
    def comes_or_goes(self, who: str) -> None:
        avatars = {"a": ANNA, "b": BRUNO, "m": MARTA, "c": CARLA}
        if who in self.room.company.avatars:
            self.told(self.room.leave(who))
        elif who in avatars:
            role = RoomRole.STAFF if who == "m" else RoomRole.SHOPPER
            self.told(arrive(self.room, avatars[who], role))

    @rule(who=WHO, to=MAYBE)
    def says(self, who: str, to: str | None) -> None:
        self.tried(self.room.together.say, who, "hello", self.now, to)

    @rule(who=WHO, raised=st.booleans(), whose=MAYBE)
    def raises(self, who: str, raised: bool, whose: str | None) -> None:
        self.tried(self.room.together.raise_hand, who, raised, whose)

    @rule(who=WHO, whom=MAYBE, follower=MAYBE)
    def follows(self, who: str, whom: str | None, follower: str | None) -> None:
        self.tried(self.room.together.walking.follow, who, whom, follower)

    @rule(who=WHO, on=st.booleans(), whose=MAYBE)
    def helps(self, who: str, on: bool, whose: str | None) -> None:
        self.tried(self.room.together.help, who, on, "", whose)

    @rule(who=WHO, name=st.none() | st.sampled_from(["Marta", "Zoe", " "]))
    def changes(self, who: str, name: str | None) -> None:
        self.tried(self.room.together.looks.profile, who, SetProfile(name=name))

    @invariant()
    def refers_to_those_present(self) -> None:
        together, here = self.room.together, set(self.room.company.avatars)
        assert len(together.hands) == len(set(together.hands))
        assert {*together.hands, *together.helps} <= here
        assert {*together.walking.following, *together.walking.following.values()} <= here
        for who in together.walking.following:
            seen = set()
            while (who := together.walking.following.get(who, "")) and who not in seen:
                seen.add(who)
            assert not who


AnyVisit.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnyVisit = AnyVisit.TestCase


# ---- over sockets ----


async def staff(house: House, name: str = "Marta") -> Shopper:
    shopper = house.shopper(name)
    shopper.person = Person(f"staff:{name.lower()}", name, Role.STAFF, {"color": "#3f5b57"})
    await shopper.connect({"ticket": (await house.ticket(shopper.person))["ticket"]})
    return shopper


async def test_whispers_reach_two_people_and_all_count_on(any_house: House):
    anna, bruno, carla = [await any_house.enter(name) for name in ("Anna", "Bruno", "Carla")]
    answer = await anna.act("say", text="a secret", to=bruno.avatar_id)
    said = await bruno.hears("said", text="a secret", to=bruno.avatar_id)
    assert said["rev"] == answer["rev"]
    await anna.hears("said", text="a secret")
    assert await carla.hears("passed") == {"rev": said["rev"]}
    assert not carla.heard["said"]
    dora = await any_house.enter("Dora")
    assert "a secret" not in str(dora.heard)


async def test_typing_reaches_those_it_is_meant_for(house: House):
    anna, bruno, carla = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]
    await anna.act("typing", on=True, to=bruno.avatar_id)
    assert (await bruno.hears("typing"))["by"] == anna.avatar_id
    await bruno.act("typing", on=True)
    await carla.hears("typing", by=bruno.avatar_id)
    assert [typing["by"] for typing in carla.heard["typing"]] == [bruno.avatar_id]


async def test_a_human_of_the_house_is_one_word_away(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    assert (await anna.act("help", on=True, text="Is it oak?"))["guides"] == 0
    marta = await staff(house)
    (waiting,) = marta.welcome["together"]["helps"]
    assert abs(waiting.pop("at") - house.hub.now() * 1000) < 60_000
    assert waiting == {"by": anna.avatar_id, "name": "Anna", "text": "Is it oak?"}
    assert (await bruno.act("help", on=True))["guides"] == 1
    await marta.hears("help", by=bruno.avatar_id, on=True)
    await marta.act("help", on=False, avatar=anna.avatar_id)
    assert (await anna.hears("help", on=False))["helper"] == marta.avatar_id
    assert all(call["by"] == bruno.avatar_id for call in bruno.heard["help"])


async def test_a_shopper_does_not_guide(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    for event, payload in (
        ("gather", {"position": [0, 0, 0]}),
        ("hand", {"raised": False, "avatar": bruno.avatar_id}),
        ("help", {"on": False, "avatar": bruno.avatar_id}),
        ("follow", {"avatar": None, "follower": bruno.avatar_id}),
    ):
        refused = await anna.act(event, **payload)
        assert refused["error"]["type"] in {"forbidden", "not-your-place"}, event


async def test_a_newcomer_sees_hands_and_who_walks_with_whom(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    assert (await anna.act("hand", raised=True))["place"] == 1
    assert (await bruno.act("hand", raised=True))["place"] == 2
    await bruno.act("follow", avatar=anna.avatar_id)
    carla = await house.enter("Carla")
    together = carla.welcome["together"]
    assert together["hands"] == [anna.avatar_id, bruno.avatar_id]
    assert together["following"] == {bruno.avatar_id: anna.avatar_id}
    await bruno.leave()
    await carla.hears("followed", by=bruno.avatar_id, whom=None)
    await carla.hears("raised", by=bruno.avatar_id, raised=False)


async def test_hands_raised_all_at_once_stand_in_one_line(house: House):
    people = [await house.enter(name) for name in ("Anna", "Bruno", "Carla", "Dora")]
    answers = await asyncio.gather(*(one.act("hand", raised=True) for one in people))
    assert sorted(answer["place"] for answer in answers) == [1, 2, 3, 4]
