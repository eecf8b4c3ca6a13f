"""Many changes of one document, written as one: the way out of compare-and-set's collapse.

64 callers that each read, change and replace one hot document where its stamp still matches get
13 to 36 changes a second through, and some of them none at all (measured). So one task per
document, its leader, takes whatever has queued up, applies it in order and replaces once: no two
callers of this process compete. Other processes may; they wait a random while between tries.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from server.storage.port import Doc, Missing, Unavailable

MAX_BATCH: Final = 512  # changes in one write: bounds how long the first of them waits
FIRST_WAIT_SECONDS: Final = 0.001  # at most, before the second try; it doubles with each
MAX_WAIT_SECONDS: Final = 0.05
GIVE_UP_SECONDS: Final = 10.0  # of losing to other processes

Key = tuple[str, str]  # kind, id
Fn = Callable[[Doc], Doc]


@dataclass(frozen=True, slots=True)
class Found:
    """A document, and the stamp that tells this state of it from all others."""

    doc: Doc
    stamp: Any


class Documents(Protocol):
    """What a leader needs of the engine."""

    async def load(self, key: Key) -> Found | None:
        """Raises Unavailable."""
        ...

    def encode(self, key: Key, doc: Doc) -> Any:
        """As it will be stored. Raises for what cannot be."""
        ...

    async def replace(self, key: Key, old: Any, encoded: Any) -> Any | None:
        """The new stamp; None when `old` is not the present one. Raises Unavailable, Unknown."""
        ...


@dataclass(slots=True, eq=False)
class Waiting:
    """One change, and who waits for it."""

    fn: Fn
    future: asyncio.Future[Doc]
    answer: Doc | None = None
    error: BaseException | None = None

    def apply(self, doc: Doc, check: Callable[[Doc], Any] | None) -> Doc:
        """What it leaves: the same object when it changes nothing, or raises."""
        self.answer = self.error = None
        try:
            after = self.fn(doc)
            if not isinstance(after, dict):
                raise TypeError(f"a document is a dict, {type(after).__name__} came")
            if check is not None and after is not doc:
                check(after)
        except BaseException as error:  # a Change's function may raise anything: its caller's
            self.error = error
            return doc
        self.answer = after
        return after

    def settle(self) -> None:
        """Tell the caller; one that has left is no error."""
        if self.future.done():
            return
        if self.answer is not None:
            self.future.set_result(self.answer)
        elif self.error is None or isinstance(self.error, StopIteration):  # would end generators
            self.future.set_exception(RuntimeError("a Change's function raised StopIteration"))
        else:
            self.future.set_exception(self.error)

    def fail(self, error: BaseException) -> None:
        self.answer, self.error = None, error
        self.settle()


@dataclass
class Combiner:
    """Leaders, one per document that is being changed right now."""

    documents: Documents
    chance: Callable[[], float]  # uniform in [0, 1)
    _queues: dict[Key, deque[Waiting]] = field(default_factory=dict)
    _leaders: set[asyncio.Task[None]] = field(default_factory=set)

    async def change(self, key: Key, fn: Fn) -> Doc:
        """The document after it. Raises Missing, Unavailable, Unknown, what `fn` raises.

        A caller that leaves takes nobody's change away: its own may or may not happen.
        """
        future: asyncio.Future[Doc] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
            leader = asyncio.create_task(self._lead(key, queue))
            self._leaders.add(leader)
            leader.add_done_callback(self._leaders.discard)
        queue.append(Waiting(fn, future))
        return await future

    async def _lead(self, key: Key, queue: deque[Waiting]) -> None:
        """Until nobody waits. What one batch left is the base of the next, unread."""
        known: Found | None = None
        while queue:
            batch: list[Waiting] = []
            try:
                known = await self._write(key, queue, batch, known)
            except Exception as error:  # whatever it was, all of them hear of it
                known = None
                for waiting in batch:
                    waiting.fail(error)
            else:
                for waiting in batch:
                    waiting.settle()
        del self._queues[key]

    async def _write(
        self, key: Key, queue: deque[Waiting], batch: list[Waiting], known: Found | None
    ) -> Found:
        """What is stored once the batch's answers are true. Raises Missing, Unavailable, Unknown.

        An answer may rest on a state that was remembered, not read, as long as the write that goes
        with it succeeds: that proves that it was the present one. Otherwise it is read.
        """
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + GIVE_UP_SECONDS, FIRST_WAIT_SECONDS
        while True:
            read = known is None
            take(batch, queue)  # first, so that they hear of it when `load` fails
            base = known or await self.documents.load(key)
            take(batch, queue)  # who came meanwhile need not wait for a batch of their own
            if base is None:
                raise Missing(f"there is no {key[0]} {key[1]}")
            doc, encoded = self._apply(key, batch, base.doc)
            if doc is not base.doc:
                stamp = await self.documents.replace(key, base.stamp, encoded)
                if stamp is not None:
                    return Found(doc, stamp)
                if loop.time() > until:
                    raise Unavailable(f"others change {key[0]} {key[1]} all the time")
                await asyncio.sleep(self.chance() * wait)
                wait = min(MAX_WAIT_SECONDS, 2 * wait)
            elif read:
                return base
            known = None

    def _apply(self, key: Key, batch: list[Waiting], base: Doc) -> tuple[Doc, Any]:
        """Each in its turn, on what the former left; one that raises leaves nothing.

        Which of them left what cannot be stored is only looked for when the last of it cannot:
        looking costs as much as all the rest.
        """
        for check in (None, partial(self.documents.encode, key)):
            doc = base
            for waiting in batch:
                doc = waiting.apply(doc, check)
            if doc is base:
                break
            try:
                return doc, self.documents.encode(key, doc)
            except Exception:
                if check is not None:
                    raise
        return base, None


def take(batch: list[Waiting], queue: deque[Waiting]) -> None:
    while queue and len(batch) < MAX_BATCH:
        batch.append(queue.popleft())
