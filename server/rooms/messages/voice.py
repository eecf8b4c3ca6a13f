"""Calls: who takes part, and how their browsers find each other."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from server.rooms.messages.base import Change, Done, Down, Id, Up
from server.rooms.messages.occasions import OccasionState

MAX_SIGNAL: Final = 16_384  # characters: a session description is 3 to 8 thousand

# How voices travel: browser to browser, through a LiveKit server, or there is no call.
Mode = Literal["mesh", "livekit", "off"]
SignalKind = Literal["offer", "answer", "candidate", "bye"]

# ---- up ----


class SetCall(Up, frozen=True, tag="call"):
    """Take part in the room's call, or not any more. Asked again, it answers again."""

    on: bool


class SetMic(Up, frozen=True, tag="mic"):
    """One's microphone is open, or shut."""

    on: bool


class Signal(Up, frozen=True, tag="signal"):
    """What one browser has to tell another, so that they can connect; the room does not read it."""

    to: Id  # avatar
    kind: SignalKind
    data: Annotated[str, Meta(max_length=MAX_SIGNAL)] = ""


class SetStage(Up, frozen=True, tag="stage"):
    """Have somebody on the stage, or not any more."""

    avatar: Id
    on: bool


# ---- acknowledgements ----


class IceServer(Struct, frozen=True, omit_defaults=True):
    """As RTCPeerConnection takes it."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class LiveKitPass(Struct, frozen=True):
    """Connect to `url` with `token`, before `expires_at` (RFC 3339)."""

    url: str
    token: str
    expires_at: str


class CallJoined(Done, frozen=True, kw_only=True):
    """Answers call. `peers` are whom one calls: those who were in the call before."""

    mode: Mode
    peers: list[str]
    ice: list[IceServer]
    livekit: LiveKitPass | None = None


# ---- down ----


class VoiceState(Struct, frozen=True):
    """Who is in the call when a newcomer arrives; the newcomer is not."""

    mode: Mode = "off"
    call: list[str] = []  # avatars
    mics: list[str] = []  # of them, whose microphone is open
    stage: list[str] = []  # avatars
    occasion: OccasionState | None = None


class CallChanged(Change, frozen=True, tag="called"):
    """Somebody came into the call, or left it. When `mode` is another one than before, everybody
    in the call asks `call {on: true}` again."""

    by: str
    on: bool
    mode: Mode


class Voiced(Change, frozen=True, tag="voiced"):
    """A microphone was opened or shut."""

    by: str
    on: bool


class Staged(Change, frozen=True, tag="staged"):
    avatar: str
    on: bool


class Signalled(Down, frozen=True, tag="signalled"):
    """A whisper: what another browser has to tell."""

    by: str
    kind: SignalKind
    data: str


UP: tuple[type[Up], ...] = (SetCall, SetMic, Signal, SetStage)
DOWN: tuple[type[Down], ...] = (CallChanged, Voiced, Staged, Signalled)
