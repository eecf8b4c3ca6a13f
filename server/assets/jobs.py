"""The conversion jobs: claimed under a lease, kept alive, finished, tried again or given up.

The asset's document is the whole truth. A worker that dies leaves a lease that lapses; one that
was only slow finds its lease token gone and drops its result.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from server.assets import asset as noun
from server.assets.asset import Asset, LeaseLost, Status, WrongState
from server.assets.conversion import ConversionCrashed, Converter
from server.assets.repository import Assets
from server.errors import VitrineError
from server.storage.port import StorageError

LEASE: Final = timedelta(seconds=15)
POLL_SECONDS: Final = 1.0  # how long a lapsed lease may go unseen
PROGRESS_SECONDS: Final = 0.5  # between two writes of a conversion's progress
BATCH: Final = 20
Change = Callable[[Asset], Asset]
Ending = Callable[[Asset, str | None, Any, str, datetime], Asset]
log = structlog.get_logger()


class Catalog(Protocol):
    async def attach(self, sku: str, asset_id: str) -> None: ...


@dataclass
class Progress:
    """What the converter said last."""

    fraction: float = 0.0
    step: str = ""

    def report(self, fraction: float, step: str) -> None:
        self.fraction, self.step = fraction, step


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

    async def run(self) -> None:
        """Until cancelled; then the conversions stop and go back into the queue."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                self.queued.clear()
                try:
                    await self.mend()
                    while len(running) < self.at_once and (asset := await self.claim()):
                        task = asyncio.create_task(self.convert(asset))
                        running.add(task)
                        task.add_done_callback(lambda _: self.queued.set())
                except StorageError:
                    log.exception("conversion.storage_failed")
                await self._wait()
                running = {task for task in running if not task.done()}
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def mend(self) -> None:
        """Take up what a dead worker left: lapsed leases, products that don't know yet."""
        died = ConversionCrashed(reason="The worker that converted it stopped in the middle.")
        for asset in await self.assets.due(Status.CONVERTING, self.clock(), BATCH):
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
        token = asset.lease
        progress = Progress()
        work = asyncio.create_task(self._attempt(asset, token, progress))
        try:
            await self._keep_lease(asset.id, token, progress, work)
            ended = await self.assets.change(asset.id, await work)
            log.info("conversion.ended", asset=asset.id, status=ended.status)
            if ended.unattached:
                await self.attach(ended)
        except LeaseLost:
            log.warning("conversion.lease_lost", asset=asset.id)
        except StorageError:  # the lease will lapse, and somebody begins anew
            log.exception("conversion.storage_failed", asset=asset.id)
        except asyncio.CancelledError:
            await _stop(work)
            now = self.clock()
            await self._try(asset.id, lambda asset: noun.give_back(asset, token, now))
            raise
        finally:
            await _stop(work)

    async def attach(self, asset: Asset) -> None:
        """Tell the product; a product that is gone needs no telling."""
        try:
            await self.catalog.attach(asset.sku or "", asset.id)
        except VitrineError as error:
            log.warning("asset.not_attached", asset=asset.id, sku=asset.sku, why=error.message)
        await self._try(asset.id, noun.attached)

    async def _attempt(self, asset: Asset, token: str | None, progress: Progress) -> Change:
        """Convert; answers what that changes."""
        try:
            built = await self.converter.convert(
                asset.source, asset.filename, progress.report, furniture=asset.furniture
            )
        except ConversionCrashed as error:
            return self._ended(noun.retry, token, error.problem())
        except VitrineError as error:
            return self._ended(noun.fail, token, error.problem())
        except Exception:
            log.exception("conversion.broke", asset=asset.id)
            ours = ConversionCrashed(reason="An error of ours; it has been logged.")
            return self._ended(noun.retry, token, ours.problem())
        return self._ended(noun.finish, token, built)

    def _ended(self, how: Ending, token: str | None, what: Any) -> Change:
        event, now = self.new_id(), self.clock()
        return lambda asset: how(asset, token, what, event, now)

    def _take(self, token: str, now: datetime) -> Change:
        return lambda asset: noun.claim(asset, token, now, self.lease)

    async def _keep_lease(
        self, id: str, token: str | None, progress: Progress, work: "asyncio.Task[Change]"
    ) -> None:
        """Renew until the work has ended. Raises LeaseLost."""
        told, beaten = (0.0, ""), self.clock()
        while not (await asyncio.wait({work}, timeout=PROGRESS_SECONDS))[0]:
            said, now = (progress.fraction, progress.step), self.clock()
            if said == told and now - beaten < self.lease / 3:
                continue
            await self.assets.change(id, beat(token, *said, now + self.lease))
            told, beaten = said, now

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


def beat(token: str | None, fraction: float, step: str, until: datetime) -> Change:
    return lambda asset: noun.heartbeat(asset, token, fraction, step, until)


def lapse(token: str | None, error: VitrineError, event: str, now: datetime) -> Change:
    def change(asset: Asset) -> Asset:
        if asset.due_at > now:
            raise LeaseLost(asset=asset.id)  # it beat again meanwhile
        return noun.retry(asset, token, error.problem(), event, now)

    return change


async def _stop(work: "asyncio.Task[Change]") -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
