"""Which engine stands behind each port: the only place that maps addresses to classes."""

import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from server.assets.blobs import Blobs
from server.folder import DATABASE
from server.rooms.directory import Alone, Directory, Node
from server.settings import PREFIX, Settings
from server.storage.embedded import EmbeddedStore, snapshot
from server.storage.migrations import HalfMoved, NewerStore, Schema, bring_forward
from server.storage.port import Document, Index, Store
from server.telemetry.readiness import Check

SCHEMA: Final = Schema({})  # by kind: see storage/migrations.py; every kind is of its first version
MONGO: Final = frozenset({"mongodb", "mongodb+srv"})


class BadEngine(ValueError):
    """A setting names an engine that is not known."""


def store_name(settings: Settings) -> str:
    """Of the engine that holds the documents, for figures and messages."""
    return "mongodb" if settings.database_url else "sqlite"


async def open_store(settings: Settings, indexes: Iterable[Index]) -> Store:
    """The engine, with all that is in it of the present version.

    Raises InUse when another process has the data folder; Unavailable, BadEngine, OSError.
    """
    store = await open_engine(settings, indexes)
    try:
        return await bring_forward(store, SCHEMA, time.time, uuid.uuid4().hex)
    except (NewerStore, HalfMoved) as error:
        await store.close()
        raise BadEngine(str(error)) from error
    except BaseException:
        await store.close()
        raise


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncIterator[Document]]:
    """Every document, beside a running server too. Raises Unavailable, BadEngine, OSError."""
    if not settings.database_url:
        file = settings.data / DATABASE
        if not file.exists():
            raise BadEngine(f"{settings.data} holds no documents. Name another --data.")
        yield snapshot(file)
        return
    store = await open_engine(settings, ())
    try:
        yield store.documents()
    finally:
        await store.close()


async def open_engine(settings: Settings, indexes: Iterable[Index]) -> Store:
    """SQLite in the data folder, or what `database_url` names.

    Raises InUse when another process has the data folder; Unavailable, BadEngine, OSError.
    """
    if not settings.database_url:
        return await EmbeddedStore.open(settings.data / DATABASE, indexes)
    scheme = urlsplit(settings.database_url).scheme
    if scheme not in MONGO:
        raise BadEngine(f"{PREFIX}DATABASE_URL: no engine is known for {scheme!r}: addresses.")
    from server.storage.mongo import BadAddress, MongoStore  # its driver loads when it is wanted

    try:
        return await MongoStore.open(settings.database_url, indexes)
    except BadAddress as error:
        raise BadEngine(f"{PREFIX}DATABASE_URL: {error}") from error


def open_directory(settings: Settings) -> Directory:
    """Of rooms in Redis, where several nodes share a database; else this node is alone.

    Raises BadEngine when nodes could not find or believe each other.
    """
    if not (settings.redis_url and settings.database_url):
        return Alone()
    if not settings.secret:
        raise BadEngine(f"{PREFIX}SECRET: nodes believe each other by a secret they share.")
    if not (settings.node_url or settings.public_url):
        raise BadEngine(f"{PREFIX}NODE_URL: other nodes and clients must know this one's address.")
    from server.rooms.redis_directory import RedisDirectory

    try:
        return RedisDirectory.at(settings.redis_url)
    except ValueError as error:
        raise BadEngine(f"{PREFIX}REDIS_URL: {error}") from error


def this_node(settings: Settings, id: str, now: datetime) -> Node:
    """As others see it."""
    url = (settings.node_url or settings.public_url).rstrip("/")
    inner = settings.node_inner_url.rstrip("/") or url
    return Node(id, settings.node or socket.gethostname(), url, inner, now.timestamp())


def open_blobs(settings: Settings) -> Blobs:
    """A folder beside the documents, or what `blobs_url` names. Raises BadEngine."""
    try:
        return Blobs.at(settings.blobs_url or (settings.data.resolve() / "blobs").as_uri())
    except ValueError as error:
        raise BadEngine(f"{PREFIX}BLOBS_URL: {error}") from error


def checks(settings: Settings) -> dict[str, Check]:
    """What tells whether the engines beside documents and files answer, by name."""
    return {"redis": lambda: ping_redis(settings.redis_url)} if settings.redis_url else {}


async def ping_redis(url: str) -> None:
    """Raises what its client raises. The connection is its own: others wait for blocking calls."""
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        await client.ping()
