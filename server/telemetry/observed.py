"""The same parts, with a figure and a span for what they do; each stands where the part stood."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

from server.assets.asset import Built
from server.assets.conversion import Converter, Report
from server.errors import VitrineError
from server.orders.announcer import Post
from server.storage.port import Doc, Document, Op, Page, Store, Unavailable, Unknown
from server.telemetry.metrics import Metrics
from server.telemetry.traces import Tracer
from server.webhooks.delivery import Answer
from server.webhooks.service import Sender

CALLERS: Final = (Unavailable, Unknown)  # what the engine did; any other error is the caller's


class ObservedStore:
    """A `Store` whose operations are timed. It costs about 2 µs each."""

    def __init__(self, store: Store, engine: str, metrics: Metrics) -> None:
        self.store = store
        self._open = metrics.storage_open.labels(engine)
        self._seconds = {
            name: metrics.storage_seconds.labels(engine, name) for name in ("get", "find", "run")
        }
        self._errors = {
            kind: metrics.storage_errors.labels(engine, kind.__name__.lower()) for kind in CALLERS
        }

    async def get(self, kind: str, id: str) -> Doc | None:
        with self._timed("get"):
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
        with self._timed("find"):
            return await self.store.find(kind, where, order=order, limit=limit, after=after)

    async def run(self, *ops: Op) -> list[Doc | None]:
        with self._timed("run"):
            return await self.store.run(*ops)

    def documents(self) -> AsyncIterator[Document]:
        return self.store.documents()

    async def close(self) -> None:
        await self.store.close()

    @contextmanager
    def _timed(self, operation: str) -> Iterator[None]:
        began = time.perf_counter()
        self._open.inc()
        try:
            yield
        except CALLERS as error:
            self._errors[Unavailable if isinstance(error, Unavailable) else Unknown].inc()
            raise
        finally:
            self._open.dec()
            self._seconds[operation].observe(time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class ObservedConverter:
    """A `Converter` whose attempts are timed by how they ended."""

    converter: Converter
    metrics: Metrics
    tracer: Tracer

    @property
    def recipe(self) -> str:
        return self.converter.recipe

    async def convert(
        self, source: str, filename: str, report: Report, *, furniture: bool = False
    ) -> Built:
        began, outcome = time.perf_counter(), "stopped"
        self.metrics.conversions_running.inc()
        try:
            with self.tracer.span("conversion"):
                built = await self.converter.convert(source, filename, report, furniture=furniture)
            outcome = "ready"
            return built
        except VitrineError as error:
            outcome = self.metrics.problem(error.type)
            raise
        except Exception:
            outcome = "broke"
            raise
        finally:
            self.metrics.conversions_running.dec()
            seconds = time.perf_counter() - began
            self.metrics.conversion_seconds.labels(outcome).observe(seconds)


@dataclass(frozen=True, slots=True)
class ObservedSender:
    """A `Sender` whose calls are timed by what came back, whomever it called."""

    sender: Sender
    metrics: Metrics
    tracer: Tracer

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        began = time.perf_counter()
        with self.tracer.span("webhook") as span:
            answer = await self.sender.send(url, headers, body)
            outcome = outcome_of(answer)
            span.set_attribute("outcome", outcome)
        self.metrics.webhook_seconds.labels(outcome).observe(time.perf_counter() - began)
        return answer


def outcome_of(answer: Answer) -> str:
    """`delivered`, `none` where nobody answered, else `refused`."""
    if answer.status is None:
        return "none"
    return "delivered" if 200 <= answer.status < 300 else "refused"


@dataclass(frozen=True, slots=True)
class ObservedPost:
    """A mail server whose yes and no are counted."""

    post: Post
    metrics: Metrics

    @property
    def sender(self) -> str:
        return self.post.sender

    async def send(self, message: EmailMessage) -> None:
        try:
            await self.post.send(message)
        except Exception:
            self.metrics.mails.labels("failed").inc()
            raise
        self.metrics.mails.labels("sent").inc()
