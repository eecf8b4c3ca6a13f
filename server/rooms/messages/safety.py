"""Keeping others at a distance, and calling for help against them."""

from msgspec import Struct

from server.rooms.messages.base import Down, Up


class SafetyState(Struct, frozen=True):
    """Whom a newcomer does not want to see or hear, and who must be silent."""


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = ()
