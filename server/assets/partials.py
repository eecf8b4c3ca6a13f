"""The bytes of unfinished uploads: one file each, whose size is the offset.

Nothing is acknowledged before it is on disk, so a killed process forgets no byte it answered for.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from server.assets.upload import Checksum
from server.errors import room_on_disk

WRITE_BYTES: Final = 1 << 20  # gathered before a thread writes them


class TooManyBytes(Exception):
    """The body brought more than there was room for; none of it is kept."""


class ChecksumDiffers(Exception):
    """The body is not what its checksum says; none of it is kept."""


class Partials:
    """Files `<id>.part` in one folder; `<id>.chunk` holds a body until its checksum is known."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, id: str) -> Path:
        return self.folder / f"{id}.part"

    def size(self, id: str) -> int:
        """Bytes that are here; 0 for what has not begun."""
        try:
            return self.path(id).stat().st_size
        except FileNotFoundError:
            return 0

    def ids(self) -> list[str]:
        """Of everything in the folder, chunks left by a killed process included."""
        return sorted({path.stem for path in self.folder.iterdir()})

    def delete(self, id: str) -> None:
        self.path(id).unlink(missing_ok=True)
        self._chunk(id).unlink(missing_ok=True)

    async def append(self, id: str, body: AsyncIterator[bytes], room: int) -> None:
        """Add the body; when it breaks off, what came before is kept.

        Raises TooManyBytes, DiskFull.
        """
        start = self.size(id)
        with room_on_disk(), self.path(id).open("ab") as file:
            try:
                await _drain(body, file, room)
            except TooManyBytes:
                file.truncate(start)
                raise
            finally:
                await asyncio.to_thread(self._sync, file)

    async def append_checked(
        self, id: str, body: AsyncIterator[bytes], room: int, checksum: Checksum
    ) -> None:
        """Add the body if it is whole and right. Raises TooManyBytes, ChecksumDiffers, DiskFull.

        It waits in a file of its own meanwhile: were it appended at once and the process killed,
        bytes that nobody has checked would count.
        """
        chunk = self._chunk(id)
        try:
            with room_on_disk():
                with chunk.open("wb") as file:
                    await _drain(body, file, room)
                await asyncio.to_thread(self._append_if_right, id, chunk, checksum)
        finally:
            chunk.unlink(missing_ok=True)

    def _append_if_right(self, id: str, chunk: Path, checksum: Checksum) -> None:
        with chunk.open("rb") as source:
            if hashlib.file_digest(source, checksum.algorithm).digest() != checksum.digest:
                raise ChecksumDiffers
            source.seek(0)
            with self.path(id).open("ab") as target:
                shutil.copyfileobj(source, target, WRITE_BYTES)
                self._sync(target)

    def _chunk(self, id: str) -> Path:
        return self.folder / f"{id}.chunk"

    def _sync(self, file: BinaryIO) -> None:
        """The bytes, and the folder's entry for a new file."""
        file.flush()
        os.fsync(file.fileno())
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def _drain(body: AsyncIterator[bytes], file: BinaryIO, room: int) -> None:
    """Write what the body brings, in large blocks; also when it breaks off."""
    waiting = bytearray()
    try:
        async for block in body:
            room -= len(block)
            if room < 0:
                raise TooManyBytes
            waiting += block
            if len(waiting) >= WRITE_BYTES:
                full, waiting = waiting, bytearray()
                await asyncio.to_thread(file.write, full)
    finally:
        file.write(waiting)
