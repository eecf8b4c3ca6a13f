"""What may be asked about assets, and how a model becomes one."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from server.assets.asset import Asset, NoSuchAsset, file_views, replace, stored_file
from server.assets.blobs import Blob
from server.assets.file import File, safe_name
from server.assets.repository import Assets
from server.events import Event


class Blobs(Protocol):
    async def put(self, content: Path | bytes) -> Blob: ...


class AssetService:
    """Assets by id. `queued` is set whenever there may be something to convert (jobs.py)."""

    def __init__(
        self, assets: Assets, blobs: Blobs, recipe: str, *, clock: Callable[[], datetime]
    ) -> None:
        self.assets = assets
        self.blobs = blobs
        self.recipe = recipe  # version of the converter
        self.clock = clock
        self.queued = asyncio.Event()

    async def get(self, id: str) -> Asset:
        """Raises NoSuchAsset."""
        asset = await self.assets.get(id)
        if asset is None:
            raise NoSuchAsset(asset=id)
        return asset

    async def page(self, limit: int, after: str | None) -> tuple[list[Asset], str | None]:
        """Raises ValueError for a cursor that is not ours."""
        return await self.assets.page(limit, after)

    async def files(self, asset_id: str) -> list[dict[str, Any]]:
        """`{profile, lod, name, url, bytes, triangles, media_type, sha256}` of each file.

        Empty for an unknown asset or one that never got ready; while a replacement converts,
        those of before.
        """
        asset = await self.assets.get(asset_id)
        return [msgspec.to_builtins(file) for file in file_views(asset)] if asset else []

    async def file(self, asset_id: str, name: str) -> tuple[Asset, File]:
        """Raises NoSuchAsset, NoSuchFile."""
        asset = await self.get(asset_id)
        return asset, stored_file(asset, name)

    async def create(self, id: str, filename: str, sku: str | None, source: Blob) -> Asset:
        """Queue a model; again with the same id answers what is there."""
        asset = await self.assets.insert(self._new(id, filename, sku, source, named=False))
        self.queued.set()
        return asset

    async def ingest(
        self,
        filename: str,
        content: Path | bytes,
        sku: str | None = None,
        asset_id: str | None = None,
    ) -> Asset:
        """Queue a model of the house, unless it is there already.

        Without `asset_id` the id comes from the content. With one, other content or a newer
        recipe replaces what was there; its files stay until the new ones are ready. A failed
        conversion is tried again. The product `sku` must exist before the conversion ends.
        Raises UnknownFormat.
        """
        name = safe_name(filename)
        source = await self.blobs.put(content)
        id = asset_id or _id_of(source.key, self.recipe, sku or "", name)
        asset = await self.assets.put(
            self._new(id, name, sku, source, named=asset_id is not None), replace
        )
        self.queued.set()
        return asset

    async def unsent(self, limit: int) -> list[tuple[str, list[Event]]]:
        """Asset ids with events that the relay may not have seen yet."""
        return await self.assets.unsent(limit)

    async def mark_sent(self, id: str, event_ids: Collection[str]) -> None:
        await self.assets.mark_sent(id, event_ids)

    def _new(self, id: str, filename: str, sku: str | None, source: Blob, *, named: bool) -> Asset:
        now = self.clock()
        return Asset(
            id=id,
            filename=filename,
            sku=sku,
            source=source.key,
            source_bytes=source.bytes,
            recipe=self.recipe,
            created_at=now,
            due_at=now,
            named=named,
        )


def _id_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
