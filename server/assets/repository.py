"""How assets and unfinished uploads are stored."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from server.assets.asset import Asset, Status, is_due, sent
from server.assets.upload import Upload
from server.storage.port import Change, Delete, Doc, Exists, Index, Insert, Missing, Store

ASSET = "asset"
UPLOAD = "upload"
INDEXES: tuple[Index, ...] = (
    Index(ASSET, "status"),
    Index(ASSET, "due_at"),
    Index(ASSET, "unattached"),
    Index(ASSET, "unsent"),
    Index(UPLOAD, "person"),
    Index(UPLOAD, "done"),
    Index(UPLOAD, "expires_at"),
)
T = TypeVar("T", Asset, Upload)


class Assets:
    """Assets by id; also the queue of conversions and the outbox of their events."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def get(self, id: str) -> Asset | None:
        doc = await self.store.get(ASSET, id)
        return msgspec.convert(doc, Asset) if doc else None

    async def page(self, limit: int, after: str | None) -> tuple[list[Asset], str | None]:
        """By id. Raises ValueError for a cursor that is not ours."""
        page = await self.store.find(ASSET, {}, limit=limit, after=after)
        return [msgspec.convert(doc, Asset) for doc in page.items], page.next

    async def insert(self, asset: Asset) -> Asset:
        """The asset with that id: this one, or the one that was there first."""
        try:
            await self.store.run(Insert(ASSET, asset.id, msgspec.to_builtins(asset)))
        except Exists:
            return await self.get(asset.id) or asset
        return asset

    async def change(self, id: str, fn: Callable[[Asset], Asset]) -> Asset:
        """Apply a pure function; what it raises comes out here and nothing is written."""
        (doc,) = await self.store.run(Change(ASSET, id, _on_documents(Asset, fn)))
        return msgspec.convert(doc, Asset)

    async def of_status(self, status: Status, limit: int) -> list[Asset]:
        """Those due first come first."""
        page = await self.store.find(ASSET, {"status": status.value}, order="due_at", limit=limit)
        return [msgspec.convert(doc, Asset) for doc in page.items]

    async def due(self, status: Status, now: datetime, limit: int) -> list[Asset]:
        """Queued ones that may start, or converting ones whose lease has ended; oldest first."""
        assets = await self.of_status(status, limit)
        return [asset for asset in assets if is_due(asset, now)]

    async def unattached(self, limit: int) -> list[Asset]:
        """Ready ones whose product has not been told."""
        page = await self.store.find(ASSET, {"unattached": True}, limit=limit)
        return [msgspec.convert(doc, Asset) for doc in page.items]

    async def unsent(self, limit: int) -> list[tuple[str, list[dict[str, Any]]]]:
        """Asset ids, each with the events that the relay has not taken."""
        page = await self.store.find(ASSET, {"unsent": True}, limit=limit)
        return [(doc["id"], doc["history"][doc["sent"] :]) for doc in page.items]

    async def mark_sent(self, id: str, event_ids: Collection[str]) -> None:
        await self.change(id, lambda asset: sent(asset, event_ids))


class Uploads:
    """Uploads by id; their bytes are files on disk, see partials.py."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def get(self, id: str) -> Upload | None:
        doc = await self.store.get(UPLOAD, id)
        return msgspec.convert(doc, Upload) if doc else None

    async def insert(self, upload: Upload) -> None:
        await self.store.run(Insert(UPLOAD, upload.id, msgspec.to_builtins(upload)))

    async def change(self, id: str, fn: Callable[[Upload], Upload]) -> Upload | None:
        """None when it has been removed meanwhile."""
        try:
            (doc,) = await self.store.run(Change(UPLOAD, id, _on_documents(Upload, fn)))
        except Missing:
            return None
        return msgspec.convert(doc, Upload)

    async def delete(self, id: str) -> None:
        await self.store.run(Delete(UPLOAD, id))

    async def count_open(self, person: str, limit: int) -> int:
        """Unfinished uploads of a person, counted up to `limit`."""
        where = {"person": person, "done": False}
        return len((await self.store.find(UPLOAD, where, limit=limit)).items)

    async def expired(self, now: datetime, limit: int) -> list[Upload]:
        page = await self.store.find(UPLOAD, {}, order="expires_at", limit=limit)
        uploads = [msgspec.convert(doc, Upload) for doc in page.items]
        return [upload for upload in uploads if upload.expires_at <= now]


def _on_documents(kind: type[T], fn: Callable[[T], T]) -> Callable[[Doc], Doc]:
    def change(doc: Doc) -> Doc:
        old = msgspec.convert(doc, kind)
        new = fn(old)
        return doc if new is old else msgspec.to_builtins(new)

    return change
