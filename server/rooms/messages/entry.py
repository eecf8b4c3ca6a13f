"""Coming, coming back and going."""

from typing import Any

from msgspec import Struct

from server.rooms.messages.base import Change, Down, Up
from server.rooms.messages.doors import DoorState
from server.rooms.messages.objects import DisplayState, ObjectState
from server.rooms.messages.pace import PaceState
from server.rooms.messages.safety import SafetyState
from server.rooms.messages.together import FIGURES, Avatar, TogetherState
from server.rooms.messages.voice import VoiceState


class Auth(Struct, frozen=True):
    """The CONNECT packet's payload: one of the two."""

    ticket: str | None = None  # from POST /api/showrooms/{id}/join
    resume: str | None = None  # from the last welcome


class You(Struct, frozen=True):
    avatar_id: str
    index: int
    name: str
    role: str
    color: str
    figure: str = FIGURES[0]


class Box(Struct, frozen=True):
    min: tuple[float, float, float]
    max: tuple[float, float, float]


class Welcome(Down, frozen=True, tag="welcome"):
    """The room as it is at `rev`; comes right after CONNECT."""

    room: str
    rev: int
    you: You
    bounds: Box
    tick_hz: float
    server_time: float  # milliseconds since 1970
    resume: str  # brings the same avatar back within 30 s
    avatars: list[Avatar]
    objects: list[ObjectState]
    cart: dict[str, Any]
    epoch: str = ""  # revisions of two epochs cannot be compared: the room was closed between them
    display: DisplayState = DisplayState()
    together: TogetherState = TogetherState()
    safety: SafetyState = SafetyState()
    voice: VoiceState = VoiceState()
    pace: PaceState = PaceState()
    door: DoorState = DoorState()


class Joined(Change, frozen=True, tag="joined"):
    avatar: Avatar


class Left(Change, frozen=True, tag="left"):
    avatar_id: str


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = (Welcome, Joined, Left)
