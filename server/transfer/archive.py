"""A backup's file: every document as a line of JSON, gzipped, with a sum over all at the end.

    {"format": "vitrine-backup", "version": 1, "made_at", "program", "schema", "secret"}
    {"kind", "id", "doc"}
    …
    {"end": {"counts": {kind: number}, "sum": hex}}

The same whatever engine held them. It holds what people wrote and the server's secret: only its
owner may read it.
"""

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from server.storage.port import Document
from server.transfer.tally import Tally

FORMAT: Final = "vitrine-backup"
VERSION: Final = 1
BLOCK_BYTES: Final = 1 << 20  # of JSON, compressed at a time
MAX_LINE: Final = 64_000_000  # bytes of one document: a file that has longer lines is none of ours


class BadArchive(ValueError):
    """The file is no backup, not a whole one, or a newer program's."""


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    version: int
    made_at: str
    program: str
    schema: dict[str, int] = {}
    secret: str = ""  # hex; empty when it is the environment that has it


async def write(
    path: Path,
    header: Header,
    documents: AsyncIterator[Document],
    report: Callable[[int], object],
) -> Tally:
    """Whole or not at all. Raises FileExistsError, OSError, and what the documents raise."""
    if await asyncio.to_thread(path.exists):
        raise FileExistsError(path)
    part = path.with_name(path.name + ".part")
    tally = Tally()
    handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            waiting = bytearray(line(header))
            async for document in documents:
                tally.add(document)
                waiting += line(document)
                if len(waiting) >= BLOCK_BYTES:
                    full, waiting = waiting, bytearray()
                    await asyncio.to_thread(file.write, full)
                    report(tally.documents)
            waiting += line({"end": tally.state()})
            await asyncio.to_thread(file.write, waiting)
            file.close()
            raw.flush()
            await asyncio.to_thread(os.fsync, raw.fileno())
        os.link(part, path)  # refuses where rename would overwrite
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return tally


def line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_header(path: Path) -> Header:
    """Raises BadArchive, OSError."""
    return _header(path, next(_lines(path), b""))


def read(path: Path) -> Iterator[Document]:
    """All documents. Raises BadArchive, at the end as well: when some are missing or differ."""
    tally, ended = Tally(), False
    lines = _lines(path)
    _header(path, next(lines, b""))
    for text in lines:
        if ended:
            raise BadArchive(f"{path} goes on after its end.")
        try:
            if text.startswith(b'{"end"'):
                ended = True
                if msgspec.json.decode(text)["end"] != tally.state():
                    raise BadArchive(f"{path} is damaged: its documents are not those it counted.")
                continue
            document = msgspec.json.decode(text, type=Document)
        except (msgspec.DecodeError, KeyError) as error:
            raise BadArchive(f"{path} is damaged: a line of it is no document.") from error
        tally.add(document)
        yield document
    if not ended:
        raise BadArchive(f"{path} is not whole: it breaks off after {tally.documents} documents.")


def check(path: Path) -> Tally:
    """Reads all of it. Raises BadArchive, OSError."""
    tally = Tally()
    for document in read(path):
        tally.add(document)
    return tally


def _header(path: Path, text: bytes) -> Header:
    try:
        header = msgspec.json.decode(text, type=Header)
    except msgspec.DecodeError as error:
        raise BadArchive(f"{path} is no backup of this program.") from error
    if header.format != FORMAT or header.version > VERSION:
        raise BadArchive(f"{path} was made by a newer program ({header.program}): use that one.")
    return header


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while text := file.readline(MAX_LINE):
                yield text
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadArchive(f"{path} is damaged or not whole: {error}.") from error
