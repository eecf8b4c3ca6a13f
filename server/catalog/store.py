"""A physical store: where it is, when it is open, and when one can collect there."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from server.errors import NotFound, Unprocessable

StoreId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")]
Clock = Annotated[
    str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)")
]  # "10:00", the store's own time


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open on a weekday, Monday is 0; a day may have several, a closed one has none."""

    day: Annotated[int, Meta(ge=0, le=6)]
    open: Clock
    close: Clock


class StoreBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What staff say of a store. `ships`: gift boxes leave from here."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    address: Annotated[str, Meta(min_length=1, max_length=300)]
    timezone: Annotated[str, Meta(max_length=60)]
    hours: Annotated[tuple[Hours, ...], Meta(max_length=28)]
    slot_minutes: Annotated[int, Meta(ge=5, le=720)] = 30
    slot_capacity: Annotated[int, Meta(ge=1, le=1000)] = 4
    ships: bool = False


class Store(msgspec.Struct, frozen=True):
    """A store as kept; `version` counts its changes."""

    id: str
    name: str
    address: str
    timezone: str
    hours: tuple[Hours, ...]
    slot_minutes: int
    slot_capacity: int
    ships: bool
    version: int = 1


class Slot(msgspec.Struct, frozen=True):
    """A time to collect: `start` and `end` with the store's offset, `capacity` in orders."""

    id: str
    start: datetime
    end: datetime
    capacity: int


class NoSuchStore(NotFound):
    type = "unknown-store"
    title = "There is no such store"
    detail = "No store is called {store}. GET /api/stores lists them."


class BadStore(Unprocessable):
    type = "invalid-store"
    title = "The store's details do not fit together"
    detail = "{reason}"


def make_store(id: str, body: StoreBody, version: int) -> Store:
    """The store that `body` describes. Raises BadStore."""
    try:
        ZoneInfo(body.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = f"{body.timezone!r} is no time zone; write it like Europe/Paris."
        raise BadStore(reason=reason) from error
    for hours in body.hours:
        if hours.open >= hours.close:
            raise BadStore(reason=f"Day {hours.day} closes at {hours.close}, before it opens.")
    return Store(id=id, version=version, **msgspec.structs.asdict(body))


def slots_on(store: Store, day: date) -> list[Slot]:
    """The day's slots in order, whole ones only.

    Steps are of elapsed time (in UTC), so that the hour a clock skips in spring has no slot and
    the one it repeats in autumn counts once. An id is the store and the local start.
    """
    if day in {date.min, date.max}:  # part of them lies beyond the calendar in UTC
        return []
    zone = ZoneInfo(store.timezone)
    step = timedelta(minutes=store.slot_minutes)
    slots: dict[str, Slot] = {}
    for hours in sorted(store.hours, key=lambda one: one.open):
        if hours.day != day.weekday():
            continue
        start = _local(day, hours.open, zone)
        close = _local(day, hours.close, zone)
        while start + step <= close:
            slot = _slot(store, start.astimezone(zone), (start + step).astimezone(zone))
            slots.setdefault(slot.id, slot)
            start += step
    return list(slots.values())


def _local(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def _slot(store: Store, start: datetime, end: datetime) -> Slot:
    return Slot(f"{store.id}:{start:%Y-%m-%dT%H:%M}", start, end, store.slot_capacity)
