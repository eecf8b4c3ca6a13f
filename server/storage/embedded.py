"""The storage port in one SQLite file, for a server that is one process.

Writes go through one thread with group commit (group_commit.py). `get` runs inline: a read by id
takes 5 µs, less than any hand-over to a thread. `find` may read much, so it has threads of its own.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from server.storage import keyset
from server.storage.group_commit import LOAD, Request, Writer
from server.storage.listing import check_index, check_listing
from server.storage.port import Closed, Doc, Document, Index, InUse, Op, Page

MAX_QUEUED: Final = 2048  # requests accepted and not committed yet; later ones wait to be accepted
FIND_THREADS: Final = 2
SNAPSHOT_BATCH: Final = 500  # documents decoded at a time

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
)
"""

ALL: Final = "SELECT kind, id, body FROM documents ORDER BY kind, id"


class EmbeddedStore:
    """A `Store` on one SQLite file; made by `open`, on the event loop that will use it."""

    def __init__(self, path: Path, declared: frozenset[Index], lock: sqlite3.Connection) -> None:
        self._path = path
        self._declared = declared
        self._lock = lock
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(MAX_QUEUED)
        self._closed = False
        self._writer = Writer(lambda: connect(path), self._committed)
        self._reader = connect(path)
        self._finders = ThreadPoolExecutor(FIND_THREADS, "storage-find")
        self._finder = threading.local()
        self._finder_connections: list[sqlite3.Connection] = []

    @classmethod
    async def open(cls, path: Path, indexes: Iterable[Index]) -> Self:
        """Open or create the file; `path.lock` beside it keeps a second process out.

        Raises InUse; sqlite3.Error when the file is no database.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        declared = frozenset(indexes)
        lock = take(path)
        try:
            prepare(path, declared)
            store = cls(path, declared, lock)
        except BaseException:
            lock.close()
            raise
        store._writer.start()
        return store

    async def get(self, kind: str, id: str) -> Doc | None:
        self._check_open()
        row = self._reader.execute(LOAD, (kind, id)).fetchone()
        return None if row is None else msgspec.json.decode(row[0])

    async def find(
        self,
        kind: str,
        where: Mapping[str, Any],
        *,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        self._check_open()
        check_listing(self._declared, kind, where, order, limit)
        sql, values = query(kind, where, order, limit, after)
        return await self._loop.run_in_executor(
            self._finders, self._find, sql, values, order, limit
        )

    async def run(self, *ops: Op) -> list[Doc | None]:
        await self._room.acquire()  # released by _committed, even if the caller has left by then
        if self._closed:
            self._room.release()
            self._check_open()
        request = Request(ops, self._loop.create_future())
        self._writer.put(request)
        return await request.future

    def documents(self) -> AsyncIterator[Document]:
        self._check_open()
        return snapshot(self._path)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._writer.finish()
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._finders.shutdown)
        for connection in [self._reader, *self._finder_connections, self._lock]:
            connection.close()

    def _check_open(self) -> None:
        if self._closed:
            raise Closed(f"{self._path} has been closed")

    def _committed(self, batch: list[Request]) -> None:
        """On the writer's thread: one wake-up for the whole batch (per future costs 60 % more)."""
        with contextlib.suppress(RuntimeError):  # the loop is gone, and nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, batch)

    def _settle(self, batch: list[Request]) -> None:
        for request in batch:
            request.settle()
            self._room.release()

    def _find(self, sql: str, values: list[Any], order: str | None, limit: int) -> Page:
        rows = self._find_connection().execute(sql, values).fetchall()
        items = [msgspec.json.decode(body) for _, body, _ in rows[:limit]]
        if len(rows) <= limit:
            return Page(items, None)
        id, _, value = rows[limit - 1]
        return Page(items, keyset.encode(order, value, id))

    def _find_connection(self) -> sqlite3.Connection:
        if not hasattr(self._finder, "connection"):
            self._finder.connection = connect(self._path)
            self._finder_connections.append(self._finder.connection)
        found: sqlite3.Connection = self._finder.connection
        return found


def connect(path: Path) -> sqlite3.Connection:
    """A connection that survives power loss at every commit."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


async def snapshot(path: Path) -> AsyncIterator[Document]:
    """All documents as of now, beside whatever process writes: one read transaction, which WAL lets
    everybody else work beside."""
    connection = await asyncio.to_thread(connect, path)
    try:
        rows = await asyncio.to_thread(connection.execute, ALL)
        while batch := await asyncio.to_thread(rows.fetchmany, SNAPSHOT_BATCH):
            for kind, id, body in batch:
                yield Document(kind, id, msgspec.json.decode(body))
    finally:
        connection.close()


def take(path: Path) -> sqlite3.Connection:
    """An exclusive lock beside the file, which the system lets go when the process dies.

    It is SQLite's own lock on an empty file: it works the same on every system. Raises InUse.
    """
    lock = sqlite3.connect(path.with_name(path.name + ".lock"), timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise InUse(
            f"{path} is in use by another process. Stop that one, or choose another data folder."
        ) from error
    return lock


def prepare(path: Path, declared: Iterable[Index]) -> None:
    """The table, and an index per declared field that holds only its kind's documents."""
    with contextlib.closing(connect(path)) as connection:
        connection.execute(SCHEMA)
        for index in declared:
            check_index(index)
            connection.execute(
                f"CREATE INDEX IF NOT EXISTS {index.kind}__{index.field} ON documents "
                f"({column(index.field)}, id) WHERE kind = '{index.kind}'"
            )


def column(field: str) -> str:
    return f"json_extract(body, '$.{field}')"


def query(
    kind: str, where: Mapping[str, Any], order: str | None, limit: int, after: str | None
) -> tuple[str, list[Any]]:
    """SQL and values; kind and fields have passed `check_listing` by then.

    An index that is partial by kind is only considered when the kind is a literal in the text.
    The index is named, because SQLite would rather walk the kind's primary key and sort: that of
    the first field in `where`, so put the most telling one first; else that of `order`.
    """
    by = column(order) if order else "NULL"
    terms, values = [f"kind = '{kind}'"], []
    for field, value in where.items():
        terms.append(f"{column(field)} IS ?")
        values.append(value)
    if order:
        terms.append(f"{by} IS NOT NULL")
    if after is not None:
        value, id = keyset.decode(after, order)
        terms.append(f"({by}, id) > (?, ?)" if order else "id > ?")
        values += [value, id] if order else [id]
    leading = next(iter(where), order)
    indexed = f"INDEXED BY {kind}__{leading}" if leading else ""
    sql = (
        f"SELECT id, body, {by} FROM documents {indexed} WHERE {' AND '.join(terms)} "  # noqa: S608
        f"ORDER BY {f'{by}, id' if order else 'id'} LIMIT ?"
    )
    return sql, [*values, limit + 1]
