"""Backup, restore and migrate, as the terminal asks for them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from server import __version__, engines
from server.app import INDEXES
from server.assets.blobs import Blobs
from server.assets.file import FilesAway
from server.engines import BadEngine
from server.folder import Stopped
from server.secret import own_secret, write_private
from server.settings import Settings
from server.storage.port import Document, InUse, StorageError, Store
from server.transfer import archive, files, load
from server.transfer.tally import Tally

BESIDE: Final = "blobs"  # beside the backup's file: several backups share what they have in common
FAILURES: Final = (
    archive.BadArchive,
    load.NotEmpty,
    load.Different,
    files.Damaged,
    BadEngine,
    StorageError,
    FilesAway,
)


class Report(Protocol):
    """How far one part of the work is."""

    def __call__(self, part: str, done: int, total: int | None) -> object: ...


@dataclass(frozen=True, slots=True)
class Done:
    """What was moved. `files` None: they were left out."""

    documents: Tally
    files: files.Copied | None


@asynccontextmanager
async def explained() -> AsyncIterator[None]:
    """What can go wrong, as Stopped: in a line."""
    try:
        yield
    except InUse as error:
        raise Stopped(
            f"{error} Documents can only be moved while no server runs on them."
        ) from error
    except FileExistsError as error:
        raise Stopped(f"{error.args[0]} exists. Name another file.") from error
    except FAILURES as error:
        raise Stopped(str(error)) from error
    except OSError as error:
        raise Stopped(
            f"{error.filename or 'The data'} cannot be used: {error.strerror}."
        ) from error


async def backup(settings: Settings, file: Path, blobs: str | None, report: Report) -> Done:
    """Of a house that may be running. `blobs`: where files go, "" to leave them out, None for a
    folder beside `file`. Raises Stopped."""
    async with explained():
        async with engines.reading(settings) as documents:
            header = archive.Header(
                format=archive.FORMAT,
                version=archive.VERSION,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                program=__version__,
                schema=engines.SCHEMA.versions,
                secret="" if settings.secret else own_secret(settings.data).hex(),
            )
            tally = await archive.write(file, header, documents, counted("documents", report))
        # Files after documents: whatever these name is there by now, and no file is ever changed.
        place = beside(file) if blobs is None else blobs
        copied = await copy(settings, settings.blobs_url, place, report) if place else None
        return Done(tally, copied)


async def restore(settings: Settings, file: Path, blobs: str | None, report: Report) -> Done:
    """Into a house that holds nothing. Raises Stopped."""
    async with explained():
        header = archive.read_header(file)
        engines.SCHEMA.check(header.schema)
        archive.check(file)  # all of it, before the first document is written
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with opened(settings) as store:
            documents = one_by_one(archive.read(file))
            source = f"the backup of {header.made_at}"
            tally = await load.load(store, source, documents, counted("documents", report))
            place = beside(file) if blobs is None else blobs
            copied = await copy(settings, place, settings.blobs_url, report) if place else None
            if header.secret and not settings.secret:
                write_private(settings.data / "secret.key", header.secret)
            await load.finish(store)
        return Done(tally, copied)


async def migrate(settings: Settings, to: str, blobs_to: str, report: Report) -> Done:
    """From the engines of `settings` to these, of which either may be empty: left as it is.

    Nothing is taken away from where it was. Raises Stopped.
    """
    if not (to or blobs_to):
        raise Stopped("Say where to: --to mongodb://…, --blobs-to s3://…, or both.")
    async with explained():
        copied, tally = None, Tally()
        async with opened(settings) as source:  # nobody writes meanwhile
            if to:
                target_settings = msgspec.structs.replace(settings, database_url=to)
                async with opened(target_settings) as target:
                    name = settings.database_url.split("@")[-1] or str(settings.data.resolve())
                    documents = source.documents()
                    tally = await load.load(target, name, documents, counted("documents", report))
                    if blobs_to:
                        copied = await copy(settings, settings.blobs_url, blobs_to, report)
                    await load.finish(target)
            else:
                copied = await copy(settings, settings.blobs_url, blobs_to, report)
        return Done(tally, copied)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The engine itself, whatever versions its documents are of; no other process's."""
    store = await engines.open_engine(settings, INDEXES)
    try:
        yield store
    finally:
        await store.close()


async def copy(settings: Settings, source: str, target: str, report: Report) -> files.Copied:
    """Between two addresses of files; "" is the data folder's own."""

    def tell(done: int, total: int) -> None:
        report("files", done, total)

    def place(url: str) -> Blobs:
        return engines.open_blobs(msgspec.structs.replace(settings, blobs_url=url))

    return await files.copy(place(source), place(target), tell)


def beside(file: Path) -> str:
    return (file.resolve().parent / BESIDE).as_uri()


def counted(part: str, report: Report) -> Callable[[int], object]:
    return lambda done: report(part, done, None)


async def one_by_one(documents: Iterator[Document]) -> AsyncIterator[Document]:
    """From a file, as from an engine."""
    for document in documents:
        yield document
