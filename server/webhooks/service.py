"""The relay: every event becomes a delivery per endpoint, every delivery is tried until it lands.

    outbox ──collect──▶ delivery rows (durable) ──▶ marked sent
                            │
                            └─dispatch──▶ claim ▶ send ▶ land

Each arrow can be repeated: rows are named by event and endpoint, and a claim runs out. Killed at
any point, the relay goes on where it was; a receiver may then see an event twice, never not at all.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import msgspec
import structlog

from server.events import Event
from server.webhooks.delivery import (
    Answer,
    Delivery,
    Status,
    delivery_of,
    moment,
    payload,
    wait_before,
)
from server.webhooks.endpoint import Endpoint, NoSuchEndpoint
from server.webhooks.repository import Webhooks
from server.webhooks.signature import headers

log = structlog.get_logger()
T = TypeVar("T")
BATCH: Final = 100  # documents taken from an outbox at a time
PAUSE: Final = 1.0  # seconds after storage failed


class Outbox(Protocol):
    """Documents whose events have not all become deliveries."""

    async def unsent(self, limit: int) -> Sequence[tuple[str, Sequence[Mapping[str, Any]]]]:
        """Document id and its unsent events: {id, type, at, data}, other members are ignored."""
        ...

    async def mark_sent(self, id: str, event_ids: Sequence[str]) -> object:
        """These events of the document are safe now; marking twice does no harm."""
        ...


class Sender(Protocol):
    """The edge that makes the call."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what a receiver or the network does: that is part of the answer."""
        ...


@dataclass
class Relay:
    """`run()` is its one background task; `poke()` wakes it after an event was committed."""

    webhooks: Webhooks
    outboxes: Sequence[Outbox]
    sender: Sender
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    chance: Callable[[], float]  # [0, 1), for the jitter
    agent: str = "Vitrine-Webhooks/1"  # User-Agent
    scale: float = 1.0  # multiplies the retry schedule
    per_endpoint: int = 8  # attempts under way at the same time
    lease_seconds: float = 30.0  # longer than the sender's time limit
    idle_seconds: float = 5.0  # looks again without a poke: other processes write, too
    grace_seconds: float = 5.0  # for attempts under way when stopped
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _flying: dict[str, dict[str, asyncio.Task[None]]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # endpoint → delivery → its attempt

    def poke(self) -> None:
        """There may be something to send; costs nothing."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled; attempts under way then get a moment to finish."""
        try:
            await self._outlive(self.close_orphans)
            while True:
                self._awake.clear()
                soonest = await self._outlive(self.turn)
                await self._sleep_until(soonest)
        finally:
            await self._finish()

    async def _outlive(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Storage may be away for a while; the relay is there when it comes back."""
        try:
            return await work()
        except Exception:
            log.exception("webhooks.turn_failed")
            await asyncio.sleep(PAUSE)
            self.poke()
            return None

    async def _sleep_until(self, soonest: datetime | None) -> None:
        seconds = self.idle_seconds
        if soonest is not None:
            seconds = min(seconds, max((soonest - self.clock()).total_seconds(), 0.0))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for swallows a cancel beside a poke (3.11)
                await self._awake.wait()

    async def _finish(self) -> None:
        tasks = [task for flying in self._flying.values() for task in flying.values()]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self.grace_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def turn(self) -> datetime | None:
        """One round; answers when the next delivery comes due."""
        await self.collect()
        return await self.dispatch()

    async def collect(self) -> None:
        """Make deliveries of what the outboxes hold; one that fails does not close the others."""
        for outbox in self.outboxes:
            await self._outlive(partial(self._empty, outbox))

    async def _empty(self, outbox: Outbox) -> None:
        while batch := await outbox.unsent(BATCH):
            endpoints = [row for row in await self.webhooks.endpoints() if row.enabled]
            moves = [self._fan_out(outbox, id, events, endpoints) for id, events in batch]
            moved = await asyncio.gather(*moves)
            if len(batch) < BATCH or not any(moved):
                return

    async def _fan_out(
        self,
        outbox: Outbox,
        id: str,
        events: Sequence[Mapping[str, Any]],
        endpoints: Sequence[Endpoint],
    ) -> bool:
        """Rows first, mark second: a crash between the two makes the same rows again."""
        now = self.clock()
        try:
            facts = msgspec.convert(list(events), list[Event])
            rows = [
                delivery_of(fact, endpoint.id, now)
                for fact in facts
                for endpoint in endpoints
                if endpoint.wants(fact.type)
            ]
            if rows:
                await self.webhooks.add_deliveries(rows)
            await outbox.mark_sent(id, [fact.id for fact in facts])
        except Exception as error:  # one unreadable document must not hold up the others
            log.error("webhooks.fan_out_failed", document=id, error=repr(error))
            return False
        return True

    async def dispatch(self) -> datetime | None:
        """Start what is due, each endpoint within its own bounds; answers when to look again."""
        now = self.clock()
        later: list[datetime] = []
        for endpoint in await self.webhooks.endpoints():
            flying = self._flying[endpoint.id]
            if not endpoint.enabled or len(flying) >= self.per_endpoint:
                continue  # a landing wakes us
            for delivery in await self.webhooks.waiting(endpoint.id, self.per_endpoint):
                due = moment(delivery.next_attempt_at or delivery.created_at)
                if delivery.id in flying or len(flying) >= self.per_endpoint:
                    continue
                if not delivery.is_due(now):
                    later.append(due)
                    continue
                self._launch(delivery)
        return min(later, default=None)

    def _launch(self, delivery: Delivery) -> None:
        flying = self._flying[delivery.endpoint]

        def landed(_: asyncio.Task[None]) -> None:
            del flying[delivery.id]
            self.poke()

        task = asyncio.create_task(self._attempt(delivery.id))
        flying[delivery.id] = task
        task.add_done_callback(landed)

    async def _attempt(self, id: str) -> None:
        """Claim, send, land. What fails here is made again when the lease has run out."""
        try:
            lease, now = self.new_id(), self.clock()
            until = now + timedelta(seconds=self.lease_seconds)
            mine = await self.webhooks.change_delivery(id, lambda row: row.claim(lease, now, until))
            if mine.lease != lease:
                return
            try:
                endpoint = await self.webhooks.endpoint(mine.endpoint)
            except NoSuchEndpoint:
                await self._abandon(mine)
                return
            await self._call(endpoint, mine, lease)
        except Exception:
            log.exception("webhooks.attempt_failed", delivery=id)
            await asyncio.sleep(PAUSE)  # it may still be due: not again in the same instant

    async def _call(self, endpoint: Endpoint, delivery: Delivery, lease: str) -> None:
        body, now = payload(delivery.event), self.clock()
        signed = headers(delivery.event.id, body, endpoint.signing(now), now, self.agent)
        answer = await self.sender.send(endpoint.url, signed, body)
        now, chance = self.clock(), self.chance()

        def land(row: Delivery) -> Delivery:
            wait = wait_before(row.failures + 1, answer, now, chance, self.scale)
            return row.land(lease, answer, now, wait)

        landed = await self.webhooks.change_delivery(delivery.id, land)
        if answer.gone:
            await self._switch_off(endpoint)
        if landed.status is Status.FAILED:
            log.warning("webhooks.gave_up", delivery=landed.id, endpoint=endpoint.id)

    async def _switch_off(self, dialled: Endpoint) -> None:
        """410, unless the endpoint has got another address meanwhile."""

        def off(endpoint: Endpoint) -> Endpoint:
            if endpoint.url != dialled.url:
                return endpoint
            return endpoint.switch_off("It answered 410 Gone.")

        with contextlib.suppress(NoSuchEndpoint):  # deleted meanwhile: as off as it gets
            await self.webhooks.change_endpoint(dialled.id, off)
        log.warning("webhooks.endpoint_gone", endpoint=dialled.id)

    async def close_orphans(self) -> None:
        """Give up what waits for endpoints that were deleted while it was being made."""
        known = {endpoint.id for endpoint in await self.webhooks.endpoints()}
        async for row in self.webhooks.all_waiting():
            if row.endpoint in known:
                continue
            try:
                await self.webhooks.endpoint(row.endpoint)  # it may be newer than `known`
            except NoSuchEndpoint:
                await self._abandon(row)

    async def _abandon(self, delivery: Delivery) -> None:
        now = self.clock()
        await self.webhooks.change_delivery(
            delivery.id, lambda row: row.abandon("The endpoint has been deleted.", now)
        )
