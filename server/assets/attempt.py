"""One attempt at converting a claimed asset: kept under its lease, and written down at the end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from server.assets import job
from server.assets.asset import Asset
from server.assets.conversion import ConversionCrashed, Converter
from server.assets.job import LeaseLost
from server.assets.repository import Assets
from server.errors import Unavailable, VitrineError
from server.storage.port import Unavailable as StorageAway
from server.storage.port import Unknown

PROGRESS_SECONDS: Final = 0.5  # between two writes of a conversion's progress
END_SECONDS: Final = 600.0  # a result waits that long for a store that is away
PAUSE_SECONDS: Final = 0.5  # between two tries to write it down
AWAY_DELAY: Final = timedelta(seconds=3)  # before a conversion whose files are out of reach
AWAY: Final = (StorageAway, Unknown)
Change = Callable[[Asset], Asset]
Ending = Callable[[Asset, str | None, Any, str, datetime], Asset]
log = structlog.get_logger()


@dataclass
class Progress:
    """What the converter said last."""

    fraction: float = 0.0
    step: str = ""

    def report(self, fraction: float, step: str) -> None:
        self.fraction, self.step = fraction, step


@dataclass
class Attempt:
    """Under the lease that `asset` carries."""

    assets: Assets
    converter: Converter
    asset: Asset
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    lease: timedelta
    progress: Progress = field(default_factory=Progress)

    async def run(self) -> Asset:
        """The asset when it has ended, one way or another.

        Raises LeaseLost when the asset is somebody else's by now, or was cancelled; and what the
        store raises when it stays away. Cancelled, it gives the asset back.
        """
        work = asyncio.create_task(self._convert())
        try:
            await self._keep_lease(work)
            return await self._write_down(await work)
        except asyncio.CancelledError:
            await _stop(work)
            due_at = self.clock()
            await self._give_back(lambda asset: job.give_back(asset, self.token, due_at))
            raise
        finally:
            await _stop(work)

    @property
    def token(self) -> str | None:
        return self.asset.lease

    async def _convert(self) -> Change:
        """What the conversion changes."""
        asset = self.asset
        try:
            built = await self.converter.convert(
                asset.source, asset.filename, self.progress.report, furniture=asset.furniture
            )
        except ConversionCrashed as error:
            return self._ended(job.retry, error.problem())
        except Unavailable as error:
            log.warning("conversion.files_away", asset=asset.id, why=error.message)
            due_at, problem = self.clock() + AWAY_DELAY, error.problem()
            return lambda asset: job.give_back(asset, self.token, due_at, problem)
        except VitrineError as error:
            return self._ended(job.fail, error.problem())
        except Exception:
            log.exception("conversion.broke", asset=asset.id)
            ours = ConversionCrashed(reason="An error of ours; it has been logged.")
            return self._ended(job.retry, ours.problem())
        return self._ended(job.finish, built)

    def _ended(self, how: Ending, what: Any) -> Change:
        event, now = self.new_id(), self.clock()
        return lambda asset: how(asset, self.token, what, event, now)

    async def _keep_lease(self, work: "asyncio.Task[Change]") -> None:
        """Renew until the work has ended. Raises LeaseLost.

        A store that is away stops nothing: whether the lease has gone shows when it is back.
        """
        told, beaten = (0.0, ""), self.clock()
        while not (await asyncio.wait({work}, timeout=PROGRESS_SECONDS))[0]:
            said, now = (self.progress.fraction, self.progress.step), self.clock()
            if said == told and now - beaten < self.lease / 3:
                continue
            try:
                await self._change(beat(self.token, *said, now + self.lease))
            except AWAY as error:
                log.warning("conversion.beat_missed", asset=self.asset.id, why=str(error))
                continue
            told, beaten = said, now

    async def _write_down(self, change: Change) -> Asset:
        """Raises LeaseLost, and what the store raises when it stays away."""
        for _ in range(int(END_SECONDS / PAUSE_SECONDS)):
            try:
                return await self._change(change)
            except AWAY as error:
                log.warning("conversion.end_waits", asset=self.asset.id, why=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
        return await self._change(change)

    async def _change(self, change: Change) -> Asset:
        return await self.assets.change(self.asset.id, change)

    async def _give_back(self, change: Change) -> None:
        """As well as can be: otherwise the lease lapses."""
        try:
            await self._change(change)
        except (LeaseLost, *AWAY) as error:
            log.warning("conversion.not_given_back", asset=self.asset.id, why=str(error))


def beat(token: str | None, fraction: float, step: str, until: datetime) -> Change:
    return lambda asset: job.heartbeat(asset, token, fraction, step, until)


async def _stop(work: "asyncio.Task[Change]") -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
