"""Documents into an empty engine: verified at the end, and continued when it breaks off.

While they come, a document of its own says from where: a server refuses to start on half of them,
and only the same source may go on. Nothing that somebody else put there is ever overwritten.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

from server.storage.migrations import MOVING
from server.storage.port import Change, Delete, Document, Exists, Insert, Store
from server.transfer.tally import Tally

BATCH: Final = 100  # documents of one run
AT_ONCE: Final = 8  # runs: what an engine combines
REPORT: Final = 1000  # documents between two reports


class NotEmpty(Exception):
    """There are documents already, and not from a former attempt of this source."""


class Different(Exception):
    """What arrived is not what was sent."""


async def load(
    store: Store,
    source: str,
    documents: AsyncIterator[Document],
    report: Callable[[int], object],
) -> Tally:
    """All of them; leaves the mark, which `finish` takes away. Raises NotEmpty, Different."""
    again = await begin(store, source)
    sent, seen = Tally(), set()
    batch: list[Document] = []
    running: set[asyncio.Task[None]] = set()
    try:
        async for document in documents:
            if document.kind == MOVING[0]:
                continue
            sent.add(document)
            if again:
                seen.add((document.kind, document.id))
            batch.append(document)
            if len(batch) == BATCH:
                running.add(asyncio.create_task(put(store, batch)))
                batch = []
                report(sent.documents)
            if len(running) >= AT_ONCE:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                settle(done)
        running.add(asyncio.create_task(put(store, batch)))
        settle((await asyncio.wait(running))[0])
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    arrived = await verify(store, seen if again else None)
    report(sent.documents)
    if arrived.state() != sent.state():
        raise Different(
            f"{sent.documents} documents were sent and {arrived.documents} are there, or their "
            "contents differ: something else writes there. Nothing has been switched over."
        )
    return arrived


async def begin(store: Store, source: str) -> bool:
    """Whether a former attempt is continued. Raises NotEmpty."""
    mark = await store.get(*MOVING)
    if mark is not None:
        if mark["source"] != source:
            raise NotEmpty(f"It holds half of {mark['source']}: finish that one, or empty it.")
        return True
    async for document in store.documents():
        raise NotEmpty(f"It is not empty: there is a {document.kind} document. Nothing is changed.")
    await store.run(Insert(*MOVING, {"source": source}))
    return False


async def put(store: Store, documents: list[Document]) -> None:
    """Each as it was sent, whatever a former attempt left."""
    try:
        await store.run(*(Insert(one.kind, one.id, one.doc) for one in documents))
    except Exists:
        for one in documents:
            try:
                await store.run(Insert(one.kind, one.id, one.doc))
            except Exists:
                await store.run(Change(one.kind, one.id, replaced(one)))


def replaced(by: Document) -> Callable[[dict[str, object]], dict[str, object]]:
    return lambda doc: doc if doc == by.doc else by.doc


def settle(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Raises what one of them raised."""
    for task in tasks:
        task.result()


async def verify(store: Store, seen: set[tuple[str, str]] | None) -> Tally:
    """What is there by now; of a former attempt, what the source has no more is taken away."""
    arrived = Tally()
    async for document in store.documents():
        if document.kind == MOVING[0]:
            continue
        if seen is not None and (document.kind, document.id) not in seen:
            await store.run(Delete(document.kind, document.id))
            continue
        arrived.add(document)
    return arrived


async def finish(store: Store) -> None:
    """All has come, files included: a server may start on it."""
    await store.run(Delete(*MOVING))
