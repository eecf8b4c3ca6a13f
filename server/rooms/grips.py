"""Who holds what, and for how long: a grab is a lease. And what may not be done with a thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.errors import Conflict, Forbidden, Unprocessable
from server.rooms.placement import Placement

LEASE_SECONDS: Final = 3.0  # a grab ends this long after the last move
LEASE_MS: Final = int(LEASE_SECONDS * 1000)


class NotForTaking(Forbidden):
    type = "not-for-taking"
    title = "This object stays where it is"
    detail = "`{object}` can be looked at, not taken."


class Pinned(Forbidden):
    type = "pinned"
    title = "This object is pinned"
    detail = "`{object}` stays where it is until staff or a designer unpins it."


class AlreadyHeld(Conflict):
    type = "already-held"
    title = "Somebody holds this"
    detail = "`{object}` is held by {name}."


class NotHeld(Conflict):
    type = "not-held"
    title = "You do not hold this"
    detail = "Grab `{object}` first; a grab lapses after {lease_seconds} s without a move."


class UnknownVariant(Unprocessable):
    type = "unknown-variant"
    title = "This product has no such variant"
    detail = "`{object}` comes in: {known}; not in `{variant}`."


class NotForTurning(Forbidden):
    type = "not-for-turning"
    title = "This object cannot be turned"
    detail = "`{object}` can be looked at from one side only."


class GoesHome(Forbidden):
    type = "goes-home"
    title = "This object goes back to its place"
    detail = "`{object}` returns as soon as it is let go; grab it to look at it closely."


@dataclass(frozen=True, slots=True)
class Grip:
    """Who holds an object, until when (seconds of the steady clock) unless it moves.

    `origin` is where it was taken from: it goes back there when its holder is gone, instead of
    hanging in the air where a hand last was. `asked` are those whose wish the holder has heard of.
    """

    by: str
    until: float
    hands: frozenset[str]
    origin: Placement
    asked: frozenset[str] = frozenset()

    @property
    def hand(self) -> str:
        """The one to show it in; of two the right."""
        return max(self.hands)


def holding(grips: Mapping[str, Grip], object: str, avatar_id: str, now: float) -> Grip:
    """Their grip on it. Raises NotHeld, also when it has lapsed and was not swept yet."""
    grip = grips.get(object)
    if grip is None or grip.by != avatar_id or grip.until <= now:
        raise NotHeld(object=object, lease_seconds=LEASE_SECONDS)
    return grip
