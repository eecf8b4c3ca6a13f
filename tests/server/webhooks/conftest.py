"""A store on disk, a relay with quick retries, receivers on ports of their own."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from server.storage.embedded import EmbeddedStore
from server.webhooks.administration import Administration
from server.webhooks.delivery import Delivery
from server.webhooks.endpoint import Endpoint
from server.webhooks.repository import INDEXES, Webhooks
from server.webhooks.sender import HttpSender
from server.webhooks.service import Relay
from tests.server.webhooks import outbox
from tests.server.webhooks.outbox import Outbox
from tests.server.webhooks.quick_relay import now, relay_on
from tests.server.webhooks.receiver import Receiver


@dataclass
class House:
    """Everything of the feature, wired as app.py does it; the relay runs once `start`ed."""

    store: EmbeddedStore
    stack: AsyncExitStack
    numbers: itertools.count = field(default_factory=itertools.count)  # type: ignore[type-arg]

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.store)
        self.outbox = Outbox(self.store)
        self.relay: Relay | None = None
        self.administration = Administration(
            self.webhooks,
            poke=lambda: self.relay.poke() if self.relay else None,
            clock=now,
            new_id=lambda: f"{next(self.numbers):03}",
            random_bytes=secrets.token_bytes,
            allow_http=True,
            allow_private=True,
        )

    async def start(self, *, timeout_seconds: float = 15.0, **options: Any) -> Relay:
        sender = await self.stack.enter_async_context(
            HttpSender(timeout_seconds=timeout_seconds, allow_http=True, allow_private=True)
        )
        self.relay = relay_on(self.store, sender, **options)
        task = asyncio.create_task(self.relay.run())
        self.stack.push_async_callback(stop, task)
        return self.relay

    async def receiver(self, *plan: Any, **options: Any) -> Receiver:
        return await self.stack.enter_async_context(Receiver(list(plan), **options))

    async def endpoint(self, receiver: Receiver, *events: str) -> Endpoint:
        return await self.administration.create(receiver.url, events, "")

    async def happen(self, document: str, *events: dict[str, Any]) -> None:
        await self.outbox.put(document, *events)
        if self.relay:
            self.relay.poke()

    async def row(self, event_id: str, endpoint: Endpoint) -> Delivery:
        return await self.webhooks.delivery(f"{event_id}.{endpoint.id}")

    async def tried(self) -> bool:
        """Whether any delivery has an attempt in its log."""
        return any(row.attempts for row in (await self.webhooks.deliveries())[0])

    async def told(self) -> bool:
        """Whether every event has become deliveries."""
        return not await self.outbox.unsent(10)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def until(true: Callable[[], Any], seconds: float = 10.0) -> None:
    """Waits for something to become true; `true` may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _plain_log() -> Iterator[None]:
    """The default draws every local variable of a trace, which takes 0.3 s a time."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
async def store(open_store: Callable[..., Awaitable[EmbeddedStore]]) -> EmbeddedStore:
    return await open_store((*INDEXES, *outbox.INDEXES))


@pytest.fixture
async def house(store: EmbeddedStore) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield House(store, stack)
