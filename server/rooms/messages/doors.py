"""Who may come in, who watches, and who waits."""

from msgspec import Struct

from server.rooms.messages.base import Down, Up


class DoorState(Struct, frozen=True):
    """How many are here, watch and wait."""


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = ()
