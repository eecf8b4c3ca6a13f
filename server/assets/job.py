"""An asset's conversion, as a job: queued, claimed under a lease, ended one way or another."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from server.assets.asset import Asset, Built, Status, is_due
from server.assets.file import file_views
from server.errors import Conflict
from server.events import Event

MAX_ATTEMPTS: Final = 3  # conversions started before a model that kills its converter is given up
RETRY_DELAY: Final = timedelta(seconds=2)  # before the second attempt; doubles


class Action(StrEnum):
    CLAIM = "claim"
    FINISH = "finish"
    FAIL = "fail"
    RETRY = "retry"
    AGAIN = "again"
    CANCEL = "cancel"


#    ┌───────retry──────┐             the converter died, or its lease lapsed, or files are away
#    ▼                  │
# queued ──claim──▶ converting ──finish──▶ ready
#    ▲ └──────cancel────┼────────fail────▶ failed     the model is at fault, or it died thrice
#    └────────────again─┴──────cancel───────┘         somebody, or the house, asks for it anew
NEXT: Final = {
    (Status.QUEUED, Action.CLAIM): Status.CONVERTING,
    (Status.CONVERTING, Action.FINISH): Status.READY,
    (Status.CONVERTING, Action.FAIL): Status.FAILED,
    (Status.CONVERTING, Action.RETRY): Status.QUEUED,
    (Status.FAILED, Action.AGAIN): Status.QUEUED,
    (Status.QUEUED, Action.CANCEL): Status.FAILED,
    (Status.CONVERTING, Action.CANCEL): Status.FAILED,
}


class WrongState(Conflict):
    type = "wrong-asset-state"
    title = "The asset is in another state"
    detail = "Asset {asset} is {status}: {action} does not apply."


class LeaseLost(Conflict):
    type = "lease-lost"
    title = "Somebody else converts this asset"
    detail = "The lease on asset {asset} has gone to another worker."


def claim(asset: Asset, token: str, now: datetime, lease: timedelta, worker: str = "") -> Asset:
    """One more attempt begins, under a fencing token. Raises WrongState."""
    status = _next(asset, Action.CLAIM)
    if not is_due(asset, now):
        raise WrongState(asset=asset.id, status=asset.status, action=Action.CLAIM)
    return msgspec.structs.replace(
        asset,
        status=status,
        lease=token,
        worker=worker,
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
    asset: Asset,
    token: str | None,
    error: dict[str, Any],
    event_id: str,
    now: datetime,
    delay: timedelta = RETRY_DELAY,
) -> Asset:
    """Back into the queue for a later attempt; failed when there were enough. Raises LeaseLost."""
    if asset.attempts >= MAX_ATTEMPTS:
        return fail(asset, token, {**error, "attempts": asset.attempts}, event_id, now)
    _check_lease(asset, token)
    return msgspec.structs.replace(
        asset,
        status=_next(asset, Action.RETRY),
        lease=None,
        due_at=now + delay * 2 ** (asset.attempts - 1),
        error=error,
    )


def give_back(
    asset: Asset, token: str | None, due_at: datetime, error: dict[str, Any] | None = None
) -> Asset:
    """Through no fault of the model's: this attempt does not count. Raises LeaseLost."""
    _check_lease(asset, token)
    return msgspec.structs.replace(
        asset,
        status=_next(asset, Action.RETRY),
        lease=None,
        due_at=due_at,
        attempts=asset.attempts - 1,
        error=error,
    )


def again(asset: Asset, now: datetime) -> Asset:
    """A failed conversion starts over; what is under way or ready stays as it is."""
    if asset.status is not Status.FAILED:
        return asset
    return msgspec.structs.replace(
        asset,
        status=_next(asset, Action.AGAIN),
        due_at=now,
        attempts=0,
        progress=0.0,
        error=None,
    )


def retry_now(asset: Asset, now: datetime) -> Asset:
    """`again`, also for one that waits for a later attempt. Raises WrongState."""
    if asset.status is Status.QUEUED:
        return msgspec.structs.replace(asset, due_at=now)
    if asset.status is not Status.FAILED:
        raise WrongState(asset=asset.id, status=asset.status, action="retry")
    return again(asset, now)


def cancel(asset: Asset, role: str, event_id: str, now: datetime) -> Asset:
    """No conversion any more, until it is asked for again. Raises WrongState."""
    status = _next(asset, Action.CANCEL)
    error = {
        "type": "conversion-cancelled",
        "title": "The conversion was cancelled",
        "status": 409,
        "detail": f"It was cancelled by {role}.",
    }
    cancelled = msgspec.structs.replace(asset, status=status, lease=None, step="", error=error)
    return _happened(cancelled, "asset.failed", event_id, now)


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
