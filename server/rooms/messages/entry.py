"""Coming, coming back and going."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from server.rooms.messages.base import Change, Done, Down, Up
from server.rooms.messages.doors import DoorState
from server.rooms.messages.objects import DisplayState, ObjectState
from server.rooms.messages.pace import PaceState
from server.rooms.messages.safety import SafetyState
from server.rooms.messages.together import FIGURES, Avatar, TogetherState
from server.rooms.messages.voice import VoiceState


class Auth(Struct, frozen=True):
    """The CONNECT packet's payload: one of the two."""

    ticket: str | None = None  # from POST /api/showrooms/{id}/join
    resume: str | None = None  # from the last welcome, or resumed
    rev: int | None = None  # with `resume`: of the last change that one has heard
    epoch: str | None = None  # and of the welcome it counts from


class Sync(Up, frozen=True, tag="sync"):
    """Ask again for the changes after `rev`; what there are follows, each under its own name."""

    rev: Annotated[int, Meta(ge=0)]
    epoch: Annotated[str, Meta(max_length=64)]


class Synced(Done, frozen=True, kw_only=True):
    """Answers sync. Not `replayed`: too long ago; connect again with `resume` alone."""

    replayed: bool


class Leave(Up, frozen=True, tag="leave"):
    """Go for good: what one holds is let go, the seat or the place in the line is free at once, and
    the resume token opens nothing any more. Disconnect after the acknowledgement."""


class You(Struct, frozen=True):
    avatar_id: str
    index: int | None  # in pose frames; None without an avatar
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
    resume: str  # brings the same avatar back within 30 s, unless it said `leave`
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


class Resumed(Down, frozen=True, tag="resumed"):
    """Instead of a welcome, to who comes back knowing the room as it was at `from_rev`. The changes
    up to `to_rev` follow; what is no change, but one's own, is in here."""

    room: str
    epoch: str
    from_rev: int
    to_rev: int
    you: You
    server_time: float  # milliseconds since 1970
    resume: str
    cart: dict[str, Any]
    safety: SafetyState = SafetyState()
    pace: PaceState = PaceState()
    door: DoorState = DoorState()


class Joined(Change, frozen=True, tag="joined"):
    avatar: Avatar


class Left(Change, frozen=True, tag="left"):
    avatar_id: str


UP: tuple[type[Up], ...] = (Sync, Leave)
DOWN: tuple[type[Down], ...] = (Welcome, Resumed, Joined, Left)
