"""Keeping others at a distance, and calling for help against them."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from server.rooms.messages.base import MAX_TEXT, Change, Done, Down, Id, Up

MAX_SILENCE_SECONDS = 86_400
MAX_BAN_MINUTES = 1_440

Why = Literal["harassment", "hate", "sexual", "violence", "spam", "impersonation", "other"]

# ---- up ----


class Mute(Up, frozen=True, tag="mute"):
    """Hear nothing more of somebody, or again; only oneself knows."""

    avatar: Id
    on: bool


class Hide(Up, frozen=True, tag="hide"):
    """See nothing more of somebody, or again; only oneself knows."""

    avatar: Id
    on: bool


class Block(Up, frozen=True, tag="block"):
    """Neither sees nor hears the other from now on, in every room."""

    avatar: Id
    on: bool


class Silence(Up, frozen=True, tag="silence"):
    """Nobody hears somebody for a while."""

    avatar: Id
    on: bool
    seconds: Annotated[int, Meta(ge=10, le=MAX_SILENCE_SECONDS)] = 600


class Kick(Up, frozen=True, tag="kick"):
    """Send somebody out of the showroom, and keep them out for a while."""

    avatar: Id
    minutes: Annotated[int, Meta(ge=0, le=MAX_BAN_MINUTES)] | None = None  # None: as the house does
    reason: Annotated[str, Meta(max_length=200)] = ""  # told to them


class Accuse(Up, frozen=True, tag="report"):
    """Show the house what somebody did, also when they have just left."""

    avatar: Id
    reason: Why
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""


# ---- acknowledgements and state ----


class Kept(Done, frozen=True, kw_only=True):
    """Answers mute, hide and block: avatars in this room that one has chosen to keep away.

    `veiled` are all who are not to be drawn: hidden, blocked, or blocking.
    """

    muted: list[str]
    hidden: list[str]
    blocked: list[str]
    veiled: list[str]


class Reported(Done, frozen=True, kw_only=True):
    """Answers report: what was handed in, as the reporter saw it."""

    report: str  # GET /api/reports/{report} shows it again
    evidence: list[dict[str, Any]]  # `{told_at, event, …}`, oldest first


class SafetyState(Struct, frozen=True):
    """Whom a newcomer does not want to see or hear, and who must be silent."""

    muted: list[str] = []
    hidden: list[str] = []
    blocked: list[str] = []
    veiled: list[str] = []
    silenced: list[str] = []


# ---- down ----


class Shielded(Change, frozen=True, tag="shielded"):
    """For `to` alone: these lists replace the former ones."""

    to: str
    muted: list[str]
    hidden: list[str]
    blocked: list[str]
    veiled: list[str]


class Silenced(Change, frozen=True, tag="silenced"):
    avatar: str
    on: bool
    until: int | None = None  # milliseconds since 1970


UP: tuple[type[Up], ...] = (Mute, Hide, Block, Silence, Kick, Accuse)
DOWN: tuple[type[Down], ...] = (Shielded, Silenced)
