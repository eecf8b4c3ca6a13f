"""What waits to be done, read from the documents when Prometheus asks.

On several nodes each tells of all that waits, since they share it: take the `max` over them.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from server.assets.asset import Status
from server.assets.repository import ASSET
from server.storage.port import Doc, Page, StorageError, Store
from server.telemetry.metrics import Metrics
from server.webhooks.repository import DELIVERY

log = structlog.get_logger()
MOST: Final = 1000  # counted up to
KEPT_SECONDS: Final = 5.0  # a reading serves for
SECONDS: Final = 2.0  # storage has, to answer
UNKNOWN: Final = float("nan")


@dataclass
class Backlog:
    """Sets the gauges of what waits; a store that is away makes them NaN."""

    store: Store
    metrics: Metrics
    clock: Callable[[], datetime]
    _read: float = float("-inf")  # monotonic seconds
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        async with self._reading:
            if time.monotonic() - self._read < KEPT_SECONDS:
                return
            self._read = time.monotonic()
            try:
                async with asyncio.timeout(SECONDS):
                    await self._refresh()
            except (StorageError, TimeoutError):
                log.debug("backlog.unknown", exc_info=True)
                self._set(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)

    async def _refresh(self) -> None:
        queued = {"status": Status.QUEUED.value}
        models, deliveries = await asyncio.gather(
            self.store.find(ASSET, queued, order="due_at", limit=MOST),
            self.store.find(DELIVERY, {}, order="next_attempt_at", limit=MOST),
        )
        self._set(
            len(models.items),
            self._late(models, "due_at"),
            len(deliveries.items),
            self._late(deliveries, "next_attempt_at"),
        )

    def _set(self, models: float, models_late: float, hooks: float, hooks_late: float) -> None:
        self.metrics.conversions_waiting.set(models)
        self.metrics.conversions_late.set(models_late)
        self.metrics.webhooks_waiting.set(hooks)
        self.metrics.webhooks_late.set(hooks_late)

    def _late(self, page: Page, field: str) -> float:
        """Seconds since the first of them came due."""
        first: Doc = next(iter(page.items), {})
        if field not in first:
            return 0.0
        return max(0.0, (self.clock() - datetime.fromisoformat(first[field])).total_seconds())
