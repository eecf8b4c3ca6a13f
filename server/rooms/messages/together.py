"""Who is here, and what they say to each other."""

from typing import Annotated

from msgspec import Meta, Struct

from server.rooms.messages.base import MAX_TEXT, Change, Down, Up

# ---- up ----


class Say(Up, frozen=True, tag="say"):
    """Say something to the whole room."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]


# ---- down ----


class Avatar(Struct, frozen=True):
    """Somebody present. `index` names them in pose frames."""

    id: str
    index: int
    name: str
    role: str
    color: str  # #rrggbb


class TogetherState(Struct, frozen=True):
    """What a newcomer must know of those present beyond their avatars."""


class Said(Change, frozen=True, tag="said"):
    by: str
    name: str
    text: str


UP: tuple[type[Up], ...] = (Say,)
DOWN: tuple[type[Down], ...] = (Said,)
