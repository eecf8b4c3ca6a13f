"""What is on display, who holds it, and where it goes when they let go."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from server.rooms.brought import Brought
from server.rooms.company import Company
from server.rooms.grips import (
    LEASE_SECONDS,
    AlreadyHeld,
    GoesHome,
    Grip,
    NotForTaking,
    NotForTurning,
    NotHeld,
    Pinned,
    UnknownVariant,
    holding,
)
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change, Held, Moved, ObjectState, VariantSet
from server.rooms.messages.objects import DisplayState, PinSet, Wanted
from server.rooms.object_states import held, moved, restored, stored, view
from server.rooms.part import Part
from server.rooms.placement import Wish, fitted
from server.rooms.pose import Vector
from server.rooms.role import GUIDES
from server.rooms.scene import Thing
from server.rooms.showing import Showing, UnknownObject
from server.rooms.spacing import Spacing

MOVE_SECONDS: Final = 0.05  # between two `moved` of one object


class Objects(Part):
    """The things of a room. A grab is a lease: the first one gets it, and moving renews it.

    Leases and waits live in memory and go by the steady clock; a spin is told and stored, and goes
    by the wall clock.
    """

    def __init__(self, company: Company, things: Iterable[Thing]) -> None:
        super().__init__(company)
        self.things: dict[str, Thing] = {thing.id: thing for thing in things}
        self.grips: dict[str, Grip] = {}
        self.showing = Showing(company, {id: t.hotspots for id, t in self.things.items()})
        self._moves: Spacing[str] = Spacing(MOVE_SECONDS)
        self._brought = Brought()  # where somebody stood, and put down by nobody

    # ---- acts ----

    def grab(
        self, avatar_id: str, object: str, now: Instant, hand: str = "pointer"
    ) -> list[Change]:
        """The first one gets it; the same one again renews it, and takes it with that hand too.

        Raises UnknownObject, NotForTaking, Pinned, AlreadyHeld.
        """
        grip = self.grips.get(object)
        until = now.steady + LEASE_SECONDS
        if grip and grip.by == avatar_id and grip.until > now.steady:
            self.grips[object] = replace(grip, until=until, hands=grip.hands | {hand})
            return []
        lapsed = self._free(avatar_id, object, now)
        thing = self._stop(object, now)
        self.grips[object] = Grip(avatar_id, until, frozenset({hand}), thing.place)
        return [*lapsed, self._held(object)]

    def move(self, avatar_id: str, object: str, wish: Wish, now: Instant) -> list[Change]:
        """The holder moves it, within limits, and keeps it. Raises UnknownObject, NotHeld.

        Told at most once in MOVE_SECONDS; without a change here, `expire` tells it.
        """
        self._renew(avatar_id, object, now)
        self._place(object, wish)
        if not self._moves.take(object, avatar_id, now.steady):
            return []
        return [self._moved(object, avatar_id)]

    def release(
        self,
        avatar_id: str,
        object: str,
        wish: Wish,
        now: Instant,
        hand: str | None = None,
        home: bool = False,
    ) -> list[Change]:
        """The holder lets go, perhaps at a last place. Raises UnknownObject, NotHeld.

        With one `hand` of two the other one keeps it. Where it belongs is where it goes when it is
        to be `home`, or snaps.
        """
        grip = self._renew(avatar_id, object, now)
        if hand and hand not in grip.hands:
            raise NotHeld(object=object, lease_seconds=LEASE_SECONDS)
        if hand and len(grip.hands) > 1 and not home:
            self.grips[object] = replace(self.grips[object], hands=grip.hands - {hand})
            return [] if wish == Wish() else self.move(avatar_id, object, wish, now)
        thing = self.things[object]
        self._brought.discard(object)
        if home or thing.snap:
            self.things[object] = replace(thing, place=thing.home)
        else:
            self._place(object, wish)
        self.changes += 1
        return [self._let_go(object)]

    def bring(self, avatar_id: str, object: str, wish: Wish, now: Instant) -> list[Change]:
        """Anybody may have what nobody holds brought somewhere, for as long as somebody is near.

        Raises UnknownObject, NotForTaking, Pinned, AlreadyHeld, GoesHome.
        """
        lapsed = self._free(avatar_id, object, now)
        if self.things[object].snap:
            raise GoesHome(object=object)
        self._stop(object, now)
        self._place(object, wish)
        self._brought.add(object)
        self.changes += 1
        return [*lapsed, self._moved(object, avatar_id)]

    def spin(self, avatar_id: str, object: str, speed: float, now: Instant) -> list[Change]:
        """It turns by itself from now on, `speed` radians a second; 0 stops it.

        Raises UnknownObject, NotForTurning, Pinned, AlreadyHeld.
        """
        self.company.present(avatar_id)
        thing = self._thing(object)
        if thing.limits.turn == "none":
            raise NotForTurning(object=object)
        lapsed = self._loose(avatar_id, object, now)
        if speed == self.things[object].spin:
            return lapsed
        self.things[object] = replace(self._stop(object, now), spin=speed, spun_at=now.wall)
        self.changes += 1
        return [*lapsed, self._moved(object, avatar_id)]

    def pin(self, avatar_id: str, object: str, pinned: bool, now: Instant) -> list[Change]:
        """It stays where it is, but for guides. Raises UnknownObject, AlreadyHeld."""
        self.company.present(avatar_id)
        if self._thing(object).pinned == pinned:
            return []
        lapsed = self._loose(avatar_id, object, now)
        self.things[object] = replace(self.things[object], pinned=pinned)
        if pinned:
            self._brought.discard(object)
        self.changes += 1
        return [*lapsed, PinSet(self.company.next(), object, pinned, avatar_id)]

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

    def light(self, avatar_id: str, object: str | None) -> list[Change]:
        """As `Showing.light`; the light is kept."""
        changes = self.showing.light(avatar_id, object)
        self.changes += len(changes)
        return changes

    def wanted(self, avatar_id: str, object: str) -> Wanted | None:
        """What its holder hears of somebody who could not have it; once while they hold it."""
        grip = self.grips.get(object)
        if grip is None or avatar_id in grip.asked:
            return None
        self.grips[object] = replace(grip, asked=grip.asked | {avatar_id})
        return Wanted(object, avatar_id, self.company.present(avatar_id).name)

    def tidy(self, near: Callable[[Vector], bool], now: Instant) -> list[Change]:
        """What was brought goes home when they have gone on to whom it was; `near` says whether
        anybody is near a place."""

        def beside(id: str) -> bool:
            return near(self.things[id].place.position)

        changes: list[Change] = []
        for id in self._brought.left_behind(self.grips.keys(), beside, now.steady):
            self.things[id] = replace(self._stop(id, now), place=self.things[id].home)
            self.changes += 1
            changes.append(self._held(id))
        return changes

    # ---- hooks ----

    def left(self, avatar: Avatar) -> list[Change]:
        """Who goes lets go of what they hold, and points no more."""
        own = [id for id, grip in self.grips.items() if grip.by == avatar.id]
        return [*self.showing.left(avatar.id), *(self._put_back(id) for id in own)]

    def expire(self, now: Instant) -> list[Change]:
        """Moves that waited; and what its holder forgot is free again, where it was taken from."""
        lapsed = [id for id, grip in self.grips.items() if grip.until <= now.steady]
        put_back = [self._put_back(id) for id in lapsed]
        waited = [self._moved(object, by) for object, by in self._moves.ripe(now.steady)]
        return [*put_back, *waited, *self.showing.ripe(now.steady)]

    def kept(self) -> dict[str, Any]:
        objects = {
            id: stored(thing, self.grips.get(id), id in self._brought)
            for id, thing in self.things.items()
        }
        return {"objects": objects, "display": self.showing.kept()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """What is no longer made, or stood outside, is put right."""
        objects = saved.get("objects", {})
        for id in self.things.keys() & objects.keys():
            state = objects[id]
            wish = Wish(tuple(state["position"]), tuple(state["rotation"]), state.get("scale"))
            self.things[id] = restored(self._place(id, wish), state)
            if state.get("brought", False):
                self._brought.add(id)
        self.showing.restore(saved.get("display", {}))
        self.changes = 0

    def state(self, viewer: str) -> DisplayState:
        return DisplayState(self.showing.spotlight, tuple(self.showing.pointing.values()))

    def views(self) -> list[ObjectState]:
        """Every object as it stands."""
        return [
            view(thing, self.grips.get(id), self.showing.shown.get(id))
            for id, thing in self.things.items()
        ]

    # ---- inside ----

    def _thing(self, object: str) -> Thing:
        if object not in self.things:
            raise UnknownObject(object=object)
        return self.things[object]

    def _free(self, avatar_id: str, object: str, now: Instant) -> list[Change]:
        """It may be taken by them; what its last holder forgot is put back."""
        self.company.present(avatar_id)
        if not self._thing(object).grab:
            raise NotForTaking(object=object)
        return self._loose(avatar_id, object, now)

    def _loose(self, avatar_id: str, object: str, now: Instant) -> list[Change]:
        """It is in nobody's hand, and not pinned for them."""
        if self.things[object].pinned and self.company.roles[avatar_id] not in GUIDES:
            raise Pinned(object=object)
        grip = self.grips.get(object)
        if grip is None:
            return []
        if grip.until > now.steady:
            name = self.company.avatars[grip.by].name
            raise AlreadyHeld(object=object, by=grip.by, name=name)
        return [self._put_back(object)]

    def _renew(self, avatar_id: str, object: str, now: Instant) -> Grip:
        self._thing(object)
        grip = holding(self.grips, object, avatar_id, now.steady)
        self.grips[object] = replace(grip, until=now.steady + LEASE_SECONDS)
        return grip

    def _place(self, object: str, wish: Wish) -> Thing:
        thing = self.things[object]
        place = fitted(wish.over(thing.place), thing.home, thing.limits, self.company.bounds)
        self.things[object] = replace(thing, place=place)
        return self.things[object]

    def _stop(self, object: str, now: Instant) -> Thing:
        """No longer spinning; what is kept of it changes when it did."""
        thing = self.things[object]
        self.changes += bool(thing.spin)
        self.things[object] = thing.still(now.wall)
        return self.things[object]

    def _put_back(self, object: str) -> Held:
        origin = self.grips[object].origin
        self.things[object] = replace(self.things[object], place=origin)
        return self._let_go(object)

    def _let_go(self, object: str) -> Held:
        del self.grips[object]
        self._moves.drop(object)
        return self._held(object)

    def _held(self, object: str) -> Held:
        return held(self.company.next(), self.things[object], self.grips.get(object))

    def _moved(self, object: str, by: str) -> Moved:
        return moved(self.company.next(), self.things[object], by)
