"""Calls: who takes part, and how their browsers find each other."""

from msgspec import Struct

from server.rooms.messages.base import Down, Up


class VoiceState(Struct, frozen=True):
    """Who is in the call when a newcomer arrives."""


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = ()
