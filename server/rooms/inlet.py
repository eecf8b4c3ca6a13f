"""Where one connection's poses go."""

from typing import Protocol

from server.rooms.compiled import native
from server.rooms.places import Places
from server.rooms.pose import BadPose


class Owner(Protocol):
    """Whose poses they are."""

    def more(self) -> float:
        """Poses it may send now without another look at the clock; 0, when that is none."""
        ...

    def first(self) -> None:
        """It is the first that moved since its room's last frame."""
        ...

    def complain(self, error: BadPose) -> None:
        """It sent something that is no pose."""
        ...


class Inlet:
    """Called with each pose. native.pyx has the same, compiled."""

    __slots__ = ("_index", "_owner", "_places", "allowed")

    def __init__(self, places: Places, index: int | None, owner: Owner) -> None:
        self.allowed = 0.0  # poses without a look at the clock
        self._places = places
        self._index = index
        self._owner = owner

    def __call__(self, data: bytes) -> None:
        """The hot path: must not raise, whatever it is given."""
        self.allowed -= 1
        if self.allowed < 0:
            self.allowed = self._owner.more() - 1
            if self.allowed < 0:
                self.allowed = 0
                return
        try:
            if self._places.take(self._index, data):
                self._owner.first()
        except BadPose as error:
            self._owner.complain(error)


def inlet(places: Places, index: int | None, owner: Owner) -> Inlet:
    """Of a new connection."""
    return native.Inlet(places, index, owner) if native else Inlet(places, index, owner)
