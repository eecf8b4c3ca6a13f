"""One thread writes; everybody who asks while it commits shares the next commit.

An fsync costs the same for one change as for a hundred, so a batch is whatever has queued up
meanwhile. Within it a document is decoded once and written once, however many changes it gets.

At 64 callers a batch is 34 orders of two lines and takes 5.3 ms: 2.2 for the commit, half of which
is writing some 100 index pages; 1.3 for encoding and writing 84 documents; 0.7 for the functions;
1.0 for waiting while the event loop has the interpreter (`make bench-storage`, two busy cores).
Tried in turns with this code, and not faster by more than the disk's moods: bodies kept in memory,
all documents of a batch read in one statement, waiting up to 2 ms for a fuller batch, checkpoints
every 4,000 pages or by another thread; several of them worse at the 99th percentile.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

import msgspec

from server.storage.port import Change, Delete, Doc, Exists, Insert, Missing, Op, Unknown

MAX_BATCH: Final = 512  # requests in one commit: bounds how long the first of them waits

LOAD: Final = "SELECT body FROM documents WHERE kind = ? AND id = ?"
WRITE: Final = (
    "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
)
REMOVE: Final = "DELETE FROM documents WHERE kind = ? AND id = ?"

Key = tuple[str, str]  # kind, id


@dataclass(slots=True, eq=False)
class Request:
    """The operations of one `run`, and what became of them."""

    ops: tuple[Op, ...]
    future: asyncio.Future[list[Doc | None]]
    answer: list[Doc | None] = field(default_factory=list)
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell the caller; on the event loop's thread. A caller that has left is no error."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.answer)
        elif isinstance(self.error, StopIteration):  # a future refuses it: it would end generators
            self.future.set_exception(RuntimeError("a Change's function raised StopIteration"))
        else:
            self.future.set_exception(self.error)


class Batch:
    """The documents that one commit touches, as they will be.

    `thorough` encodes after every operation: the way to find out whose document was not JSON.
    """

    def __init__(self, connection: sqlite3.Connection, *, thorough: bool) -> None:
        self._connection = connection
        self._thorough = thorough
        self._present: dict[Key, Doc | None] = {}
        self._touched: dict[Key, None] = {}

    def apply(self, request: Request) -> None:
        """Up to the first operation that fails; what came before it stays."""
        request.answer, request.error = [], None
        for op in request.ops:
            try:
                request.answer.append(self._apply(op))
            except sqlite3.Error:
                raise
            except BaseException as error:  # a Change's function may raise anything: its caller's
                request.error = error
                return

    def flush(self) -> None:
        for key in self._touched:
            doc = self._present[key]
            if doc is None:
                self._connection.execute(REMOVE, key)
            else:
                body = msgspec.json.encode(doc).decode()
                self._connection.execute(WRITE, (*key, body))

    def _apply(self, op: Op) -> Doc | None:
        key = (op.kind, op.id)
        before = self._load(key)
        match op:
            case Insert(doc=doc):
                if before is not None:
                    raise Exists(f"{op.kind} {op.id} exists")
                return self._put(key, doc)
            case Change(fn=fn):
                if before is None:
                    raise Missing(f"there is no {op.kind} {op.id}")
                after = fn(before)
                return before if after is before else self._put(key, after)
            case Delete():
                if before is not None:
                    self._present[key] = None
                    self._touched[key] = None
                return None

    def _load(self, key: Key) -> Doc | None:
        if key not in self._present:
            row = self._connection.execute(LOAD, key).fetchone()
            self._present[key] = None if row is None else msgspec.json.decode(row[0])
        return self._present[key]

    def _put(self, key: Key, doc: Doc) -> Doc:
        if not isinstance(doc, dict):
            raise TypeError(f"a document is a dict, {type(doc).__name__} came for {key}")
        if self._thorough:
            msgspec.json.encode(doc)
        self._present[key] = doc
        self._touched[key] = None
        return doc


class Writer(threading.Thread):
    """Takes requests, commits them in batches, hands each batch back at once."""

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], settle: Callable[[list[Request]], None]
    ) -> None:
        super().__init__(name="storage-writer", daemon=True)
        self._connect = connect
        self._connection = connect()
        self._settle = settle
        self._queue: SimpleQueue[Request | None] = SimpleQueue()

    def put(self, request: Request) -> None:
        self._queue.put(request)

    def finish(self) -> None:
        """End after everything that was put before."""
        self._queue.put(None)

    def run(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            if batch:
                self._commit(batch)
                self._settle(batch)
        self._connection.close()

    def _gather(self) -> tuple[list[Request], bool]:
        """What is queued, at least one; False when it was the last."""
        batch: list[Request] = []
        request = self._queue.get()
        while request is not None:
            batch.append(request)
            if len(batch) == MAX_BATCH:
                return batch, True
            try:
                request = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[Request]) -> None:
        """Durable on return, or every request of it has its error: the thread lives on."""
        try:
            try:
                self._attempt(batch, thorough=False)
            except sqlite3.Error:
                raise
            except Exception:  # a document that is no JSON; the second try finds whose
                self._rollback()
                self._attempt(batch, thorough=True)
        except Exception as cause:
            for request in batch:
                request.error = Unknown(f"the commit failed: {cause}")
                request.error.__cause__ = cause
            self._rollback()

    def _attempt(self, batch: list[Request], *, thorough: bool) -> None:
        documents = Batch(self._connection, thorough=thorough)
        self._connection.execute("BEGIN IMMEDIATE")
        for request in batch:
            documents.apply(request)
        documents.flush()
        self._connection.execute("COMMIT")

    def _rollback(self) -> None:
        """A connection that cannot even roll back is replaced."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.close()
            self._connection = self._connect()
