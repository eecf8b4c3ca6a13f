"""Who takes part in the room's call, and who speaks in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import VitrineError
from server.rooms.company import NotPresent
from server.rooms.messages import Change
from server.rooms.messages.occasions import OccasionState
from server.rooms.messages.voice import CallChanged, SetCall, Staged, Voiced
from server.rooms.role import RoomRole
from server.rooms.voice import MAX_STAGE, NotInCall, NotOnStage, StageFull, VoiceFull
from tests.server.rooms.callers import CARLA, call_service, crowd, moment
from tests.server.rooms.house import ANNA, BRUNO, House, a_room, arrive

# ---- the call ----


def test_nobody_is_in_the_call_and_no_microphone_is_open_at_entry():
    room = a_room(ANNA, BRUNO)
    state = room.voice.state("a")
    assert (state.mode, state.call, state.mics) == ("off", [], [])
    room.voice.call("a", True, 6, False)
    assert room.voice.state("b").call == ["a"]
    assert room.voice.state("b").mics == []


def test_whoever_comes_calls_those_who_were_there():
    room = a_room(ANNA, BRUNO, CARLA)
    calls = call_service()
    first = calls.call(moment(room, ANNA), SetCall(True))
    second = calls.call(moment(room, BRUNO), SetCall(True))
    assert first.done.peers == []
    assert second.done.peers == ["a"]
    assert second.changes == [CallChanged(room.rev, "b", True, "mesh")]
    again = calls.call(moment(room, BRUNO), SetCall(True))
    assert (again.changes, again.done.peers) == ([], ["a"])


def test_a_microphone_is_told_once_and_ends_with_the_call():
    room = a_room(ANNA)
    with pytest.raises(NotInCall):
        room.voice.mic("a", True)
    room.voice.call("a", True, 6, False)
    assert room.voice.mic("a", True) == [Voiced(room.rev, "a", True)]
    assert room.voice.mic("a", True) == []
    assert room.voice.call("a", False, 6, False) == [CallChanged(room.rev, "a", False, "off")]
    room.voice.call("a", True, 6, False)
    assert room.voice.state("x").mics == []


def test_whoever_leaves_the_room_leaves_the_call():
    room = a_room(ANNA, BRUNO)
    room.voice.call("a", True, 6, False)
    changes = room.leave("a")
    assert CallChanged(changes[0].rev, "a", False, "off") == changes[0]
    assert room.voice.state("b").call == []


def test_without_livekit_the_seventh_is_told_that_the_call_is_full():
    room, people = crowd(7)
    for avatar in people[:6]:
        room.voice.call(avatar.id, True, 6, False)
    rev = room.rev
    with pytest.raises(VoiceFull, match="6 people"):
        room.voice.call("p6", True, 6, False)
    assert (room.rev, len(room.voice.in_call)) == (rev, 6)


def test_whoever_is_not_present_cannot_call():
    with pytest.raises(NotPresent):
        a_room().voice.call("a", True, 6, False)


async def test_whoever_lost_the_line_is_out_of_the_call(house: House):
    anna = await house.enter("Anna")
    live = next(house.hub.rooms())
    live.room.voice.call(anna.avatar_id, True, 6, False)
    await anna.leave()
    bruno = await house.enter("Bruno")
    assert bruno.welcome["voice"] == {
        "mode": "off",
        "call": [],
        "mics": [],
        "stage": [],
        "occasion": None,
    }


class Calls:
    """What hypothesis may do to a call, and what must stay true."""

    EVENTS = st.lists(
        st.tuples(
            st.integers(0, 8),
            st.sampled_from(["on", "off", "open", "shut", "leave", "join", "stage", "unstage"]),
        ),
        max_size=60,
    )


@given(Calls.EVENTS, st.booleans(), st.booleans())
def test_whatever_happens_only_those_present_talk(events, livekit, stage_speaks):
    room, people = crowd(9)
    room.voice.announce(OccasionState("o", {}, "live", False), stage_speaks)
    told = room.rev
    for number, what in events:
        avatar = people[number]
        changes: list[Change] = []
        try:
            match what:
                case "on" | "off":
                    changes = room.voice.call(avatar.id, what == "on", 4, livekit)
                case "open" | "shut":
                    changes = room.voice.mic(avatar.id, what == "open")
                case "stage" | "unstage":
                    changes = room.voice.put_on_stage(avatar.id, what == "stage")
                case "leave":
                    changes = room.leave(avatar.id)
                case "join":
                    changes = arrive(room, avatar)
        except VitrineError:
            assert room.rev == told
        assert [change.rev for change in changes] == list(range(told + 1, room.rev + 1))
        told = room.rev
        voice = room.voice
        assert voice.in_call.keys() <= room.company.avatars.keys()
        assert livekit or len(voice.in_call) <= 4
        assert (voice.mode == "off") == (not voice.in_call)
        if stage_speaks:
            assert {who for who, on in voice.in_call.items() if on} <= set(voice.stage)
        assert len(voice.stars) == len(voice.stage)


# ---- the stage ----


def test_while_the_stage_speaks_others_listen():
    room = a_room(ANNA, BRUNO)
    arrive(room, CARLA, RoomRole.STAFF)
    for who in ("a", "b", "c"):
        room.voice.call(who, True, 6, False)
        room.voice.mic(who, True)
    room.voice.put_on_stage("b", True)
    room.voice.announce(OccasionState("o", {"en": "Opening"}, "live", True), True)
    assert room.voice.state("x").mics == ["b", "c"]  # the stage, and the house
    with pytest.raises(NotOnStage):
        room.voice.mic("a", True)
    changes = room.voice.put_on_stage("b", False)
    assert [type(change) for change in changes] == [Staged, Voiced]
    room.voice.announce(None, False)
    assert room.voice.mic("a", True)


def test_whoever_comes_back_is_on_the_stage_again():
    room = a_room(ANNA)
    room.voice.put_on_stage("a", True)
    assert room.voice.stars == {0}
    room.leave("a")
    assert (room.voice.stars, room.voice.state("x").stage) == (frozenset(), [])
    assert Staged(room.rev + 2, "a", True) in arrive(room, ANNA)


def test_a_stage_has_room_for_so_many_and_keeps_no_place_for_long():
    room, people = crowd(MAX_STAGE + 1)
    for avatar in people[:-1]:
        room.voice.put_on_stage(avatar.id, True)
    with pytest.raises(StageFull):
        room.voice.put_on_stage(people[-1].id, True)
    room.leave(people[0].id)
    assert room.voice.put_on_stage(people[-1].id, True)
    assert len(arrive(room, people[0])) == 1  # their place is another's
    assert len(room.voice.stage) == MAX_STAGE
