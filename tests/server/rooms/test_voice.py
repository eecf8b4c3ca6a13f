"""Calls: who is in, who may tell whom what, and how large ones are carried."""

import itertools
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit import api as livekit_api

from server.auth import Person, Role
from server.errors import VitrineError
from server.rooms.acts import ACTS, Moment
from server.rooms.calls import CallService
from server.rooms.company import NotPresent
from server.rooms.livekit import LiveKit, NotConfigured
from server.rooms.messages import Avatar, Change, read_message
from server.rooms.messages.occasions import OccasionState
from server.rooms.messages.voice import MAX_SIGNAL, CallChanged, SetCall, Signal, Staged, Voiced
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.turn import credentials
from server.rooms.voice import MAX_STAGE, NotInCall, NotOnStage, StageFull, VoiceFull
from tests.server.rooms.house import ANNA, BRUNO, House, a_room, arrive, at, opened

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CARLA = Avatar("c", 2, "Carla", "staff", "#333333")
KEY, SECRET = "key", "0123456789abcdef0123456789abcdef"
NO_LIVEKIT = LiveKit("", "", "")
LIVEKIT = LiveKit("wss://voice.example", KEY, SECRET)


def call_service(**changes: Any) -> CallService:
    known = {
        "clock": lambda: NOW,
        "stun_urls": "stun:a.example:3478, stun:b.example",
        "turn_urls": "turn:relay.example?transport=udp",
        "turn_secret": "north",
        "turn_seconds": 3600,
        "livekit": NO_LIVEKIT,
        "voice_mesh": 6,
    }
    return CallService(**{**known, **changes})


def moment(room: Room, avatar: Avatar) -> Moment:
    role = room.company.roles.get(avatar.id, RoomRole.SHOPPER)
    person = Person(avatar.name.lower(), avatar.name, Role.SHOPPER)
    return Moment(room, avatar.id, person, role, at(NOW.timestamp()))


def crowd(count: int) -> tuple[Room, list[Avatar]]:
    people = [Avatar(f"p{n}", n, f"P{n}", "shopper", "#111111") for n in range(count)]
    return a_room(*people), people


def signal(room: Room, by: Avatar, to: str, kind: str = "offer", data: str = "sdp") -> Any:
    message = read_message("signal", {"to": to, "kind": kind, "data": data})
    return ACTS[Signal].run(moment(room, by), message)


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


def test_with_livekit_a_seventh_moves_the_call_and_it_stays_there_until_it_is_over():
    room, people = crowd(7)
    calls = call_service(livekit=LIVEKIT)
    answers = [calls.call(moment(room, avatar), SetCall(True)).done for avatar in people]
    assert [answer.mode for answer in answers] == ["mesh"] * 6 + ["livekit"]
    assert answers[5].livekit is None
    assert (answers[6].peers, answers[6].ice) == ([], [])
    moved = calls.call(moment(room, people[0]), SetCall(True)).done  # told of the mode, asks again
    assert moved.livekit is not None
    for avatar in people[1:]:
        room.voice.call(avatar.id, False, 6, True)
    assert room.voice.mode == "livekit"
    assert room.voice.call("p0", False, 6, True)[0].mode == "off"


def test_whoever_is_not_present_cannot_call():
    with pytest.raises(NotPresent):
        a_room().voice.call("a", True, 6, False)


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


# ---- signals ----


def test_a_signal_goes_to_the_one_it_is_for():
    room = a_room(ANNA, BRUNO)
    for who in ("a", "b"):
        room.voice.call(who, True, 6, False)
    rev = room.rev
    outcome = signal(room, ANNA, "b")
    (whisper,) = outcome.whispers
    assert whisper.to == "b"
    assert (whisper.message.by, whisper.message.kind, whisper.message.data) == ("a", "offer", "sdp")
    assert (outcome.changes, room.rev) == ((), rev)


@pytest.mark.parametrize("out", ["sender", "receiver", "left", "stranger", "oneself", "unseen"])
def test_a_signal_goes_nowhere_else(out):
    room = a_room(ANNA, BRUNO)
    to = "b"
    for who in ("a", "b"):
        room.voice.call(who, True, 6, False)
    match out:
        case "sender":
            room.voice.call("a", False, 6, False)
        case "receiver":
            room.voice.call("b", False, 6, False)
        case "left":
            room.leave("b")
        case "stranger":
            to = "somebody of another room"
        case "oneself":
            to = "a"
        case "unseen":
            room.safety.unseen = {"b": frozenset({ANNA.index})}
    with pytest.raises(NotInCall):
        signal(room, ANNA, to)


def test_those_kept_apart_are_not_told_to_call_each_other():
    room = a_room(ANNA, BRUNO, CARLA)
    room.safety.unseen = {"a": frozenset({BRUNO.index})}
    calls = call_service()
    for avatar in (ANNA, BRUNO):
        calls.call(moment(room, avatar), SetCall(True))
    assert calls.call(moment(room, BRUNO), SetCall(True)).done.peers == []
    assert calls.call(moment(room, ANNA), SetCall(True)).done.peers == []
    assert calls.call(moment(room, CARLA), SetCall(True)).done.peers == ["a", "b"]


def test_who_only_watches_may_do_none_of_it():
    for event in ("mic", "signal", "stage"):
        kind = type(read_message(event, SAMPLES[event]))
        assert RoomRole.WATCHER not in ACTS[kind].roles
    assert RoomRole.WATCHER not in call_service().acts()[SetCall].roles


SAMPLES = {
    "call": {"on": True},
    "mic": {"on": True},
    "signal": {"to": "b", "kind": "bye"},
    "stage": {"avatar": "b", "on": True},
}


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ("call", {}),
        ("mic", {"on": "yes"}),
        ("signal", {"to": "b", "kind": "shout"}),
        ("signal", {"to": "", "kind": "offer"}),
        ("signal", {"to": "b", "kind": "offer", "data": "x" * (MAX_SIGNAL + 1)}),
        ("stage", {"avatar": None, "on": True}),
    ],
)
def test_a_message_that_is_wrong_is_refused(event, wrong):
    with pytest.raises(VitrineError):
        read_message(event, wrong)


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


# ---- relays ----


def test_turn_credentials_are_coturns():
    """The expected password was computed by `openssl dgst -sha1 -hmac north -binary | base64`."""
    made = credentials("north", "avatar-1", 1_700_000_000.9, 3600)
    assert made.username == "1700003600:9d8b2d4d93280dc0"
    assert made.credential == "ioHv2CRNvt8wR/ECmVCSwSL47wo="
    assert "avatar-1" not in "".join(made)
    assert credentials("north", "avatar-2", 1_700_000_000, 3600) != made


def test_a_caller_learns_where_the_relays_are():
    room = a_room(ANNA)
    stun, turn = call_service().call(moment(room, ANNA), SetCall(True)).done.ice
    assert stun.urls == ["stun:a.example:3478", "stun:b.example"]
    assert (stun.username, stun.credential) == ("", "")
    assert turn.urls == ["turn:relay.example?transport=udp"]
    assert turn.username.startswith(f"{int(NOW.timestamp()) + 3600}:")
    nothing = call_service(stun_urls="", turn_secret="")
    assert nothing.call(moment(room, ANNA), SetCall(True)).done.ice == []


def test_a_livekit_pass_opens_one_room_for_one_avatar():
    now = datetime.now(UTC)
    made = LIVEKIT.admit("demo-1", "avatar-1", True, now)
    claims = jwt.decode(made.token, SECRET, algorithms=["HS256"], options={"verify_aud": False})
    assert (claims["sub"], claims["iss"]) == ("avatar-1", KEY)
    assert claims["video"]["room"] == "vitrine-demo-1"
    assert claims["video"]["canPublishSources"] == ["microphone"]
    verified = livekit_api.TokenVerifier(KEY, SECRET).verify(made.token)
    assert verified.video is not None
    assert (verified.identity, verified.video.room_join) == ("avatar-1", True)
    assert not verified.video.can_publish_data
    quiet = livekit_api.TokenVerifier(KEY, SECRET).verify(
        LIVEKIT.admit("demo-1", "b", False, now).token
    )
    assert quiet.video is not None
    assert not quiet.video.can_publish


def test_without_the_package_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "livekit", None)
    with pytest.raises(NotConfigured, match="livekit-api"):
        LIVEKIT.admit("demo-1", "a", True, NOW)
    room = a_room(ANNA)
    with pytest.raises(NotConfigured):
        call_service(livekit=LIVEKIT).call(moment(room, ANNA), SetCall(True))
    assert room.voice.mode == "off"


# ---- over sockets ----


async def test_two_people_find_each_other_over_real_sockets_and_a_third_hears_nothing(open_store):
    calls = call_service()
    async with opened(await open_store(), {"later": calls.acts()}) as house:
        anna, bruno, carla = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]
        assert anna.welcome["voice"]["call"] == []
        assert (await anna.act("call", on=True))["mode"] == "mesh"
        answer = await bruno.act("call", on=True)
        assert answer["peers"] == [anna.avatar_id]
        assert answer["ice"][1]["username"]
        sdp = "v=0\r\n" + "a" * 8000
        assert (await bruno.act("signal", to=anna.avatar_id, kind="offer", data=sdp))["ok"]
        assert await anna.hears("signalled") == {
            "by": bruno.avatar_id,
            "kind": "offer",
            "data": sdp,
        }
        refused = await carla.act("signal", to=anna.avatar_id, kind="offer", data=sdp)
        assert refused["error"]["type"] == "not-in-call"
        assert (await bruno.act("stage", avatar=bruno.avatar_id, on=True))["error"]["status"] == 403
        await bruno.act("mic", on=True)
        await carla.hears("voiced", by=bruno.avatar_id, on=True)
        await bruno.leave()
        await carla.hears("called", by=bruno.avatar_id, on=False)
        assert carla.heard["signalled"] == []
        assert len(anna.heard["signalled"]) == 1


async def test_somebody_who_stopped_reading_is_not_hurt_by_a_call_that_fills(open_store):
    """Six browsers' descriptions and candidates, all within a moment."""
    async with opened(await open_store(), {"later": call_service().acts()}) as house:
        people = [await house.enter(f"P{n}") for n in range(6)]
        for person in people:
            await person.act("call", on=True)
        for one, other in itertools.permutations(people, 2):
            kinds = [("offer", "s" * 6000)] + [("candidate", "c" * 200)] * 4
            for kind, data in kinds:
                answer = await one.act("signal", to=other.avatar_id, kind=kind, data=data)
                assert answer["ok"], answer
        for person in people:
            await person.until(lambda person=person: len(person.heard["signalled"]) == 25)


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
