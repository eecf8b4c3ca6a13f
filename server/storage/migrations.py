"""Documents of an older version, brought forward at the start; those of a newer one are refused.

A kind's documents carry their version as `v`; without it they are of version 1. For each further
version of a kind there is one pure function, oldest first. One process runs them, under a lease;
the others wait. A process that dies in the middle leaves documents of both versions, each marked,
and the next one goes on.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog

from server.storage.port import (
    Change,
    Delete,
    Doc,
    Document,
    Exists,
    Insert,
    Missing,
    Op,
    Page,
    StorageError,
    Store,
)

log = structlog.get_logger()
Step = Callable[[Doc], Doc]  # a document of one version as one of the next, without `v`
VERSION: Final = "v"
KIND, ID = "schema", "schema"  # {versions: {kind: number}, lease, until (seconds since 1970)}
MOVING: Final = ("transfer", "unfinished")  # {source}: there while documents are moved in
LEASE_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.5  # between two looks at another process's lease
BATCH: Final = 200  # documents changed before the lease is renewed


class NewerStore(StorageError):
    """The documents were written by a newer program, which this one would not understand."""


class HalfMoved(StorageError):
    """Documents were being moved in here, and not all have come."""


class LeaseLost(StorageError):
    """Another process took over because this one was too slow."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The steps of each kind that has any."""

    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    def version(self, kind: str) -> int:
        return len(self.steps.get(kind, ())) + 1

    @property
    def versions(self) -> dict[str, int]:
        return {kind: self.version(kind) for kind in self.steps}

    def forward(self, kind: str, doc: Doc) -> Doc:
        """The document in the present version; the same object when it is. Raises NewerStore."""
        now, wanted = doc.get(VERSION, 1), self.version(kind)
        if now == wanted:
            return doc
        self.check({kind: now})
        for step in self.steps[kind][now - 1 :]:
            doc = step(doc)
        return {**doc, VERSION: wanted}

    def check(self, stored: Mapping[str, int]) -> None:
        """Raises NewerStore."""
        for kind, version in stored.items():
            if version > self.version(kind):
                raise NewerStore(
                    f"The {kind} documents are of version {version}, and this program knows up to "
                    f"{self.version(kind)}: run the newer program, or restore an older backup."
                )


async def bring_forward(
    store: Store,
    schema: Schema,
    now: Callable[[], float],
    token: str,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Store:
    """The store to use from here on: all in it is of the present version, and stays so.

    `now` in seconds since 1970; `token` is this process's own. Raises NewerStore, HalfMoved.
    """
    if moving := await store.get(*MOVING):
        raise HalfMoved(
            f"Not all documents have come from {moving['source']}: run the same command again."
        )
    while not await _is_present(store, schema):
        if not await _claim(store, token, now()):
            await pause(LOOK_SECONDS)
            continue
        try:
            await _walk(store, schema, token, now)
        except LeaseLost:
            log.warning("migration.lease_lost")
    return Stamped(store, schema) if schema.steps else store


async def _is_present(store: Store, schema: Schema) -> bool:
    """Raises NewerStore."""
    stored = (await store.get(KIND, ID) or {}).get("versions", {})
    schema.check(stored)
    return all(stored.get(kind, 1) == version for kind, version in schema.versions.items())


async def _claim(store: Store, token: str, now: float) -> bool:
    def take(doc: Doc) -> Doc:
        if doc["lease"] not in {token, ""} and doc["until"] > now:
            return doc
        return {**doc, "lease": token, "until": now + LEASE_SECONDS}

    with contextlib.suppress(Exists):  # made by a former start
        await store.run(Insert(KIND, ID, {"versions": {}, "lease": "", "until": 0.0}))
    (doc,) = await store.run(Change(KIND, ID, take))
    return doc is not None and doc["lease"] == token


async def _walk(store: Store, schema: Schema, token: str, now: Callable[[], float]) -> None:
    """Every document of a kind that has steps. Raises LeaseLost."""
    changed = 0
    async for document in store.documents():
        if document.kind not in schema.steps:
            continue
        if schema.forward(document.kind, document.doc) is document.doc:
            continue
        try:
            forward = partial(schema.forward, document.kind)
            await store.run(Change(document.kind, document.id, forward))
        except Missing:
            continue  # deleted meanwhile
        changed += 1
        if changed % BATCH == 0:
            await store.run(Change(KIND, ID, _held(token, until=now() + LEASE_SECONDS)))
    versions = schema.versions
    await store.run(Change(KIND, ID, _held(token, versions=versions, lease="", until=0.0)))
    log.info("migration.done", documents=changed, versions=versions)


def _held(token: str, **changes: Any) -> Callable[[Doc], Doc]:
    def change(doc: Doc) -> Doc:
        if doc["lease"] != token:
            raise LeaseLost("another process brings the documents forward")
        versions = {**doc["versions"], **changes.get("versions", {})}
        return {**doc, **changes, "versions": versions}

    return change


@dataclass(frozen=True, slots=True)
class Stamped:
    """A `Store` that marks what is written with its version: repositories need not know."""

    store: Store
    schema: Schema

    async def get(self, kind: str, id: str) -> Doc | None:
        return await self.store.get(kind, id)

    async def find(
        self,
        kind: str,
        where: Mapping[str, Any],
        *,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        return await self.store.find(kind, where, order=order, limit=limit, after=after)

    async def run(self, *ops: Op) -> list[Doc | None]:
        return await self.store.run(*(self._marked(op) for op in ops))

    def documents(self) -> AsyncIterator[Document]:
        return self.store.documents()

    async def close(self) -> None:
        await self.store.close()

    def _marked(self, op: Op) -> Op:
        version = self.schema.version(op.kind)
        if version == 1 or isinstance(op, Delete):
            return op
        if isinstance(op, Insert):
            return Insert(op.kind, op.id, {**op.doc, VERSION: version})

        def change(doc: Doc, fn: Step = op.fn) -> Doc:
            changed = fn(doc)
            return doc if changed is doc else {**changed, VERSION: version}

        return Change(op.kind, op.id, change)
