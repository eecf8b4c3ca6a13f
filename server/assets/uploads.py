"""Uploads: begun, continued, finished into an asset, given up. The protocol's words: tus.py."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from server.assets import upload as noun
from server.assets.asset import Asset
from server.assets.file import Blob, safe_name
from server.assets.partials import ChecksumDiffers, Partials, TooManyBytes
from server.assets.repository import Uploads
from server.assets.upload import Checksum, Upload

SWEEP_SECONDS: Final = 60.0
BATCH: Final = 100
log = structlog.get_logger()


class Catalog(Protocol):
    async def exists(self, sku: str) -> bool: ...


class Blobs(Protocol):
    async def put(self, path: Path) -> Blob: ...


class Assets(Protocol):
    async def create(self, id: str, filename: str, sku: str | None, source: Blob) -> Asset: ...


@dataclass(frozen=True, slots=True)
class UploadLimits:
    bytes: int = 512_000_000  # of one model
    open: int = 20  # unfinished uploads of one person
    lifetime: timedelta = timedelta(hours=24)


class UploadService:
    """The owner's view of uploads; one process serves a folder of partial files."""

    def __init__(
        self,
        uploads: Uploads,
        partials: Partials,
        blobs: Blobs,
        assets: Assets,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        limits: UploadLimits,
    ) -> None:
        self.uploads = uploads
        self.partials = partials
        self.blobs = blobs
        self.assets = assets
        self.catalog = catalog
        self.clock = clock
        self.new_id = new_id
        self.limits = limits
        self._busy: set[str] = set()
        self._creating = asyncio.Lock()

    async def begin(self, person: str, length: int, metadata: str | None) -> Upload:
        """Raises BadUpload, UnknownFormat, UnknownProduct, TooManyUploads."""
        found = noun.read_metadata(metadata)
        if "filename" not in found:
            raise noun.BadUpload(reason="Upload-Metadata lacks `filename`.")
        filename = safe_name(found["filename"])
        sku = found.get("sku") or None
        if sku is not None and not await self.catalog.exists(sku):
            raise noun.UnknownProduct(sku=sku)
        now = self.clock()
        upload = Upload(
            id=self.new_id(),
            person=person,
            filename=filename,
            sku=sku,
            length=length,
            metadata=metadata or "",
            asset=self.new_id(),
            created_at=now,
            expires_at=now + self.limits.lifetime,
        )
        async with self._creating:
            most = self.limits.open
            if await self.uploads.count_open(person, most) >= most:
                raise noun.TooManyUploads(limit=most)
            await self.uploads.insert(upload)
        return upload

    async def state(self, person: str, id: str) -> tuple[Upload, int]:
        """The upload and its offset. Raises NoSuchUpload, UploadExpired."""
        upload = await self._own(person, id)
        offset = self._offset(upload)
        if offset == upload.length and not upload.done and id not in self._busy:
            with self._writing(id):  # the process died between the last byte and the asset
                upload = await self._finish(upload)
        return upload, offset

    async def receive(
        self,
        person: str,
        id: str,
        sent: int,
        body: AsyncIterator[bytes],
        announced: int | None,
        checksum: Checksum | None,
    ) -> tuple[Upload, int]:
        """Add the bytes that start at offset `sent`; the last ones make the asset.

        Raises NoSuchUpload, UploadExpired, UploadBusy, WrongOffset, MoreThanAnnounced,
        WrongChecksum, and whatever `body` raises when it breaks off: what came is kept then,
        unless it has a checksum.
        """
        upload = await self._own(person, id)
        with self._writing(id):
            offset = self._offset(upload)
            room = noun.room(upload, sent, offset, announced)
            try:
                if checksum:
                    await self.partials.append_checked(id, body, room, checksum)
                elif room:
                    await self.partials.append(id, body, room)
            except TooManyBytes as error:
                raise noun.MoreThanAnnounced(upload=id, room=room, length=upload.length) from error
            except ChecksumDiffers as error:
                raise noun.WrongChecksum(upload=id, offset=offset) from error
            offset = self._offset(upload)
            if offset == upload.length and not upload.done:
                upload = await self._finish(upload)
        return upload, offset

    async def give_up(self, person: str, id: str) -> None:
        """Forget the upload; an asset that came of it stays. Raises NoSuchUpload, UploadBusy."""
        await self._own(person, id)
        with self._writing(id):
            await self._forget(id)

    async def run(self) -> None:
        """Finish what a killed process left, then keep removing what has expired."""
        await self.recover()
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def recover(self) -> None:
        """Complete files become assets; files that nobody can continue go."""
        for id in self.partials.ids():
            upload = await self.uploads.get(id)
            if upload is None or upload.done:
                self.partials.delete(id)
            elif self.partials.size(id) == upload.length and id not in self._busy:
                with self._writing(id):
                    await self._finish(upload)
                log.info("upload.recovered", upload=id, asset=upload.asset)

    async def sweep(self) -> None:
        for upload in await self.uploads.expired(self.clock(), BATCH):
            if upload.id not in self._busy:
                await self._forget(upload.id)

    async def _own(self, person: str, id: str) -> Upload:
        upload = await self.uploads.get(id)
        if upload is None or upload.person != person:
            raise noun.NoSuchUpload(upload=id)
        if upload.expires_at <= self.clock():
            raise noun.UploadExpired(upload=id, expired_at=upload.expires_at.isoformat())
        return upload

    def _offset(self, upload: Upload) -> int:
        return upload.length if upload.done else self.partials.size(upload.id)

    async def _finish(self, upload: Upload) -> Upload:
        """Every step may run again: the blob by its hash, the asset by its id, the mark."""
        blob = await self.blobs.put(self.partials.path(upload.id))
        await self.assets.create(upload.asset, upload.filename, upload.sku, blob)

        def done(upload: Upload) -> Upload:
            return msgspec.structs.replace(upload, done=True, sha256=blob.key)

        changed = await self.uploads.change(upload.id, done)
        self.partials.delete(upload.id)
        return changed or done(upload)

    async def _forget(self, id: str) -> None:
        await self.uploads.delete(id)
        self.partials.delete(id)

    @contextmanager
    def _writing(self, id: str) -> Iterator[None]:
        if id in self._busy:
            raise noun.UploadBusy(upload=id)
        self._busy.add(id)
        try:
            yield
        finally:
            self._busy.discard(id)
