"""Keeping people away: whom it concerns, how long it lasts, and what gets through."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import Person, Role
from server.rooms.acts import ACTS, GUARDS, Moment
from server.rooms.company import NotHere, Yourself
from server.rooms.messages import Avatar, Change, Said, Up, read_message
from server.rooms.messages.safety import SafetyState, Shielded, Silenced
from server.rooms.messages.together import Followed
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.safety import OfTheHouse, OutOfReach, Silent
from server.rooms.shields import MAX_SHIELDS, Kind, Shields, TooManyShields
from tests.server.rooms.house import ANNA, BRUNO, House, a_room, arrive, at, eventually

CARLA = Avatar("c", 2, "Carla", "shopper", "#333333")
STEFAN = Avatar("s", 3, "Stefan", "staff", "#444444")
NOW = 1000.0


def do(room: Room, who: Avatar, event: str, now: float = NOW, **payload: Any) -> Sequence[Change]:
    """As sockets.py does it: guards, act, and every part hears what became of it."""
    person = Person(who.name.lower(), who.name, Role.SHOPPER)
    message: Up = read_message(event, payload)
    role = room.company.roles.get(who.id, RoomRole.WATCHER)
    moment = Moment(room, who.id, person, role, at(now))
    for guard in GUARDS:
        guard(moment, message)
    outcome: Any = ACTS[type(message)].run(moment, message)
    for change in outcome.changes:
        room.heard(change, now)
    return outcome.changes


def hears(room: Room, who: Avatar, change: Change) -> bool:
    return who.id not in room.hidden_from(change)


def test_muted_words_are_withheld_from_one_alone_and_poses_from_nobody():
    room = a_room(ANNA, BRUNO, CARLA)
    (told,) = do(room, ANNA, "mute", avatar="b", on=True)
    assert told == Shielded(room.rev, "a", ["b"], [], [], [])
    assert [hears(room, who, told) for who in (ANNA, BRUNO, CARLA)] == [True, False, False]
    assert "watcher" in room.hidden_from(told)
    (said,) = do(room, BRUNO, "say", text="psst")
    assert [hears(room, who, said) for who in (ANNA, BRUNO, CARLA)] == [False, True, True]
    assert room.safety.unseen == {}
    do(room, ANNA, "mute", avatar="b", on=False)
    (said,) = do(room, BRUNO, "say", text="hello")
    assert hears(room, ANNA, said)
    assert not room.safety.shields


def test_the_hidden_are_not_seen_but_heard_and_know_nothing_of_it():
    room = a_room(ANNA, BRUNO)
    (told,) = do(room, ANNA, "hide", avatar="b", on=True)
    assert told == Shielded(room.rev, "a", [], ["b"], [], ["b"])
    assert room.safety.unseen == {"a": frozenset({BRUNO.index})}
    assert room.safety.state("b") == SafetyState()
    assert hears(room, ANNA, do(room, BRUNO, "say", text="here")[0])
    assert not hears(room, ANNA, do(room, BRUNO, "emote", emote="wave")[0])


def test_a_block_goes_both_ways_and_only_who_blocked_is_named():
    room = a_room(ANNA, BRUNO, CARLA)
    told = do(room, ANNA, "block", avatar="b", on=True)
    assert [(one.to, one.blocked, one.veiled) for one in told] == [
        ("a", ["b"], ["b"]),
        ("b", [], ["a"]),
    ]
    assert room.safety.unseen == {"a": frozenset({1}), "b": frozenset({0})}
    for speaker, listener in ((ANNA, BRUNO), (BRUNO, ANNA)):
        (said,) = do(room, speaker, "say", text="x")
        assert not hears(room, listener, said)
        assert hears(room, CARLA, said)
        with pytest.raises(OutOfReach):
            do(room, speaker, "say", text="psst", to=listener.id)
        with pytest.raises(OutOfReach):
            do(room, speaker, "follow", avatar=listener.id)
    do(room, BRUNO, "block", avatar="a", on=False)  # it was not his
    assert room.safety.unseen
    assert len(do(room, ANNA, "block", avatar="b", on=False)) == 2
    assert room.safety.unseen == {}


def test_a_shield_follows_the_person_to_another_avatar_and_into_another_room():
    room, other = a_room(ANNA, BRUNO, CARLA), a_room()
    other.safety.shields = room.safety.shields
    do(room, ANNA, "block", avatar="b", on=True)
    room.leave("b")
    again = Avatar("b2", 9, "Bruno", "shopper", "#222222")
    (_, *told) = arrive(room, again)
    assert {(one.to, tuple(one.veiled)) for one in told} == {("a", ("b2",)), ("b2", ("a",))}
    assert room.safety.unseen == {"a": frozenset({9}), "b2": frozenset({0})}
    arrive(other, Avatar("b3", 0, "Bruno", "shopper", "#222222"))
    arrive(other, Avatar("a3", 1, "Anna", "shopper", "#111111"))
    assert other.safety.unseen == {"a3": frozenset({0}), "b3": frozenset({1})}
    # Dropped here, the other room learns of it with its next look at the clock.
    do(room, ANNA, "block", avatar="b2", on=False)
    assert {one.to for one in other.expire(at(NOW))} == {"a3", "b3"}
    assert other.safety.unseen == {}
    assert other.expire(at(NOW)) == []


def test_who_just_left_can_still_be_blocked_and_nobody_blocks_themselves_or_a_stranger():
    room = a_room(ANNA, BRUNO)
    room.leave("b")
    do(room, ANNA, "block", avatar="b", on=True)
    assert room.safety.shields.apart("bruno", "anna")
    with pytest.raises(Yourself):
        do(room, ANNA, "block", avatar="a", on=True)
    with pytest.raises(NotHere):
        do(room, ANNA, "mute", avatar="nobody", on=True)


def test_who_watches_may_keep_people_away_too():
    room = a_room(ANNA, BRUNO)
    watcher = Avatar("w", 0, "Wanda", "watcher", "#555555")
    (told,) = do(room, watcher, "mute", avatar="b", on=True)
    assert told.to == "w"
    assert not hears(room, watcher, do(room, BRUNO, "say", text="x")[0])
    do(room, watcher, "hide", avatar="b", on=True)
    assert room.safety.unseen == {"w": frozenset({1})}


def test_shields_outlive_the_room_and_end_with_the_visit():
    room = a_room(ANNA, BRUNO)
    changes = room.changes
    do(room, ANNA, "block", avatar="b", on=True)
    do(room, ANNA, "silence", avatar="b", on=True, seconds=60)
    assert room.changes > changes
    saved = room.kept()
    later = a_room(saved=saved)
    arrive(later, ANNA)
    arrive(later, BRUNO)
    assert later.safety.unseen == room.safety.unseen
    assert later.safety.state("a") == SafetyState([], [], ["b"], ["b"], ["b"])
    ended = later.expire(at(NOW + 61))
    assert [(type(one), one.avatar, one.on) for one in ended] == [(Silenced, "b", False)]
    assert {one.to for one in later.expire(at(NOW + 24 * 3600))} == {"a", "b"}
    assert later.kept()["safety"] == {"shields": [], "silenced": {}}


def test_a_kind_of_shield_that_a_later_version_had_is_left_out():
    saved = {"safety": {"shields": [["freeze", "anna", "bruno", 5e9]], "silenced": {}}}
    assert not a_room(ANNA, saved=saved).safety.shields


def test_the_silenced_call_for_help_and_say_nothing_else():
    room = a_room(ANNA, BRUNO)
    told = do(room, ANNA, "silence", avatar="b", on=True, seconds=60)
    assert told == [Silenced(room.rev, "b", True, int((NOW + 60) * 1000))]
    for event, payload in (("say", {"text": "x"}), ("typing", {"on": True})):
        with pytest.raises(Silent) as silent:
            do(room, BRUNO, event, **payload)
        assert silent.value.facts["retry_after"] == 61
    do(room, BRUNO, "help", on=True)
    do(room, BRUNO, "block", avatar="a", on=True)
    room.leave("b")
    again = arrive(room, BRUNO)
    assert Silenced(again[-1].rev, "b", True, int((NOW + 60) * 1000)) in again
    do(room, ANNA, "silence", avatar="b", on=False)
    do(room, BRUNO, "say", text="thank you")


def test_nobody_silences_people_of_the_house():
    room = a_room(ANNA)
    arrive(room, STEFAN, RoomRole.STAFF)
    with pytest.raises(OfTheHouse):
        do(room, ANNA, "silence", avatar="s", on=True)
    do(room, ANNA, "block", avatar="s", on=True)  # whom one keeps away is one's own affair


def test_shields_are_limited_in_number():
    shields = Shields()
    for number in range(MAX_SHIELDS):
        shields.put(Kind.MUTE, "anna", f"p{number}", 9.0)
    with pytest.raises(TooManyShields):
        shields.put(Kind.MUTE, "anna", "one more", 9.0)
    shields.put(Kind.MUTE, "anna", "p3", 99.0)
    shields.expire(10.0)
    assert [other for _, _, other, _ in shields] == ["p3"]


def test_a_room_remembers_a_bounded_number_of_those_who_left():
    room = a_room(ANNA)
    for number in range(700):
        avatar = Avatar(f"x{number}", 1, f"X{number}", "shopper", "#000000")
        arrive(room, avatar)
        room.leave(avatar.id)
    assert len(room.safety._known) <= 515
    do(room, ANNA, "mute", avatar="x699", on=True)
    with pytest.raises(NotHere):
        do(room, ANNA, "mute", avatar="x0", on=True)


steps = st.lists(
    st.tuples(
        st.sampled_from(["mute", "hide", "block"]),
        st.sampled_from("abc"),
        st.sampled_from("abc"),
        st.booleans(),
    ),
    max_size=12,
)


@given(steps)
def test_veils_agree_with_the_shields_whatever_is_raised_and_dropped(steps):
    avatars = {"a": ANNA, "b": BRUNO, "c": CARLA}
    room = a_room(*avatars.values())
    seen: dict[str, SafetyState] = {id: SafetyState() for id in avatars}
    for event, by, whom, on in steps:
        if by == whom:
            continue
        for told in do(room, avatars[by], event, avatar=whom, on=on):
            assert isinstance(told, Shielded)
            assert room.hidden_from(told)
            assert told.to not in room.hidden_from(told)
            seen[told.to] = SafetyState(told.muted, told.hidden, told.blocked, told.veiled)
    for id, avatar in avatars.items():
        assert seen[id] == room.safety.state(id)
        veiled = frozenset(avatars[other].index for other in seen[id].veiled)
        assert room.safety.unseen.get(id, frozenset()) == veiled
        for other in avatars.values():
            blocked = other.id in seen[id].blocked or id in seen[other.id].blocked
            assert not blocked or avatar.id in seen[other.id].veiled
            said = Said(1, other.id, other.name, "x")
            deaf = blocked or other.id in seen[id].muted
            assert (id in room.safety.hidden_from(said)) == deaf


async def test_nothing_of_the_blocked_reaches_the_other_over_real_sockets(any_house: House):
    anna, bruno, carla = [await any_house.enter(name) for name in ("Anna", "Bruno", "Carla")]
    done = await anna.act("block", avatar=bruno.avatar_id, on=True)
    assert done["blocked"] == done["veiled"] == [bruno.avatar_id]
    told = await bruno.hears("shielded")
    assert (told["blocked"], told["veiled"]) == ([], [anna.avatar_id])
    assert not carla.heard["shielded"]
    start = len(bruno.heard["poses"])
    await anna.stand(2, 2)
    await anna.act("say", text="secret")
    await carla.hears("said", text="secret")
    await carla.sees(anna.index, 2, 2)
    await carla.stand(-1, -1)
    await bruno.sees(carla.index, -1, -1)
    assert not bruno.heard["said"]
    assert all(len(frame) < 40 for frame in bruno.heard["poses"][start:])  # never two avatars
    assert bruno.seen_at(anna.index) != (2, 1.6, 2)
    revs = [data["rev"] for _, data in bruno.order if isinstance(data, dict) and "rev" in data]
    assert revs == list(range(revs[0], revs[0] + len(revs)))


async def test_a_block_holds_when_they_come_with_a_new_avatar(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.act("block", avatar=bruno.avatar_id, on=True)
    await bruno.leave()
    await anna.hears("left", avatar_id=bruno.avatar_id)
    again = await house.enter("Bruno")
    assert again.welcome["safety"]["veiled"] == [anna.avatar_id]
    await eventually(lambda: anna.heard["shielded"][-1]["blocked"] == [again.avatar_id])


@pytest.mark.parametrize(("leader", "follower"), [(ANNA, BRUNO), (BRUNO, ANNA)])
def test_a_block_parts_who_walks_together_in_this_room_and_in_the_others(leader, follower):
    room, other = a_room(ANNA, BRUNO, CARLA), a_room(ANNA, BRUNO, CARLA)
    other.safety.shields = room.safety.shields
    for here in (room, other):
        do(here, follower, "follow", avatar=leader.id)
        do(here, CARLA, "follow", avatar="a")
    told = do(room, ANNA, "block", avatar="b", on=True)
    for here, changes in ((room, told), (other, other.expire(at(NOW)))):
        (parted,) = [one for one in changes if isinstance(one, Followed)]
        assert (parted.by, parted.whom) == (follower.id, None)
        assert here.together.walking.following == {"c": "a"}
    with pytest.raises(OutOfReach):
        do(room, follower, "follow", avatar=leader.id)


@pytest.mark.parametrize("kind", ["mute", "hide", "block"])
def test_the_holder_hears_no_wish_of_who_is_kept_away(kind: str):
    room = a_room(ANNA, BRUNO, CARLA)
    do(room, ANNA, kind, avatar="b", on=True)
    do(room, ANNA, "grab", object="lamp")
    wishes = {}
    for who in (BRUNO, CARLA):
        person = Person(who.name.lower(), who.name, Role.SHOPPER)
        moment = Moment(room, who.id, person, RoomRole.SHOPPER, at(NOW))
        message: Up = read_message("grab", {"object": "lamp"})
        outcome: Any = ACTS[type(message)].run(moment, message)
        assert outcome.refused.type == "already-held"
        wishes[who.id] = [whisper.to for whisper in outcome.whispers]
    assert wishes == {"b": [], "c": ["a"]}


async def test_that_somebody_writes_is_kept_from_who_does_not_hear_them(house: House):
    anna, bruno, carla = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]
    await anna.act("mute", avatar=bruno.avatar_id, on=True)
    await bruno.act("typing", on=True)
    await carla.hears("typing", by=bruno.avatar_id)
    await carla.act("typing", on=True)
    await anna.hears("typing", by=carla.avatar_id)
    assert [sign["by"] for sign in anna.heard["typing"]] == [carla.avatar_id]


async def test_who_is_let_in_again_is_seen_where_they_stand(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.sees(bruno.index, 1, 3)
    await anna.act("hide", avatar=bruno.avatar_id, on=True)
    await bruno.stand(2, 2)
    await bruno.act("say", text="moved")
    await anna.hears("said", text="moved")
    assert anna.seen_at(bruno.index) != (2, 1.6, 2)
    await anna.act("hide", avatar=bruno.avatar_id, on=False)
    await anna.sees(bruno.index, 2, 2)  # and Bruno has not moved since
