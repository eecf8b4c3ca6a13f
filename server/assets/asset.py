"""An uploaded model, the files made of it, and how far that has come."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from server.assets.file import File, NoSuchFile
from server.errors import NotFound
from server.events import Event

FARTHEST: Final = timedelta(minutes=1)  # `due_at` from now: leases and delays are seconds
SOURCE: Final = "source"  # names what was uploaded; no file of a build is called so


class Status(StrEnum):
    QUEUED = "queued"
    CONVERTING = "converting"
    READY = "ready"
    FAILED = "failed"


class NoSuchAsset(NotFound):
    type = "unknown-asset"
    title = "No such asset"
    detail = "There is no asset {asset}."


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
    worker: str = ""  # its name; of the last one, when none converts
    attempts: int = 0
    progress: float = 0.0  # 0..1
    step: str = ""
    built: Built = Built(())
    error: dict[str, Any] | None = None  # a problem document
    unattached: bool = False  # ready, and its product does not know yet
    history: tuple[Event, ...] = ()
    sent: int = 0  # events of the history that the relay has taken
    unsent: bool = False  # the history is longer than that


def is_due(asset: Asset, now: datetime) -> bool:
    """Whether its moment has come. One further away than any delay was set by a wrong clock."""
    return not now < asset.due_at <= now + FARTHEST


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


def public_file(asset: Asset, name: str) -> File:
    """What everybody may have. Raises NoSuchFile."""
    for file in asset.built.files:
        if file.name == name:
            return file
    raise NoSuchFile(asset=asset.id, name=name)


def private_file(asset: Asset, name: str) -> File:
    """All of that, the proof and what was uploaded. Raises NoSuchFile."""
    if name == SOURCE:
        return File(
            profile=SOURCE,
            lod=0,
            name=asset.filename,
            bytes=asset.source_bytes,
            media_type="application/octet-stream",
            sha256=asset.source,
        )
    built = asset.built
    for file in (built.proof, built.page, *built.pictures):
        if file is not None and file.name == name:
            return file
    return public_file(asset, name)
