"""People in the room's call, and who tells them how to reach each other."""

from datetime import UTC, datetime
from typing import Any

from server.auth import Person, Role
from server.rooms.acts import Moment
from server.rooms.calls import CallService
from server.rooms.livekit import LiveKit
from server.rooms.messages import Avatar
from server.rooms.role import RoomRole
from server.rooms.room import Room
from tests.server.rooms.house import a_room, at

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CARLA = Avatar("c", 2, "Carla", "staff", "#333333")
NO_LIVEKIT = LiveKit("", "", "")


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
