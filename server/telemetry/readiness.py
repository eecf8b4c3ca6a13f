"""Whether this server can do its work now: each engine is asked something small, with little time.

A load balancer reads /readyz and sends nobody here while it is 503. It says nothing of whether the
process lives, which is /healthz: restarting this server does not bring another one back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from server.errors import Unavailable
from server.telemetry.metrics import Metrics

log = structlog.get_logger()
SECONDS: Final = 1.0  # an engine that takes longer is away
KEPT_SECONDS: Final = 0.5  # everybody may ask: the engines are not asked more often
Check = Callable[[], Awaitable[object]]  # raises when its engine is away


class NotReady(Unavailable):
    type = "not-ready"
    title = "This server cannot do its work right now"
    detail = "Away: {away}."


@dataclass
class Readiness:
    """`checks` by the engine's name; `stopping` says so as well."""

    metrics: Metrics
    checks: dict[str, Check] = field(default_factory=dict)
    seconds: float = SECONDS
    stopping: bool = False
    _away: list[str] = field(default_factory=list)
    _asked: float = float("-inf")  # monotonic seconds
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> list[str]:
        """The names of the engines, which are all here. Raises NotReady with those that are not."""
        async with self._asking:
            if time.monotonic() - self._asked > KEPT_SECONDS:
                await self._ask_all()
        away = [*self._away, *(["this server, which is stopping"] if self.stopping else [])]
        if away:
            raise NotReady(away=", ".join(away), engines=self._away, retry_after=1)
        return sorted(self.checks)

    async def _ask_all(self) -> None:
        answers = await asyncio.gather(*(self._ask(name) for name in self.checks))
        away = [name for name, here in zip(self.checks, answers, strict=True) if not here]
        if away != self._away:
            log.warning("readiness.changed", away=away)
        self._away, self._asked = away, time.monotonic()

    async def _ask(self, name: str) -> bool:
        here = False
        try:
            async with asyncio.timeout(self.seconds):
                await self.checks[name]()
            here = True
        except Exception as error:  # whatever it says, it is not here
            log.debug("readiness.away", engine=name, why=repr(error)[:200])
        self.metrics.ready.labels(name).set(here)
        return here
