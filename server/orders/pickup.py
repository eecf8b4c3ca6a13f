"""Collecting in a store: the way of an order to the counter, and the places in a time slot."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from server.errors import Conflict
from server.orders.action import BUYER, STAFF, Action, Step


class PickupStatus(StrEnum):
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    READY = "ready"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


# scheduled --prepare--> preparing --finish--> ready --hand_over--> handed_over
#     |                      |                   |
#     +-------cancel---------+------cancel-------+--> cancelled
#                                  (by staff only: it lies on the counter)
STEPS: Final[Mapping[tuple[StrEnum, Action], Step]] = {
    (PickupStatus.SCHEDULED, Action.PREPARE): Step(
        PickupStatus.PREPARING, "order.preparing", STAFF
    ),
    (PickupStatus.PREPARING, Action.FINISH): Step(
        PickupStatus.READY, "order.ready_for_pickup", STAFF
    ),
    (PickupStatus.READY, Action.HAND_OVER): Step(
        PickupStatus.HANDED_OVER, "order.collected", STAFF
    ),
    (PickupStatus.SCHEDULED, Action.CANCEL): Step(PickupStatus.CANCELLED, "order.cancelled", BUYER),
    (PickupStatus.PREPARING, Action.CANCEL): Step(PickupStatus.CANCELLED, "order.cancelled", BUYER),
    (PickupStatus.READY, Action.CANCEL): Step(PickupStatus.CANCELLED, "order.cancelled", STAFF),
}


class PickupSlot(msgspec.Struct, frozen=True):
    """When somebody comes; times carry the store's offset."""

    id: str
    start: datetime
    end: datetime


class Pickup(msgspec.Struct, frozen=True, kw_only=True, tag="pickup", tag_field="kind"):
    """The order waits in `store`; without a slot, one comes when the store is open."""

    status: PickupStatus = PickupStatus.SCHEDULED
    store: str
    slot: PickupSlot | None = None
    collector: str | None = None  # who comes, when it is somebody else


class SlotFull(Conflict):
    type = "slot-full"
    title = "This pickup time is fully booked"
    detail = "The slot {slot} takes {capacity} orders and has them. Choose another one."


class SlotPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders have a place in a slot.

    `held` while an order is being placed or was placed just now, `kept` from then on; both count.
    """

    id: str  # "milano:2026-11-23T10:00"
    day: str  # "milano:2026-11-23"
    held: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def taken(self) -> int:
        return len(self.held) + len(self.kept)

    def reserve(self, order: str, capacity: int) -> "SlotPlaces":
        """Once per order. Raises SlotFull."""
        if order in self.held or order in self.kept:
            return self
        if self.taken >= capacity:
            raise SlotFull(slot=self.id, capacity=capacity)
        return replace(self, held=(*self.held, order))

    def keep(self, orders: frozenset[str]) -> "SlotPlaces":
        """These orders are placed for good."""
        moved = tuple(order for order in self.held if order in orders)
        if not moved:
            return self
        held = tuple(order for order in self.held if order not in orders)
        return replace(self, held=held, kept=self.kept + moved)

    def release(self, order: str) -> "SlotPlaces":
        if order not in self.held and order not in self.kept:
            return self
        return replace(
            self,
            held=tuple(other for other in self.held if other != order),
            kept=tuple(other for other in self.kept if other != order),
        )


def no_places(slot: str) -> SlotPlaces:
    return SlotPlaces(id=slot, day=slot.partition("T")[0])


def day_key(store: str, day: date) -> str:
    return f"{store}:{day.isoformat()}"


def day_of(slot: str, store: str) -> date | None:
    """The date in a slot's id, None when it is no slot of that store."""
    owner, _, start = slot.partition(":")
    if owner != store:
        return None
    try:
        return date.fromisoformat(start[:10])
    except ValueError:
        return None
