"""How callers reach each other: relays, and a server for large calls."""

from datetime import UTC, datetime

import jwt
import pytest
from livekit import api as livekit_api

from server.rooms.livekit import LiveKit, NotConfigured
from server.rooms.messages.voice import SetCall
from server.rooms.turn import credentials
from tests.server.rooms.callers import NOW, call_service, crowd, moment
from tests.server.rooms.house import ANNA, a_room

KEY, SECRET = "key", "0123456789abcdef0123456789abcdef"
LIVEKIT = LiveKit("wss://voice.example", KEY, SECRET)


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
