"""Where the bytes are: a folder or an S3-compatible store, by sha-256, written once."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from server.assets.file import Blob, FilesAway

READ_BYTES: Final = 256 * 1024  # handed on at a time
# A create-only write holds the whole file in memory. Above this size the check comes first and the
# write streams in parts: two writers then write the same bytes, since the key is their hash.
CREATE_ONLY_BYTES: Final = 8_000_000
PART_BYTES: Final = 8 * 1024 * 1024  # of a streamed write; S3 takes up to 10,000 parts
PARTS_AT_ONCE: Final = 3
CLIENT: Final[dict[str, Any]] = {
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=20),  # without a byte
    "timeout": timedelta(hours=1),  # of a whole body: its reader may be slow
}
RETRIES: Final[dict[str, Any]] = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
# Hears of an operation: its name, seconds (None: only bytes), bytes, whether the store did it.
Seen = Callable[[str, float | None, int, bool], object]
log = structlog.get_logger()


class Blobs:
    """Content-addressed bytes over obstore. Every call raises FilesAway when it is out of reach."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.folder = Path(str(store.prefix)) if isinstance(store, LocalStore) else None
        self.seen: Seen = lambda *_: None

    @classmethod
    def at(cls, url: str) -> "Blobs":
        """`file:///…` creates the folder; `s3://bucket/prefix` takes AWS_… from the environment;
        `memory:///` forgets. Raises ValueError for other addresses."""
        scheme = url.partition(":")[0]
        if scheme == "file":
            return cls(LocalStore.from_url(url, mkdir=True))
        if scheme == "memory":
            return cls(MemoryStore())
        if scheme not in {"s3", "s3a"}:
            raise ValueError(f"{url!r}: an address of files begins with file:, s3: or memory:.")
        plain = os.environ.get("AWS_ENDPOINT", "").startswith("http://")
        options: Any = CLIENT | ({"allow_http": True} if plain else {})
        retries: Any = RETRIES
        return cls(S3Store.from_url(url, client_options=options, retry_config=retries))

    async def check(self) -> None:
        """Raises FilesAway when the store does not answer."""
        await self.has("0" * 64)

    async def put(self, path: Path) -> Blob:
        """The file's content, durable on return; putting the same content twice is no error."""
        blob = await asyncio.to_thread(_measure, path)
        await self.put_as(blob.key, path, blob.bytes)
        return blob

    async def put_as(self, key: str, path: Path, size: int) -> None:
        """Under a key that stands for this very content."""
        if await self.has(key):
            return
        with self._timed("write", size):
            if size <= CREATE_ONLY_BYTES:
                try:
                    await obstore.put_async(self.store, key, path, mode="create")
                except AlreadyExistsError:
                    return
            else:
                await obstore.put_async(
                    self.store, key, path, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
                )
        await self._sync(key)

    async def has(self, key: str) -> bool:
        with self._timed("look"):
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
        options: Any = {"range": {"offset": start}} if end is None else {"range": (start, end)}
        if start == 0 and end is None:
            options = None  # an empty file has no range
        with self._timed("open"):
            found = await obstore.get_async(self.store, key, options=options)
        with _reached():
            async for block in found.stream(min_chunk_size=READ_BYTES):
                self.seen("read", None, len(block), True)
                yield bytes(block)

    async def all(self) -> AsyncGenerator[Blob, None]:
        """What is there, by no order."""
        with _reached():
            async for page in obstore.list(self.store):
                for found in page:
                    yield Blob(found["path"], found["size"])

    def path(self, key: str) -> Path | None:
        """The file itself, where blobs are files on this machine."""
        return self.folder / key if self.folder is not None else None

    @contextmanager
    def _timed(self, operation: str, size: int = 0) -> Iterator[None]:
        began, here = time.perf_counter(), True
        try:
            with _reached():
                yield
        except FilesAway:
            here = False
            raise
        finally:
            self.seen(operation, time.perf_counter() - began, size if here else 0, here)

    async def _sync(self, key: str) -> None:
        """obstore leaves a local file to the system's cache; a power cut would take it."""
        if self.folder is not None:
            await asyncio.to_thread(_fsync, self.folder / key)
            await asyncio.to_thread(_fsync, self.folder)


@contextmanager
def _reached() -> Iterator[None]:
    """Whatever the store's client cannot mend becomes FilesAway; a missing blob stays that."""
    try:
        yield
    except (BaseError, PermissionError, TimeoutError) as error:
        if isinstance(error, AlreadyExistsError):
            raise
        log.warning("blobs.away", why=str(error).split("\n", 1)[0][:300])
        raise FilesAway(retry_after=2) from error


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
