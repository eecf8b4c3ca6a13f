"""Everything that watches one server: its figures, its traces, and whether it is ready."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp.typedefs import Middleware

from server.assets.blobs import Blobs
from server.assets.jobs import Jobs
from server.assets.uploads import UploadService
from server.orders.announcer import Announcer
from server.orders.service import OrderService
from server.storage.port import Store
from server.telemetry.metrics import Metrics
from server.telemetry.observed import (
    ObservedConverter,
    ObservedPost,
    ObservedSender,
    ObservedStore,
)
from server.telemetry.readiness import Readiness
from server.telemetry.requests import Traffic, observe
from server.telemetry.traces import Tracer, open_tracer
from server.webhooks.service import Relay


@dataclass
class Watch:
    """Made first, closed last."""

    tracer: Tracer = field(default_factory=open_tracer)  # raises NoTracing
    metrics: Metrics = field(default_factory=Metrics)
    traffic: Traffic = field(default_factory=Traffic)
    readiness: Readiness = field(init=False)

    def __post_init__(self) -> None:
        self.readiness = Readiness(self.metrics)

    def store(self, store: Store, engine: str) -> Store:
        """The same documents, watched; `engine` is its name in figures and in /readyz."""
        self.readiness.checks[engine] = lambda: store.get("readiness", "probe")
        return ObservedStore(store, engine, self.metrics)

    def files(self, blobs: Blobs) -> None:
        """The same files, watched."""
        engine = "folder" if blobs.folder is not None else "s3"
        metrics = self.metrics

        def seen(operation: str, seconds: float | None, size: int, here: bool) -> None:
            if seconds is not None:
                metrics.blob_seconds.labels(engine, operation).observe(seconds)
            if size:
                metrics.blob_bytes.labels(engine, operation).inc(size)
            if not here:
                metrics.blob_errors.labels(engine, operation).inc()

        blobs.seen = seen
        self.readiness.checks["blobs"] = blobs.check

    def counter(self, route: str) -> Callable[[float], None]:
        """For answers that no middleware sees: takes the seconds of each GET that went well."""
        count = self.metrics.requests.labels("GET", route, "200").inc
        observe = self.metrics.request_seconds.labels(route).observe

        def seen(seconds: float) -> None:
            count()
            observe(seconds)

        return seen

    def requests(self) -> Middleware:
        """To be the first middleware of the application."""
        return observe(self.metrics, self.tracer, self.traffic)

    def work(
        self,
        uploads: UploadService,
        jobs: Jobs,
        orders: OrderService,
        announcer: Announcer | None,
        relay: Relay,
    ) -> None:
        """What the features do."""
        uploads.counted = self.count_upload
        jobs.converter = ObservedConverter(jobs.converter, self.metrics, self.tracer)
        orders.counted = self.count_order
        relay.sender = ObservedSender(relay.sender, self.metrics, self.tracer)
        if announcer is not None:
            announcer.smtp = ObservedPost(announcer.smtp, self.metrics)

    def count_order(self, fulfilment: str, outcome: str) -> None:
        """`outcome` is `placed`, `repeated`, or the type of the problem."""
        if outcome in {"placed", "repeated"}:
            self.metrics.orders.labels(fulfilment, outcome).inc()
        else:
            self.metrics.orders.labels(fulfilment, "refused").inc()
            reason = self.metrics.problem(outcome)
            self.metrics.refused_orders.labels(fulfilment, reason).inc()

    def count_upload(self, outcome: str, count: int) -> None:
        """`outcome` is `received` (a part of one, of so many bytes), or how an upload ended."""
        if outcome == "received":
            self.metrics.upload_bytes.inc(count)
        else:
            self.metrics.uploads.labels(outcome).inc()

    async def close(self) -> None:
        await self.tracer.close()
