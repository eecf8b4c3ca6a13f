"""Who is in a room, who holds what, and what everybody must hear about it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from server.errors import Conflict, Forbidden, NotFound, Unavailable, Unprocessable
from server.rooms import pose as codec
from server.rooms.messages import (
    Avatar,
    Change,
    Held,
    Joined,
    Left,
    Moved,
    ObjectState,
    Said,
    VariantSet,
)
from server.rooms.pose import IDENTITY, Bounds, Quaternion, Vector
from server.rooms.scene import Scene, Thing

LEASE_SECONDS: Final = 3.0  # a grab ends this long after the last move


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


class NotPresent(Conflict):
    type = "not-present"
    title = "You are not in this room"


class RoomFull(Unavailable):
    type = "room-full"
    title = "There is no free place in this showroom"
    detail = "All {capacity} places are taken; please try again in {retry_after} s."


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


class Room:
    """Objects and avatars that share one place and one revision number.

    Every act returns the messages that tell it to everybody present, each with the next `rev`, or
    raises and changes nothing. Poses are apart: they have no revision, and only the latest counts.
    """

    def __init__(
        self, id: str, scene: Scene, things: Iterable[Thing], saved: Mapping[str, Any] | None = None
    ) -> None:
        self.id = id
        self.rev = 0
        self.changes = 0  # of what is kept when the room is empty
        self.bounds: Bounds = scene.bounds
        self.avatars: dict[str, Avatar] = {}
        self.things: dict[str, Thing] = {thing.id: thing for thing in things}
        self.grips: dict[str, Grip] = {}
        self._scene = scene
        self._poses: dict[int, bytes] = {}  # the latest of everybody, by index
        self._moved: dict[int, bytes] = {}  # since the last frame
        self._restore(saved or {})

    # ---- coming and going ----

    def join(self, avatar: Avatar) -> list[Change]:
        """Somebody arrives at their spawn point; who is present already stays where they are."""
        arrives = avatar.id not in self.avatars
        if arrives:
            self.avatars[avatar.id] = avatar
            self._poses[avatar.index] = self._scene.entrance(avatar.index)
        # A new socket has seen nobody yet: the next frame shows everybody.
        self._moved = dict(self._poses)
        return [Joined(self._next(), avatar)] if arrives else []

    def leave(self, avatar_id: str) -> list[Change]:
        """Somebody goes, and lets go of what they hold. Leaving twice changes nothing."""
        avatar = self.avatars.get(avatar_id)
        if avatar is None:
            return []
        held = [id for id, grip in self.grips.items() if grip.by == avatar_id]
        messages = [self._put_back(id) for id in held]
        del self.avatars[avatar_id]
        self._poses.pop(avatar.index, None)
        self._moved.pop(avatar.index, None)
        return [*messages, Left(self._next(), avatar_id)]

    # ---- poses ----

    def pose(self, avatar_id: str, data: bytes) -> bool:
        """Take in where somebody is; True when they are the first to move since the last frame.

        A pose of somebody who left is dropped. Raises BadPose.
        """
        avatar = self.avatars.get(avatar_id)
        if avatar is None:
            return False
        codec.check(data)
        index = avatar.index
        before = self._poses[index]
        self._poses[index] = data
        # Bytes 1 and 2 are the sender's time: who only gets older does not move.
        if data[3:] == before[3:] and data[0] == before[0]:
            return False
        first = not self._moved
        self._moved[index] = data
        return first

    def frame(self, server_ms: int) -> bytes | None:
        """Who moved since the last frame, or None when nobody did."""
        if not self._moved:
            return None
        frame = codec.encode_frame(server_ms, self._moved.items())
        self._moved = {}
        return frame

    def keyframe(self, server_ms: int) -> bytes:
        """Everybody, for a reader that missed frames."""
        return codec.encode_frame(server_ms, self._poses.items())

    # ---- objects ----

    def grab(self, avatar_id: str, object: str, now: float) -> list[Change]:
        """The first one gets it. Raises UnknownObject, NotForTaking, AlreadyHeld."""
        self._present(avatar_id)
        thing = self._thing(object)
        if not thing.grab:
            raise NotForTaking(object=object)
        grip = self.grips.get(object)
        if grip and grip.by != avatar_id and grip.until > now:
            holder = self.avatars[grip.by].name
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
        return [Moved(self._next(), object, thing.position, thing.rotation, avatar_id)]

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

    def expire(self, now: float) -> list[Change]:
        """Objects whose holder forgot them are free again, where they were taken from."""
        lapsed = [id for id, grip in self.grips.items() if grip.until <= now]
        return [self._put_back(id) for id in lapsed]

    def variant(self, avatar_id: str, object: str, variant: str) -> list[Change]:
        """Anybody may look at it in another variant. Raises UnknownObject, UnknownVariant."""
        self._present(avatar_id)
        thing = self._thing(object)
        if variant not in thing.variants:
            known = ", ".join(sorted(thing.variants)) or "one only"
            raise UnknownVariant(object=object, variant=variant, known=known)
        if variant == thing.variant:
            return []
        self.things[object] = replace(thing, variant=variant)
        self.changes += 1
        return [VariantSet(self._next(), object, variant, avatar_id)]

    def say(self, avatar_id: str, text: str) -> list[Change]:
        """Everybody hears it, the speaker too."""
        avatar = self._present(avatar_id)
        return [Said(self._next(), avatar_id, avatar.name, text.strip())]

    # ---- as data ----

    def objects(self) -> list[ObjectState]:
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

    def kept(self) -> dict[str, Any]:
        """What outlives the room's visitors, by object; `saved` of a later room.

        What is in somebody's hand is kept where it was taken from.
        """
        kept = {}
        for thing in self.things.values():
            rests = self.grips.get(thing.id, thing)
            kept[thing.id] = {
                "position": list(rests.position),
                "rotation": list(rests.rotation),
                "variant": thing.variant,
            }
        return kept

    # ---- inside ----

    def _restore(self, saved: Mapping[str, Any]) -> None:
        for id in self.things.keys() & saved.keys():
            state = saved[id]
            thing = self._place(id, state["position"], state["rotation"])
            if state["variant"] in thing.variants:
                self.things[id] = replace(thing, variant=state["variant"])
        self.changes = 0

    def _next(self) -> int:
        self.rev += 1
        return self.rev

    def _present(self, avatar_id: str) -> Avatar:
        if avatar_id not in self.avatars:
            raise NotPresent
        return self.avatars[avatar_id]

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
            position=self.bounds.clamp(position),
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
        return Held(self._next(), object, by, thing.position, thing.rotation)


def unit(rotation: Iterable[float]) -> Quaternion:
    """The rotation at length 1; one without length becomes no turn."""
    x, y, z, w = rotation
    length = math.hypot(x, y, z, w)
    return (x / length, y / length, z / length, w / length) if length > 1e-6 else IDENTITY
