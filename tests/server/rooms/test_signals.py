"""Signals of a call: to the one they are for, and to nobody else."""

import itertools
from typing import Any

import pytest

from server.errors import VitrineError
from server.rooms.acts import ACTS
from server.rooms.messages import Avatar, read_message
from server.rooms.messages.voice import MAX_SIGNAL, SetCall, Signal
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.voice import NotInCall
from tests.server.rooms.callers import CARLA, call_service, moment
from tests.server.rooms.house import ANNA, BRUNO, a_room, opened


def signal(room: Room, by: Avatar, to: str, kind: str = "offer", data: str = "sdp") -> Any:
    message = read_message("signal", {"to": to, "kind": kind, "data": data})
    return ACTS[Signal].run(moment(room, by), message)


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
