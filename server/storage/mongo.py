"""The storage port on MongoDB, for servers that are many processes. Only this file knows a driver.

Every operation is one write of one document, acknowledged by a majority with its journal.
Motor's last fixes end in May 2027; PyMongo's own async API can take its place here.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Self, TypeVar

import bson
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel, WriteConcern, errors, timeout
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from server.storage import keyset
from server.storage.combining import Combiner, Found, Key
from server.storage.listing import NAME, check_index, check_listing
from server.storage.mongo_form import at, condition, restored, stored
from server.storage.port import (
    Change,
    Closed,
    Delete,
    Doc,
    Document,
    Exists,
    Index,
    Insert,
    Op,
    Page,
    Unavailable,
    Unknown,
)

MAX_RUNNING: Final = 2048  # runs accepted and not done yet; later ones wait to be accepted
CALL_SECONDS: Final = 5.0  # one exchange with the server
INDEX_SECONDS: Final = 600.0  # a new index on what has grown large; only at the start
PATIENCE_SECONDS: Final = 3.0  # a call waits and tries again while the server is away
RETRY_SECONDS: Final = 0.05  # at most, between two tries
NOTICE_SECONDS: Final = 0.5  # between two looks at each server: the least the driver allows
ALL_PAGE: Final = 500  # documents that `documents` holds at a time
MAX_DOCUMENT_BYTES: Final = 16_000_000  # MongoDB's own limit is a little more

NOT_SENT: Final = (errors.ServerSelectionTimeoutError, errors.WaitQueueTimeoutError)
UNSURE: Final = (  # it may have happened, or may not last
    *(errors.ConnectionFailure, errors.ExecutionTimeout, errors.WriteConcernError),
    TimeoutError,
)

T = TypeVar("T")


class BadAddress(ValueError):
    """What was given is no address of a MongoDB database."""


class WholeNumber(TypeDecoder):
    """A number above 32 bits comes back as what it was, not as the driver's own type."""

    bson_type = Int64

    def transform_bson(self, value: Any) -> int:
        return int(value)


class Presence(ServerHeartbeatListener):
    """Whether a server that takes writes is known; the driver's own threads look after that.

    A TopologyListener would say just this, but the driver tells those once a second only.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._here = asyncio.Event()
        self._writable: set[Any] = set()  # addresses

    async def wait(self, seconds: float) -> None:
        """No thread is held meanwhile: callers that wait hinder nobody.

        Raises ServerSelectionTimeoutError, as the driver itself would.
        """
        if self._here.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._here.wait()
        except TimeoutError as error:
            raise errors.ServerSelectionTimeoutError("no server answers") from error

    def found(self) -> None:
        """By other means: behind a load balancer the driver does not look."""
        self._here.set()

    def started(self, event: ServerHeartbeatStartedEvent) -> None: ...

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        self._tell(event.connection_id, writable=event.reply.is_writable)

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        self._tell(event.connection_id, writable=False)

    def _tell(self, address: Any, *, writable: bool) -> None:
        """On the driver's thread."""
        with contextlib.suppress(RuntimeError):  # the loop is gone, and nobody waits any more
            self._loop.call_soon_threadsafe(self._know, address, writable)

    def _know(self, address: Any, writable: bool) -> None:
        (self._writable.add if writable else self._writable.discard)(address)
        (self._here.set if self._writable else self._here.clear)()


class MongoStore:
    """A `Store` on one database; made by `open`, on the event loop that will use it."""

    def __init__(self, url: str, declared: frozenset[Index]) -> None:
        """Raises BadAddress."""
        self._declared = declared
        self._presence = Presence()
        try:
            self._client: Any = AsyncIOMotorClient(
                url,
                appname="vitrine",
                event_listeners=[self._presence],
                timeoutMS=int(CALL_SECONDS * 1000),
                connectTimeoutMS=int(PATIENCE_SECONDS * 1000),
                serverSelectionTimeoutMS=int(PATIENCE_SECONDS * 1000),
                heartbeatFrequencyMS=int(NOTICE_SECONDS * 1000),
                retryWrites=False,  # `_ask` does it, and knows what happened on a single server too
            )
            self._database = self._client.get_default_database(
                codec_options=CodecOptions(type_registry=TypeRegistry([WholeNumber()])),
                write_concern=WriteConcern(w="majority", j=True),
            )
        except (errors.ConfigurationError, ValueError) as error:
            raise BadAddress(f"{error} It looks like mongodb://host:27017/vitrine.") from error
        self._combiner = Combiner(self, random.random)
        self._room = asyncio.Semaphore(MAX_RUNNING)
        self._running: set[asyncio.Task[list[Doc | None]]] = set()
        self._closed = False

    @classmethod
    async def open(cls, url: str, indexes: Iterable[Index]) -> Self:
        """Connect, and make the indexes that are missing. Raises BadAddress, Unavailable."""
        declared = frozenset(indexes)
        for index in declared:
            check_index(index)
        store = cls(url, declared)
        try:
            await store._connect()
            for kind in sorted({index.kind for index in declared}):
                await store._index(kind)
        except BaseException:
            store._client.close()
            raise
        return store

    async def get(self, kind: str, id: str) -> Doc | None:
        self._check_open()
        found = await self.load((kind, id))
        return None if found is None else found.doc

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
        wanted = condition(where, order, after)
        by = [(at(order), 1), ("_id", 1)] if order else [("_id", 1)]
        rows = await self._rows(kind, wanted, by, limit + 1)
        items = [restored(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(items, None)
        value = items[-1][order] if order else None
        return Page(items, keyset.encode(order, value, rows[limit - 1]["_id"]))

    async def run(self, *ops: Op) -> list[Doc | None]:
        await self._room.acquire()  # released by _ran, even if the caller has left by then
        if self._closed:
            self._room.release()
            self._check_open()
        running = asyncio.create_task(self._run(ops))
        self._running.add(running)
        running.add_done_callback(self._ran)
        return await asyncio.shield(running)  # a caller that leaves does not stop it half way

    async def documents(self) -> AsyncIterator[Document]:
        """In pages: each is asked for anew, so it may take as long as the reader does."""
        self._check_open()
        names = await self._ask(lambda _: self._database.list_collection_names())
        for kind in sorted(filter(NAME.fullmatch, names)):
            after: dict[str, Any] = {}
            while rows := await self._rows(kind, after, [("_id", 1)], ALL_PAGE):
                for row in rows:
                    yield Document(kind, row["_id"], restored(row))
                after = {"_id": {"$gt": rows[-1]["_id"]}}

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*self._running, return_exceptions=True)
        self._client.close()

    # ---- what the combiner asks ----

    async def load(self, key: Key) -> Found | None:
        kind, id = key
        row = await self._ask(lambda _: self._database[kind].find_one({"_id": id}))
        return None if row is None else Found(restored(row), row["stamp"])

    def encode(self, key: Key, doc: Doc) -> tuple[Any, RawBSONDocument]:
        """Its stamp and itself. Raises TypeError, OverflowError or ValueError."""
        stamp = bson.ObjectId()
        encoded = bson.encode({"_id": key[1], "stamp": stamp, **stored(doc)})
        if len(encoded) > MAX_DOCUMENT_BYTES:
            raise ValueError(f"{key[0]} {key[1]} has {len(encoded)} bytes: too many for a document")
        return stamp, RawBSONDocument(encoded)

    async def replace(self, key: Key, old: Any, encoded: tuple[Any, RawBSONDocument]) -> Any:
        stamp, document = encoded
        kind, id = key

        async def write(again: bool) -> Any:
            # The former try may have come through. Then writing the same once more changes nothing
            # and is acknowledged by a majority, which reading would not be.
            olds = {"$in": [old, stamp]} if again else old
            answer = await self._database[kind].replace_one({"_id": id, "stamp": olds}, document)
            if answer.matched_count:
                return stamp
            if again:
                raise Unknown(f"{kind} {id} was changed by others while the connection was lost")
            return None

        return await self._ask(write, writes=True)

    # ---- operations ----

    def _ran(self, running: asyncio.Task[list[Doc | None]]) -> None:
        self._running.discard(running)
        self._room.release()

    async def _run(self, ops: tuple[Op, ...]) -> list[Doc | None]:
        return [await self._apply(op) for op in ops]

    async def _apply(self, op: Op) -> Doc | None:
        match op:
            case Insert(doc=doc):
                await self._insert((op.kind, op.id), doc)
                return doc
            case Change(fn=fn):
                return await self._combiner.change((op.kind, op.id), fn)
            case Delete(kind, id):
                await self._ask(lambda _: self._database[kind].delete_one({"_id": id}), writes=True)
                return None

    async def _insert(self, key: Key, doc: Doc) -> None:
        stamp, document = self.encode(key, doc)
        kind, id = key

        async def write(again: bool) -> None:
            collection = self._database[kind]
            try:
                await collection.insert_one(document)
            except errors.DuplicateKeyError as error:
                if not again:
                    raise Exists(f"{kind} {id} exists") from error
                own = await collection.replace_one({"_id": id, "stamp": stamp}, document)
                if not own.matched_count:
                    raise Unknown(f"{kind} {id} exists, perhaps from this very insert") from error

        await self._ask(write, writes=True)

    async def _rows(
        self, kind: str, wanted: dict[str, Any], by: list[tuple[str, int]], limit: int
    ) -> list[dict[str, Any]]:
        async def read(_: bool) -> list[dict[str, Any]]:
            cursor = self._database[kind].find(wanted).sort(by).limit(limit)
            return list(await cursor.to_list(limit))

        return await self._ask(read)

    async def _index(self, kind: str) -> None:
        models = [
            IndexModel([(at(index.field), 1), ("_id", 1)], name=index.field)
            for index in sorted(self._declared, key=lambda index: index.field)
            if index.kind == kind
        ]
        with timeout(INDEX_SECONDS):
            await self._ask(
                lambda _: self._database[kind].create_indexes(models), seconds=INDEX_SECONDS
            )

    # ---- the connection ----

    async def _connect(self) -> None:
        """The first question; from then on the driver watches its servers. Raises Unavailable."""
        try:
            await self._client.admin.command("ping")
        except errors.PyMongoError as error:
            raise Unavailable(f"MongoDB cannot be reached: {error}") from error
        self._presence.found()

    async def _ask(
        self,
        call: Callable[[bool], Awaitable[T]],
        *,
        writes: bool = False,
        seconds: float | None = None,
    ) -> T:
        """Its answer. While the server is away or comes back, it is called again, and told whether
        a former call may have happened.

        Raises Unavailable, and Unknown for a write that may have happened.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        unsure = False
        while True:
            try:
                await self._presence.wait(until - loop.time())
                async with asyncio.timeout(seconds or CALL_SECONDS):
                    return await call(unsure)
            except NOT_SENT as error:
                cause: Exception = error
            except UNSURE as error:
                cause, unsure = error, writes
            except errors.PyMongoError as error:  # it said no: nothing was written
                raise Unavailable(f"MongoDB refuses: {error}") from error
            if loop.time() >= until:
                if unsure:
                    raise Unknown(f"MongoDB went away in the middle: {cause}") from cause
                raise Unavailable(f"MongoDB cannot be reached: {cause}") from cause
            await asyncio.sleep(random.random() * RETRY_SECONDS)  # noqa: S311  not a secret

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("the store has been closed")
