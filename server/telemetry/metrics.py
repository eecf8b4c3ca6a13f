"""The server's figures for Prometheus: how it works, never who does.

Labels come from short, closed lists: a route's template, not its path; an engine's name; the type
of a problem. Whatever is not on a list is counted as `other`, so no client can make the figures
grow. No label and no figure speaks of a person, and none of the pace at which staff work.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

from server import __version__
from server.errors import VitrineError

PREFIX: Final = "vitrine"
OTHER: Final = "other"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
SLOW: Final = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)  # seconds


class Metrics:
    """One registry for one server; two servers in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(namespace=PREFIX, registry=self.registry)
        GCCollector(registry=self.registry)
        self._problems = {kind.type for kind in kinds_of(VitrineError)}

        self.requests = self._counter(
            "http_requests", "Requests answered.", "method", "route", "status"
        )
        self.request_seconds = self._histogram(
            "http_request_seconds", "From a request's headers to its answer.", FAST, "route"
        )
        self.requests_open = self._gauge("http_requests_open", "Requests under way.")

        self.storage_seconds = self._histogram(
            "storage_seconds", "An operation on the documents.", FAST, "engine", "operation"
        )
        self.storage_open = self._gauge(
            "storage_open", "Operations on the documents that wait or run.", "engine"
        )
        self.storage_errors = self._counter(
            "storage_errors", "Operations that the engine failed.", "engine", "error"
        )

        self.blob_seconds = self._histogram(
            "blob_seconds", "An operation on the files.", FAST, "engine", "operation"
        )
        self.blob_bytes = self._counter(
            "blob_bytes", "Bytes of files written and read.", "engine", "operation"
        )
        self.blob_errors = self._counter(
            "blob_errors", "Operations on files that the engine failed.", "engine", "operation"
        )

        self.conversions_running = self._gauge("conversions_running", "Models in conversion here.")
        self.conversions_waiting = self._gauge(
            "conversions_waiting", "Models that wait for their conversion, 1000 at most."
        )
        self.conversions_late = self._gauge(
            "conversions_late_seconds", "How long the first of them has been waiting."
        )
        self.conversion_seconds = self._histogram(
            "conversion_seconds", "One attempt at a model.", SLOW, "outcome"
        )

        self.orders = self._counter("orders", "Calls that order.", "fulfilment", "outcome")
        self.refused_orders = self._counter(
            "orders_refused", "Why orders were refused.", "fulfilment", "reason"
        )

        self.webhook_seconds = self._histogram(
            "webhook_seconds", "One call of a receiver.", FAST, "outcome"
        )
        self.webhooks_waiting = self._gauge(
            "webhooks_waiting", "Deliveries that are not through, 1000 at most."
        )
        self.webhooks_late = self._gauge(
            "webhooks_late_seconds", "How long ago the first of them should have been tried."
        )
        self.uploads = self._counter("uploads", "Uploads by what became of them.", "outcome")
        self.upload_bytes = self._counter("upload_bytes", "Bytes of models that came in.")
        self.mails = self._counter("mails", "Announcements by e-mail.", "outcome")
        self.ready = self._gauge("ready", "1 when the engine answered last, else 0.", "engine")
        self._gauge("build", "The program that runs.", "version").labels(__version__).set(1)

    def add(self, collector: Collector) -> None:
        """Have it asked at each reading."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """Prometheus' text format, 0.0.4."""
        return generate_latest(self.registry)

    def problem(self, kind: str) -> str:
        """A problem's type, as a label."""
        return kind if kind in self._problems else OTHER

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", told, labels, registry=self.registry)

    def _histogram(
        self, name: str, told: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", told, labels, buckets=buckets, registry=self.registry)


def kinds_of(kind: type[VitrineError]) -> Iterable[type[VitrineError]]:
    """The error and all that derive from it."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from kinds_of(narrower)
