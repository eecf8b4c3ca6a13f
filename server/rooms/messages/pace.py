"""How often poses come, and what time it is at the server."""

from msgspec import Struct

from server.rooms.messages.base import Down, Up


class PaceState(Struct, frozen=True):
    """How often a newcomer is told of poses, and may tell of its own."""


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = ()
