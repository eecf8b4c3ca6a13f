"""An uploaded model, the files made of it, and how far that has come."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from server.assets.file import File, NoSuchFile, file_views
from server.errors import Conflict, NotFound
from server.events import Event

MAX_ATTEMPTS: Final = 3  # conversions started before a model that kills its converter is given up
RETRY_DELAY: Final = timedelta(seconds=2)  # before the second attempt; doubles


class Status(StrEnum):
    QUEUED = "queued"
    CONVERTING = "converting"
    READY = "ready"
    FAILED = "failed"


class Action(StrEnum):
    CLAIM = "claim"
    FINISH = "finish"
    FAIL = "fail"
    RETRY = "retry"
    AGAIN = "again"


#    ┌───────retry──────┐             the converter died, or its lease lapsed
#    ▼                  │
# queued ──claim──▶ converting ──finish──▶ ready
#    ▲                  └────────fail────▶ failed     the model is at fault, or it died thrice
#    └────────────again─────────────────────┘         the house brings the same model anew
NEXT: Final = {
    (Status.QUEUED, Action.CLAIM): Status.CONVERTING,
    (Status.CONVERTING, Action.FINISH): Status.READY,
    (Status.CONVERTING, Action.FAIL): Status.FAILED,
    (Status.CONVERTING, Action.RETRY): Status.QUEUED,
    (Status.FAILED, Action.AGAIN): Status.QUEUED,
}


class NoSuchAsset(NotFound):
    type = "unknown-asset"
    title = "No such asset"
    detail = "There is no asset {asset}."


class WrongState(Conflict):
    type = "wrong-asset-state"
    title = "The asset is in another state"
    detail = "Asset {asset} is {status}: {action} does not apply."


class LeaseLost(Conflict):
    type = "lease-lost"
    title = "Somebody else converts this asset"
    detail = "The lease on asset {asset} has gone to another worker."


class Built(msgspec.Struct, frozen=True):
    """What a conversion brought."""

    files: tuple[File, ...]
    proof: File | None = None
    page: File | None = None  # the proof for people
    pictures: tuple[File, ...] = ()  # which that page shows
    warnings: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    dimensions: tuple[float, float, float] | None = None  # width, height, depth in metres


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """The truth about one model: also its conversion job, and the outbox of its events."""

    id: str
    filename: str  # as uploaded, made safe
    sku: str | None
    source: str  # blob key of what was uploaded
    source_bytes: int
    furniture: bool = False  # stands in a room and is not for sale: no pictures, nothing for phones
    recipe: str  # version of the converter that made, or will make, the files
    created_at: datetime
    due_at: datetime  # queued: may start from here on; converting: the lease ends
    status: Status = Status.QUEUED
    lease: str | None = None  # fencing token of the worker that converts
    attempts: int = 0
    progress: float = 0.0  # 0..1
    step: str = ""
    built: Built = Built(())
    error: dict[str, Any] | None = None  # a problem document
    unattached: bool = False  # ready, and its product does not know yet
    history: tuple[Event, ...] = ()
    sent: int = 0  # events of the history that the relay has taken
    unsent: bool = False  # the history is longer than that


def claim(asset: Asset, token: str, now: datetime, lease: timedelta) -> Asset:
    """One more attempt begins, under a fencing token. Raises WrongState."""
    status = _next(asset, Action.CLAIM)
    if asset.due_at > now:
        raise WrongState(asset=asset.id, status=asset.status, action=Action.CLAIM)
    return msgspec.structs.replace(
        asset,
        status=status,
        lease=token,
        due_at=now + lease,
        attempts=asset.attempts + 1,
        progress=0.0,
        step="",
        error=None,
    )


def heartbeat(
    asset: Asset, token: str | None, progress: float, step: str, until: datetime
) -> Asset:
    """Still converting. Raises LeaseLost."""
    _check_lease(asset, token)
    return msgspec.structs.replace(
        asset, progress=min(max(progress, 0.0), 1.0), step=step, due_at=until
    )


def finish(asset: Asset, token: str | None, built: Built, event_id: str, now: datetime) -> Asset:
    """The files are there. Raises LeaseLost."""
    _check_lease(asset, token)
    ready = msgspec.structs.replace(
        asset,
        status=_next(asset, Action.FINISH),
        lease=None,
        progress=1.0,
        step="",
        built=built,
        unattached=asset.sku is not None,
    )
    return _happened(ready, "asset.ready", event_id, now)


def fail(
    asset: Asset, token: str | None, error: dict[str, Any], event_id: str, now: datetime
) -> Asset:
    """No further attempt would help. Raises LeaseLost."""
    _check_lease(asset, token)
    failed = msgspec.structs.replace(
        asset, status=_next(asset, Action.FAIL), lease=None, step="", error=error
    )
    return _happened(failed, "asset.failed", event_id, now)


def retry(
    asset: Asset, token: str | None, error: dict[str, Any], event_id: str, now: datetime
) -> Asset:
    """Back into the queue for a later attempt; failed when there were enough. Raises LeaseLost."""
    if asset.attempts >= MAX_ATTEMPTS:
        return fail(asset, token, {**error, "attempts": asset.attempts}, event_id, now)
    _check_lease(asset, token)
    return msgspec.structs.replace(
        asset,
        status=_next(asset, Action.RETRY),
        lease=None,
        due_at=now + RETRY_DELAY * 2 ** (asset.attempts - 1),
        error=error,
    )


def give_back(asset: Asset, token: str | None, now: datetime) -> Asset:
    """The worker stops in good order: this attempt does not count. Raises LeaseLost."""
    _check_lease(asset, token)
    return msgspec.structs.replace(
        asset,
        status=_next(asset, Action.RETRY),
        lease=None,
        due_at=now,
        attempts=asset.attempts - 1,
    )


def sent(asset: Asset, event_ids: Collection[str]) -> Asset:
    """The relay has taken these events."""
    taken = asset.sent
    while taken < len(asset.history) and asset.history[taken].id in event_ids:
        taken += 1
    if taken == asset.sent:
        return asset
    return msgspec.structs.replace(asset, sent=taken, unsent=taken < len(asset.history))


def attached(asset: Asset) -> Asset:
    """Its product knows."""
    return msgspec.structs.replace(asset, unattached=False) if asset.unattached else asset


def again(asset: Asset, now: datetime) -> Asset:
    """A failed conversion starts over; what is under way or ready stays as it is."""
    if asset.status is not Status.FAILED:
        return asset
    return msgspec.structs.replace(
        asset, status=_next(asset, Action.AGAIN), due_at=now, attempts=0, progress=0.0
    )


def stored_file(asset: Asset, name: str) -> File:
    """Raises NoSuchFile."""
    built = asset.built
    for file in (*built.files, built.proof, built.page, *built.pictures):
        if file is not None and file.name == name:
            return file
    raise NoSuchFile(asset=asset.id, name=name)


def _next(asset: Asset, action: Action) -> Status:
    try:
        return NEXT[asset.status, action]
    except KeyError:
        raise WrongState(asset=asset.id, status=asset.status, action=action) from None


def _check_lease(asset: Asset, token: str | None) -> None:
    if asset.status is not Status.CONVERTING or asset.lease != token:
        raise LeaseLost(asset=asset.id)


def _happened(asset: Asset, type: str, event_id: str, now: datetime) -> Asset:
    data: dict[str, Any] = {"asset": asset.id, "sku": asset.sku, "filename": asset.filename}
    if asset.status is Status.READY:
        data["files"] = [
            msgspec.to_builtins(file) for file in file_views(asset.id, asset.built.files)
        ]
    else:
        data["error"] = asset.error
    event = Event(event_id, type, now.isoformat().replace("+00:00", "Z"), data)
    return msgspec.structs.replace(asset, history=(*asset.history, event), unsent=True)
