"""What people show each other: the light on a piece, an open hotspot, a pointing hand."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from server.errors import NotFound, Unprocessable
from server.rooms.company import Company
from server.rooms.messages import Change
from server.rooms.messages.objects import Lit, Pointed, Pointing, Shown, Target, Vector
from server.rooms.placement import rounded
from server.rooms.spacing import Spacing

POINT_SECONDS: Final = 0.2  # between two targets of one pointing hand


class UnknownObject(NotFound):
    type = "unknown-object"
    title = "There is no such object in this room"
    detail = "`{object}` is not on display here."


class UnknownHotspot(NotFound):
    type = "unknown-hotspot"
    title = "This object has no such hotspot"
    detail = "`{object}` has the hotspots: {known}; not `{hotspot}`."


class UnclearTarget(Unprocessable):
    type = "unclear-target"
    title = "Point at one thing"
    detail = "Give `at` either an `object` or a `position`, or send null to stop."


class Showing:
    """Of the objects with these ids and their hotspots. Only the light is kept."""

    def __init__(self, company: Company, hotspots: Mapping[str, Collection[str]]) -> None:
        self.company = company
        self.hotspots = hotspots
        self.spotlight: str | None = None
        self.shown: dict[str, str] = {}  # open hotspots, by object
        self.pointing: dict[str, Pointing] = {}  # by avatar
        self._spacing: Spacing[None] = Spacing(POINT_SECONDS)

    def light(self, avatar_id: str, object: str | None) -> list[Change]:
        """One object is lit, or none. Raises UnknownObject."""
        self.company.present(avatar_id)
        if object is not None:
            self._known(object)
        if object == self.spotlight:
            return []
        self.spotlight = object
        return [Lit(self.company.next(), object, avatar_id)]

    def open(self, avatar_id: str, object: str, hotspot: str | None) -> list[Change]:
        """One hotspot of the object is open, or none. Raises UnknownObject, UnknownHotspot."""
        self.company.present(avatar_id)
        self._known(object)
        if hotspot == self.shown.get(object):
            return []
        if hotspot is None:
            del self.shown[object]
        elif hotspot in self.hotspots[object]:
            self.shown[object] = hotspot
        else:
            known = ", ".join(sorted(self.hotspots[object])) or "none"
            raise UnknownHotspot(object=object, hotspot=hotspot, known=known)
        return [Shown(self.company.next(), object, hotspot, avatar_id)]

    def point(self, avatar_id: str, at: Target | None, hand: str, now: float) -> list[Change]:
        """They point at this, or at nothing. Raises UnknownObject, UnclearTarget.

        Told at most once in POINT_SECONDS; without a change here, `ripe` tells it.
        """
        self.company.present(avatar_id)
        if at is None:
            return self.lower(avatar_id)
        pointing = self._pointing(avatar_id, at, hand)
        if pointing == self.pointing.get(avatar_id):
            return []
        self.pointing[avatar_id] = pointing
        if not self._spacing.take(avatar_id, None, now):
            return []
        return [self._told(pointing)]

    def lower(self, avatar_id: str) -> list[Change]:
        """They point no more."""
        pointing = self.pointing.pop(avatar_id, None)
        self._spacing.drop(avatar_id)
        return [Pointed(self.company.next(), avatar_id, pointing.hand)] if pointing else []

    def ripe(self, now: float) -> list[Change]:
        """Targets that have waited for their turn."""
        return [self._told(self.pointing[avatar_id]) for avatar_id, _ in self._spacing.ripe(now)]

    def left(self, avatar_id: str) -> list[Change]:
        """Who goes points no more."""
        lowered = self.lower(avatar_id)
        self._spacing.forget(avatar_id)
        return lowered

    def kept(self) -> dict[str, Any]:
        return {"spotlight": self.spotlight}

    def restore(self, saved: Mapping[str, Any]) -> None:
        spotlight = saved.get("spotlight")
        self.spotlight = spotlight if spotlight in self.hotspots else None

    def _known(self, object: str) -> None:
        if object not in self.hotspots:
            raise UnknownObject(object=object)

    def _pointing(self, avatar_id: str, at: Target, hand: str) -> Pointing:
        if (at.object is None) == (at.position is None):
            raise UnclearTarget
        if at.object is not None:
            self._known(at.object)
        return Pointing(avatar_id, hand, at.object, self._inside(at.position))

    def _inside(self, position: Vector | None) -> Vector | None:
        return None if position is None else self.company.bounds.clamp(rounded(position))

    def _told(self, pointing: Pointing) -> Pointed:
        by, hand, object, position = pointing.by, pointing.hand, pointing.object, pointing.position
        return Pointed(self.company.next(), by, hand, object, position)
