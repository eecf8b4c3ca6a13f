"""Wakes the workers on other machines: a conversion is waiting.

Redis carries the call and nothing else. When it is emptied or away, a waiting conversion is found a
second later, since every worker also looks into the records by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from docket import Docket, Worker

NAME: Final = "vitrine-conversions"
RING_SECONDS: Final = 2.0  # for one call; a Redis that hangs is left alone
RECONNECT_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 3.0  # a Redis that hangs keeps nobody from stopping
CALL: Final = "conversion_waits"  # the task's name in Redis
Woken = Callable[[], Awaitable[None]]
log = structlog.get_logger()


class Wakeups:
    """Rings when something is queued; with `woken`, is also one of those who hear it."""

    def __init__(self, url: str, woken: Woken | None = None, *, name: str = NAME) -> None:
        self.url = url
        self.woken = woken  # returns once there is room for a conversion
        self.name = name
        self._docket: Docket | None = None
        self._ringing: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        return self._docket is not None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            # In a task of its own: docket's worker takes a cancellation for a wish to stop, and
            # returns as if nothing had been.
            line = asyncio.create_task(self._connected())
            try:
                await asyncio.wait({line})
            finally:
                line.cancel()
                await asyncio.wait({line}, timeout=CLOSE_SECONDS)
            if not line.cancelled() and (error := line.exception()):
                log.warning("wakeups.away", why=str(error) or type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def ring(self, asset: str) -> None:
        """Wake one worker, if there is a way to; nobody waits for it."""
        if self._docket is not None:
            task = asyncio.create_task(self._ring(self._docket, asset))
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)

    async def _ring(self, docket: Docket, asset: str) -> None:
        try:
            async with asyncio.timeout(RING_SECONDS):
                await docket.add(CALL)(asset)
        except Exception as error:
            log.warning("wakeups.not_rung", asset=asset, why=str(error) or type(error).__name__)

    async def _connected(self) -> None:
        async def conversion_waits(asset: str) -> None:
            if self.woken is not None:
                await self.woken()

        docket = Docket(name=self.name, url=self.url, execution_ttl=timedelta(0))
        docket.register(conversion_waits)
        async with docket:
            self._docket = docket
            try:
                if self.woken is None:
                    await asyncio.Event().wait()
                async with Worker(
                    docket,
                    concurrency=1,  # the next call is another worker's while this one is full
                    minimum_check_interval=timedelta(seconds=1),
                    scheduling_resolution=timedelta(seconds=1),
                    reconnection_delay=timedelta(seconds=RECONNECT_SECONDS),
                    schedule_automatic_tasks=False,
                ) as worker:
                    await worker.run_forever()
            finally:
                self._docket = None
