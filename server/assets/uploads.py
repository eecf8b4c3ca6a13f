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
from server.errors import Unavailable
from server.storage.port import StorageError

SWEEP_SECONDS: Final = 60.0
HAND_OVER_SECONDS: Final = 2.0  # between two tries to hand over what is complete
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
        sweep_seconds: float = SWEEP_SECONDS,
        hand_over_seconds: float = HAND_OVER_SECONDS,
    ) -> None:
        self.uploads = uploads
        self.partials = partials
        self.blobs = blobs
        self.assets = assets
        self.catalog = catalog
        self.clock = clock
        self.new_id = new_id
        self.limits = limits
        # Hears of (`received`, `finished`, `given_up` or `expired`, bytes).
        self.counted: Callable[[str, int], object] = lambda *_: None
        self.sweep_seconds = sweep_seconds
        self.hand_over_seconds = hand_over_seconds
        self._complete: set[str] = set()  # or not known yet; to be handed over
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
        """The upload and its offset. Raises NoSuchUpload, UploadExpired, FilesAway."""
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
        WrongChecksum, FilesAway when all of it is here and cannot be handed on yet, and whatever
        `body` raises when it breaks off: what came is kept then, unless it has a checksum.
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
            finally:
                self.counted("received", max(0, self._offset(upload) - offset))
            offset = self._offset(upload)
            if offset == upload.length and not upload.done:
                upload = await self._finish(upload)
        return upload, offset

    async def give_up(self, person: str, id: str) -> None:
        """Forget the upload; an asset that came of it stays. Raises NoSuchUpload, UploadBusy."""
        await self._own(person, id)
        with self._writing(id):
            await self._forget(id)
        self.counted("given_up", 0)

    async def run(self) -> None:
        """Finish what a killed process left, then keep handing over and removing."""
        await self.recover()
        swept = 0.0
        while True:
            try:
                await self.hand_over()
                if swept <= 0:
                    await self.sweep()
                    swept = self.sweep_seconds
            except StorageError:
                log.warning("uploads.storage_away", exc_info=True)
            await asyncio.sleep(self.hand_over_seconds)
            swept -= self.hand_over_seconds

    async def recover(self) -> None:
        """Look at every file that is here, as a killed process may have left them."""
        self._complete |= set(self.partials.ids())
        await self.hand_over()

    async def hand_over(self) -> None:
        """Complete files become assets; files that nobody can continue go."""
        for id in sorted(self._complete - self._busy):
            upload = await self.uploads.get(id)
            if upload is None or upload.done:
                self.partials.delete(id)
            elif self.partials.size(id) == upload.length:
                try:
                    with self._writing(id):
                        await self._finish(upload)
                except noun.UploadBusy:
                    continue  # its owner has just come back
                except Unavailable:
                    return  # they all go to the same place: later
                log.info("upload.recovered", upload=id, asset=upload.asset)
            self._complete.discard(id)

    async def sweep(self) -> None:
        """Forget what has expired, and never what is complete."""
        for upload in await self.uploads.expired(self.clock(), BATCH):
            if upload.id in self._busy:
                continue
            if upload.done or self.partials.size(upload.id) < upload.length:
                await self._forget(upload.id)
                if not upload.done:
                    self.counted("expired", 0)
            else:
                self._complete.add(upload.id)

    async def _own(self, person: str, id: str) -> Upload:
        upload = await self.uploads.get(id)
        if upload is None or upload.person != person:
            raise noun.NoSuchUpload(upload=id)
        late = upload.expires_at <= self.clock()
        if late and (upload.done or self.partials.size(id) < upload.length):
            raise noun.UploadExpired(upload=id, expired_at=upload.expires_at.isoformat())
        return upload

    def _offset(self, upload: Upload) -> int:
        return upload.length if upload.done else self.partials.size(upload.id)

    async def _finish(self, upload: Upload) -> Upload:
        """Every step may run again: the blob by its hash, the asset by its id, the mark.

        Raises Unavailable, StorageError: the bytes stay here, and `run` tries again.
        """
        self._complete.add(upload.id)
        blob = await self.blobs.put(self.partials.path(upload.id))
        await self.assets.create(upload.asset, upload.filename, upload.sku, blob)

        def done(upload: Upload) -> Upload:
            return msgspec.structs.replace(upload, done=True, sha256=blob.key)

        changed = await self.uploads.change(upload.id, done)
        self.counted("finished", upload.length)
        self.partials.delete(upload.id)
        self._complete.discard(upload.id)
        return changed or done(upload)

    async def _forget(self, id: str) -> None:
        await self.uploads.delete(id)
        self.partials.delete(id)
        self._complete.discard(id)

    @contextmanager
    def _writing(self, id: str) -> Iterator[None]:
        if id in self._busy:
            raise noun.UploadBusy(upload=id)
        self._busy.add(id)
        try:
            yield
        finally:
            self._busy.discard(id)
