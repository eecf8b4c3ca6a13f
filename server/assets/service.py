"""What may be asked about assets, and how a model becomes one."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from server.assets.asset import Asset, NoSuchAsset, Status, private_file, public_file
from server.assets.file import Blob, File, file_views, safe_name
from server.assets.job import again, cancel, retry_now
from server.assets.repository import Assets
from server.storage.port import Missing

MAX_KNOWN: Final = 10_000  # files remembered, so that serving one asks the store once


class Blobs(Protocol):
    async def put(self, path: Path) -> Blob: ...


class AssetService:
    """Assets by id. `queued` is set whenever there may be something to convert (jobs.py)."""

    def __init__(
        self,
        assets: Assets,
        blobs: Blobs,
        recipe: str,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.assets = assets
        self.blobs = blobs
        self.recipe = recipe  # version of the converter
        self.clock = clock
        self.new_id = new_id
        self.queued = asyncio.Event()
        self._files: dict[tuple[str, str], File] = {}
        self.rings: list[Callable[[str], None]] = []  # told of what is queued; may fail to tell

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
        """`{profile, lod, name, url, bytes, triangles, media_type, sha256}` of each file, and
        `variant`, `width`, `height`, `screen_size` where it has them. Without those of the proof.

        Empty for an unknown asset, or one that is not ready.
        """
        asset = await self.assets.get(asset_id)
        files = asset.built.files if asset else ()
        return [msgspec.to_builtins(file) for file in file_views(asset_id, files)]

    async def dimensions(self, asset_id: str) -> tuple[float, float, float] | None:
        """Width, height and depth in metres; None for one unknown or not ready."""
        asset = await self.assets.get(asset_id)
        return asset.built.dimensions if asset else None

    async def file(self, asset_id: str, name: str) -> File:
        """What everybody may have: it is there once the asset is ready, and never changes.

        Raises NoSuchAsset, NoSuchFile.
        """
        known = self._files.get((asset_id, name))
        if known is None:
            asset = await self.get(asset_id)
            known = public_file(asset, name)
            if len(self._files) >= MAX_KNOWN:
                self._files.clear()
            self._files[asset_id, name] = known
        return known

    def known(self, asset_id: str, name: str) -> File | None:
        """What `file` has answered before."""
        return self._files.get((asset_id, name))

    async def private_file(self, asset_id: str, name: str) -> File:
        """That, the proof, and `source`. Raises NoSuchAsset, NoSuchFile."""
        return private_file(await self.get(asset_id), name)

    async def create(self, id: str, filename: str, sku: str | None, source: Blob) -> Asset:
        """Queue a model; again with the same id answers what is there."""
        asset = await self.assets.insert(self._new(id, filename, sku, source))
        self._call(asset.id)
        return asset

    async def ingest(self, path: Path, sku: str | None = None) -> str:
        """Queue a model of the house, unless this very model is there already; its asset's id.

        One without a SKU is furniture.

        The id comes from content, name, SKU and the converter's version: bringing the same again
        converts nothing, unless it failed the last time. The product must exist before the
        conversion ends. Raises UnknownFormat, OSError.
        """
        name = safe_name(path.name)
        source = await self.blobs.put(path)
        id = _id_of(source.key, self.recipe, sku or "", name)
        new = msgspec.structs.replace(self._new(id, name, sku, source), furniture=sku is None)
        asset = await self.assets.insert(new)
        if asset.status is Status.FAILED:
            await self.assets.change(id, partial(again, now=self.clock()))
        if asset.status is not Status.READY:
            self._call(id)
        return id

    async def jobs(self, status: Status | None, limit: int) -> list[Asset]:
        """Conversions of a status, or of all but `ready`: those due first come first."""
        wanted = [status] if status else [Status.CONVERTING, Status.QUEUED, Status.FAILED]
        return [asset for one in wanted for asset in await self.assets.of_status(one, limit)]

    async def retry(self, id: str) -> Asset:
        """Convert it again, or at once when it waits. Raises NoSuchAsset, WrongState."""
        asset = await self._change(id, partial(retry_now, now=self.clock()))
        self._call(id)
        return asset

    async def cancel(self, id: str, role: str) -> Asset:
        """Stop its conversion, until somebody asks again. Raises NoSuchAsset, WrongState."""
        event, now = self.new_id(), self.clock()
        return await self._change(id, partial(cancel, role=role, event_id=event, now=now))

    async def state(self, id: str) -> tuple[str, float, str]:
        """Status, progress 0..1, what is wrong. Raises NoSuchAsset."""
        asset = await self.get(id)
        wrong = asset.error if asset.status is Status.FAILED else None
        return asset.status.value, asset.progress, (wrong or {}).get("detail", "")

    async def unsent(self, limit: int) -> list[tuple[str, list[dict[str, Any]]]]:
        """Asset ids, each with the events that the relay has not taken."""
        return await self.assets.unsent(limit)

    async def mark_sent(self, id: str, event_ids: Collection[str]) -> None:
        await self.assets.mark_sent(id, event_ids)

    async def _change(self, id: str, fn: Callable[[Asset], Asset]) -> Asset:
        try:
            return await self.assets.change(id, fn)
        except Missing as error:
            raise NoSuchAsset(asset=id) from error

    def _call(self, id: str) -> None:
        self.queued.set()
        for ring in self.rings:
            ring(id)

    def _new(self, id: str, filename: str, sku: str | None, source: Blob) -> Asset:
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
        )


def _id_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
