"""What everybody in a room must know of the occasion that takes place there."""

from msgspec import Struct

from server.rooms.messages.base import Change, Down, Up


class OccasionState(Struct, frozen=True):
    """An occasion, as the room knows it."""

    id: str
    title: dict[str, str]  # by language
    status: str  # of occasions/occasion.py
    recorded: bool  # what is said to everybody and done is being kept for replay


class Announced(Change, frozen=True, tag="announced"):
    """An occasion opened, started or ended here; None: it is over and forgotten."""

    occasion: OccasionState | None


UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = (Announced,)
