"""The conversion jobs: claimed under a lease, kept alive, finished, tried again or given up.

The asset's document is the whole truth. A worker that dies leaves a lease that lapses; one that
was only slow finds its lease token gone and drops its result. What wakes a worker may be lost: each
looks by itself.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from server.assets import job
from server.assets.asset import Asset, Status, attached, is_due
from server.assets.attempt import Attempt, Change
from server.assets.conversion import ConversionCrashed, Converter
from server.assets.job import LeaseLost, WrongState
from server.assets.repository import Assets
from server.errors import VitrineError
from server.storage.port import StorageError

LEASE: Final = timedelta(seconds=5)  # how long a worker may be silent before another takes over
POLL_SECONDS: Final = 1.0  # how long a lapsed lease may go unseen
BATCH: Final = 20
log = structlog.get_logger()


class Catalog(Protocol):
    async def attach(self, sku: str, asset_id: str) -> None: ...


class Jobs:
    """Converts queued assets, several at once; any number of workers may run on one storage."""

    def __init__(
        self,
        assets: Assets,
        converter: Converter,
        catalog: Catalog,
        queued: asyncio.Event,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        at_once: int = 1,
        lease: timedelta = LEASE,
        poll_seconds: float = POLL_SECONDS,
        worker: str = "",
    ) -> None:
        self.assets = assets
        self.converter = converter
        self.catalog = catalog
        self.queued = queued
        self.clock = clock
        self.new_id = new_id
        self.at_once = at_once
        self.lease = lease
        self.poll_seconds = poll_seconds
        self.worker = worker  # its name, for those who look at the jobs
        self.room = asyncio.Event()  # is set while it could take one more
        self.room.set()

    async def run(self) -> None:
        """Until cancelled; then the conversions stop and go back into the queue."""
        running: set[asyncio.Task[None]] = set()

        def ended(task: "asyncio.Task[None]") -> None:
            running.discard(task)
            self.room.set()
            self.queued.set()

        try:
            while True:
                self.queued.clear()
                try:
                    await self.mend()
                    while len(running) < self.at_once and (asset := await self.claim()):
                        task = asyncio.create_task(self.convert(asset))
                        running.add(task)
                        task.add_done_callback(ended)
                except StorageError as error:
                    log.warning("conversion.storage_away", why=str(error))
                if len(running) >= self.at_once:
                    self.room.clear()
                await self._wait()
        finally:
            stopping = list(running)
            for task in stopping:
                task.cancel()
            await asyncio.gather(*stopping, return_exceptions=True)

    async def woken(self) -> None:
        """There is something to convert; returns once there is room for it here."""
        await self.room.wait()
        self.queued.set()

    async def mend(self) -> None:
        """Take up what a dead worker left: lapsed leases, products that don't know yet."""
        for asset in await self.assets.due(Status.CONVERTING, self.clock(), BATCH):
            died = ConversionCrashed(reason=f"The worker {asset.worker} stopped in the middle.")
            await self._try(asset.id, lapse(asset.lease, died, self.new_id(), self.clock()))
        for asset in await self.assets.unattached(BATCH):
            await self.attach(asset)

    async def claim(self) -> Asset | None:
        """The oldest queued asset, under a lease of ours; None when there is none."""
        for asset in await self.assets.due(Status.QUEUED, self.clock(), BATCH):
            if claimed := await self._try(asset.id, self._take(self.new_id(), self.clock())):
                return claimed
        return None

    async def convert(self, asset: Asset) -> None:
        """One attempt at a claimed asset."""
        log.info("conversion.started", asset=asset.id, attempt=asset.attempts)
        attempt = Attempt(
            self.assets,
            self.converter,
            asset,
            clock=self.clock,
            new_id=self.new_id,
            lease=self.lease,
        )
        try:
            ended = await attempt.run()
        except LeaseLost:
            log.warning("conversion.lease_lost", asset=asset.id)
            return
        if ended.status is Status.FAILED:
            log.warning("conversion.given_up", asset=asset.id, error=ended.error)
        else:
            log.info("conversion.ended", asset=asset.id, status=ended.status)
        try:
            if ended.unattached:
                await self.attach(ended)
        except StorageError as error:  # found again by `mend`
            log.warning("conversion.storage_away", asset=asset.id, why=str(error))

    async def attach(self, asset: Asset) -> None:
        """Tell the product; a product that is gone needs no telling."""
        try:
            await self.catalog.attach(asset.sku or "", asset.id)
        except VitrineError as error:
            log.warning("asset.not_attached", asset=asset.id, sku=asset.sku, why=error.message)
        await self._try(asset.id, attached)

    def _take(self, token: str, now: datetime) -> Change:
        return lambda asset: job.claim(asset, token, now, self.lease, self.worker)

    async def _try(self, id: str, change: Change) -> Asset | None:
        """None when somebody else was first."""
        try:
            return await self.assets.change(id, change)
        except (LeaseLost, WrongState):
            return None

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self.poll_seconds):
                await self.queued.wait()
        except TimeoutError:
            return


def lapse(token: str | None, error: VitrineError, event: str, now: datetime) -> Change:
    def change(asset: Asset) -> Asset:
        if not is_due(asset, now):
            raise LeaseLost(asset=asset.id)  # it beat again meanwhile
        # The lease was the wait: no further delay.
        return job.retry(asset, token, error.problem(), event, now, delay=timedelta(0))

    return change
