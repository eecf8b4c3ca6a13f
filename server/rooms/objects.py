"""What is on display, who holds it, and where it goes when they let go."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from server.errors import Conflict, Forbidden, NotFound, Unprocessable
from server.rooms.company import Company
from server.rooms.messages import Avatar, Change, Held, Moved, ObjectState, VariantSet
from server.rooms.messages.objects import DisplayState
from server.rooms.part import Part
from server.rooms.pose import IDENTITY, Quaternion, Vector
from server.rooms.scene import Thing

LEASE_SECONDS: Final = 3.0  # a grab ends this long after the last move
LEASE_MS: Final = int(LEASE_SECONDS * 1000)


class UnknownObject(NotFound):
    type = "unknown-object"
    title = "There is no such object in this room"
    detail = "`{object}` is not on display here."


class UnknownVariant(Unprocessable):
    type = "unknown-variant"
    title = "This product has no such variant"
    detail = "`{object}` comes in: {known}; not in `{variant}`."


class NotForTaking(Forbidden):
    type = "not-for-taking"
    title = "This object stays where it is"
    detail = "`{object}` can be looked at, not taken."


class AlreadyHeld(Conflict):
    type = "already-held"
    title = "Somebody else holds this"
    detail = "`{object}` is held by {name}."


class NotHeld(Conflict):
    type = "not-held"
    title = "You do not hold this"
    detail = "Grab `{object}` first; a grab lapses after {lease_seconds} s without a move."


@dataclass(frozen=True, slots=True)
class Grip:
    """Who holds an object, until when (seconds, the caller's clock) unless it moves.

    `position` and `rotation` are where it was taken from: it goes back there when its holder is
    gone, instead of hanging in the air where a hand last was.
    """

    by: str
    until: float
    position: Vector
    rotation: Quaternion


class Objects(Part):
    """The things of a room. A grab is a lease: the first one gets it, and moving renews it."""

    def __init__(self, company: Company, things: Iterable[Thing]) -> None:
        super().__init__(company)
        self.things: dict[str, Thing] = {thing.id: thing for thing in things}
        self.grips: dict[str, Grip] = {}

    # ---- acts ----

    def grab(self, avatar_id: str, object: str, now: float) -> list[Change]:
        """The first one gets it. Raises UnknownObject, NotForTaking, AlreadyHeld."""
        self.company.present(avatar_id)
        thing = self._thing(object)
        if not thing.grab:
            raise NotForTaking(object=object)
        grip = self.grips.get(object)
        if grip and grip.by != avatar_id and grip.until > now:
            holder = self.company.avatars[grip.by].name
            raise AlreadyHeld(object=object, by=grip.by, name=holder)
        if grip and grip.by == avatar_id:
            self.grips[object] = replace(grip, until=now + LEASE_SECONDS)
            return []
        lapsed = [self._put_back(object)] if grip else []
        thing = self.things[object]
        self.grips[object] = Grip(avatar_id, now + LEASE_SECONDS, thing.position, thing.rotation)
        return [*lapsed, self._told(object, avatar_id)]

    def move(
        self, avatar_id: str, object: str, position: Vector, rotation: Quaternion, now: float
    ) -> list[Change]:
        """The holder moves it, within bounds, and keeps it. Raises UnknownObject, NotHeld."""
        self._hold(avatar_id, object, now)
        self.grips[object] = replace(self.grips[object], until=now + LEASE_SECONDS)
        thing = self._place(object, position, rotation)
        return [Moved(self.company.next(), object, thing.position, thing.rotation, avatar_id)]

    def release(
        self,
        avatar_id: str,
        object: str,
        position: Vector | None,
        rotation: Quaternion | None,
        now: float,
    ) -> list[Change]:
        """The holder lets go, perhaps at a last place. Raises UnknownObject, NotHeld."""
        thing = self._hold(avatar_id, object, now)
        self._place(object, position or thing.position, rotation or thing.rotation)
        return [self._let_go(object)]

    def variant(self, avatar_id: str, object: str, variant: str) -> list[Change]:
        """Anybody may look at it in another variant. Raises UnknownObject, UnknownVariant."""
        self.company.present(avatar_id)
        thing = self._thing(object)
        if variant not in thing.variants:
            known = ", ".join(sorted(thing.variants)) or "one only"
            raise UnknownVariant(object=object, variant=variant, known=known)
        if variant == thing.variant:
            return []
        self.things[object] = replace(thing, variant=variant)
        self.changes += 1
        return [VariantSet(self.company.next(), object, variant, avatar_id)]

    # ---- hooks ----

    def left(self, avatar: Avatar) -> list[Change]:
        """Who goes lets go of what they hold."""
        held = [id for id, grip in self.grips.items() if grip.by == avatar.id]
        return [self._put_back(id) for id in held]

    def expire(self, now: float) -> list[Change]:
        """Objects whose holder forgot them are free again, where they were taken from."""
        lapsed = [id for id, grip in self.grips.items() if grip.until <= now]
        return [self._put_back(id) for id in lapsed]

    def kept(self) -> dict[str, Any]:
        """What is in somebody's hand is kept where it was taken from."""
        kept = {}
        for thing in self.things.values():
            rests = self.grips.get(thing.id, thing)
            kept[thing.id] = {
                "position": list(rests.position),
                "rotation": list(rests.rotation),
                "variant": thing.variant,
            }
        return {"objects": kept}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """What is no longer made, or stood outside, is put right."""
        objects = saved.get("objects", {})
        for id in self.things.keys() & objects.keys():
            state = objects[id]
            thing = self._place(id, state["position"], state["rotation"])
            if state["variant"] in thing.variants:
                self.things[id] = replace(thing, variant=state["variant"])
        self.changes = 0

    def state(self, viewer: str) -> DisplayState:
        return DisplayState()

    def views(self) -> list[ObjectState]:
        """Every object as it stands."""
        return [
            ObjectState(
                thing.id,
                thing.sku,
                thing.position,
                thing.rotation,
                thing.variant,
                self.grips[thing.id].by if thing.id in self.grips else None,
            )
            for thing in self.things.values()
        ]

    # ---- inside ----

    def _thing(self, object: str) -> Thing:
        if object not in self.things:
            raise UnknownObject(object=object)
        return self.things[object]

    def _hold(self, avatar_id: str, object: str, now: float) -> Thing:
        thing = self._thing(object)
        grip = self.grips.get(object)
        if grip is None or grip.by != avatar_id or grip.until <= now:
            raise NotHeld(object=object, lease_seconds=LEASE_SECONDS)
        return thing

    def _place(self, object: str, position: Vector, rotation: Quaternion) -> Thing:
        thing = replace(
            self.things[object],
            position=self.company.bounds.clamp(position),
            rotation=unit(rotation),
        )
        self.things[object] = thing
        self.changes += 1
        return thing

    def _put_back(self, object: str) -> Held:
        grip = self.grips[object]
        self._place(object, grip.position, grip.rotation)
        return self._let_go(object)

    def _let_go(self, object: str) -> Held:
        del self.grips[object]
        return self._told(object, None)

    def _told(self, object: str, by: str | None) -> Held:
        thing = self.things[object]
        return Held(self.company.next(), object, by, thing.position, thing.rotation)


def unit(rotation: Iterable[float]) -> Quaternion:
    """The rotation at length 1; one without length becomes no turn."""
    x, y, z, w = rotation
    length = math.hypot(x, y, z, w)
    return (x / length, y / length, z / length, w / length) if length > 1e-6 else IDENTITY
