"""Where the bytes are: a folder or an S3-compatible store, by sha-256, written once."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

from server.assets.file import Blob

READ_BYTES: Final = 256 * 1024  # handed on at a time
# Create-only writes hold the whole file in memory. Above this size the check comes first and the
# write streams: two writers then write the same bytes, since the key is their hash.
CREATE_ONLY_BYTES: Final = 64_000_000


class Blobs:
    """Content-addressed bytes over obstore."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    @classmethod
    def at(cls, url: str) -> "Blobs":
        """`file:///…` creates the folder; `s3://bucket/prefix` takes AWS_… from the environment."""
        if url.startswith("file:"):
            return cls(LocalStore.from_url(url, mkdir=True))
        return cls(from_url(url))

    async def put(self, path: Path) -> Blob:
        """The file's content, durable on return; putting the same content twice is no error."""
        blob = await asyncio.to_thread(_measure, path)
        if await self.has(blob.key):
            return blob
        if blob.bytes <= CREATE_ONLY_BYTES:
            try:
                await obstore.put_async(self.store, blob.key, path, mode="create")
            except AlreadyExistsError:
                return blob
        else:
            await obstore.put_async(self.store, blob.key, path)
        await self._sync(blob.key)
        return blob

    async def has(self, key: str) -> bool:
        try:
            await obstore.head_async(self.store, key)
        except FileNotFoundError:
            return False
        return True

    async def save(self, key: str, path: Path) -> None:
        """The blob as a file of one's own. Raises FileNotFoundError."""
        with path.open("wb") as file:
            async for block in self.read(key, 0, None):
                await asyncio.to_thread(file.write, block)

    async def read(self, key: str, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        """Bytes `start` up to, not including, `end`. Raises FileNotFoundError."""
        if end is not None and end <= start:
            return
        options = {"range": {"offset": start}} if end is None else {"range": (start, end)}
        found = await obstore.get_async(self.store, key, options=options)  # type: ignore[arg-type]
        async for block in found.stream(min_chunk_size=READ_BYTES):
            yield bytes(block)

    async def _sync(self, key: str) -> None:
        """obstore leaves a local file to the system's cache; a power cut would take it."""
        if isinstance(self.store, LocalStore):
            folder = Path(str(self.store.prefix))
            await asyncio.to_thread(_fsync, folder / key)
            await asyncio.to_thread(_fsync, folder)


def _measure(path: Path) -> Blob:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Blob(digest, file.tell())


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
