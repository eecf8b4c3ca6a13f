"""Work that goes on beside the requests: each task has a name, and one that fails starts again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

log = structlog.get_logger()
CANCEL_SECONDS: Final = 1.0  # for a task to end, before it is told again
PAUSE_SECONDS: Final = 1.0  # before a failed task starts again


@dataclass
class Background:
    """Tasks that live as long as the server."""

    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` until `close`; it may also end by itself."""
        self.tasks.append(asyncio.create_task(self._keep(name, work), name=name))

    async def close(self) -> None:
        """Cancel all of them and wait until they have put their things away."""
        pending = set(self.tasks)
        while pending:
            for task in pending:
                task.cancel()
            # A driver that is just being cut off may swallow it: then it is told again.
            _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
        self.tasks.clear()

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("background.failed", task=name)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return
