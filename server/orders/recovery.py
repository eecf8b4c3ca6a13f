"""Finishes what was left half done, and keeps the stock's books short.

Runs at start and on a timer. Every step can be repeated and may run beside the orders it looks at.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from server.orders import repository as steps
from server.orders.order import Goods, Order, Stage, WrongState, stamp
from server.orders.placing import OrderAbandoned
from server.orders.repository import OrderBook
from server.storage.port import Op

log = structlog.get_logger()
T = TypeVar("T")
BATCH: Final = 200  # orders settled at once
# A cancelled order's mark in the stock keeps a second, slower runner from giving its goods back
# twice. No runner takes an hour.
FORGET_AFTER: Final = timedelta(hours=1)


@dataclass
class Recovery:
    """`run()` is its background task, `poke()` wakes it when an order was placed."""

    book: OrderBook
    clock: Callable[[], datetime]
    stale_seconds: float = 30.0  # a pending order older than this is given up
    every_seconds: float = 30.0  # between two full rounds
    gather_seconds: float = 0.5  # wait for more orders before settling
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    def poke(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._guarded(self.once)
            # asyncio.wait_for would swallow a cancellation that meets a poke (before 3.12).
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.every_seconds):
                    await self._settle_when_poked()

    async def _settle_when_poked(self) -> None:
        while True:
            await self._awake.wait()
            await asyncio.sleep(self.gather_seconds)
            self._awake.clear()
            await self._guarded(self.settle)

    async def once(self) -> None:
        """One full round."""
        await self.abandon()
        await self.bring_back()
        await self.settle()
        await self.sweep()

    async def abandon(self) -> None:
        """Give up orders that have been pending for too long: whoever placed them is gone."""
        before = stamp(self.clock() - timedelta(seconds=self.stale_seconds))
        for stage in (Stage.PENDING, Stage.FAILING):
            async for order in self._orders({"stage": str(stage)}):
                if order.created_at <= before:
                    await self._abandon(order)

    async def bring_back(self) -> None:
        """Goods of cancelled orders that were not given back in the same breath."""
        async for order in self._orders({"goods": str(Goods.RETURNING)}):
            await self.book.run(*steps.bring_back(order))

    async def settle(self) -> None:
        """Put the goods of placed orders aside, many orders to a change."""
        batch: list[Order] = []
        async for order in self._orders({"goods": str(Goods.HELD)}):
            if order.stage is Stage.PLACED:
                batch.append(order)
            if len(batch) == BATCH:
                await self._run(*steps.settle(batch))
                batch = []
        await self._run(*steps.settle(batch))

    async def sweep(self) -> None:
        """Free what is held for orders that failed or never were.

        An order is inserted before anything is held for it: a missing one is gone for good.
        """
        async for stock in self._all(partial(self.book.stocks, {"busy": True}, BATCH)):
            dead = [id for id in stock.held if await self._dead(id)]
            done = [id for id in stock.returned if await self._done(id)]
            await self._run(*(steps.release_stock(stock.id, id) for id in dead))
            await self._run(*(steps.forget_return(stock.id, id) for id in done))
        async for slot in self._all(partial(self.book.slots, {"busy": True}, BATCH)):
            dead = [id for id in slot.held if await self._dead(id)]
            await self._run(*(steps.release_slot(slot.id, id) for id in dead))

    async def _abandon(self, order: Order) -> None:
        try:
            await self.book.run(*steps.give_up(order, OrderAbandoned()))
        except WrongState:  # it was placed at the last moment
            return
        log.warning("order.abandoned", order=order.id)

    async def _dead(self, id: str) -> bool:
        order = await self.book.order(id)
        return order is None or order.stage is Stage.REJECTED

    async def _done(self, id: str) -> bool:
        order = await self.book.order(id)
        if order is None:
            return True
        back = order.goods is Goods.BACK and bool(order.history)
        return back and order.history[-1].at <= stamp(self.clock() - FORGET_AFTER)

    async def _run(self, *ops: Op) -> None:
        if ops:
            await self.book.run(*ops)

    def _orders(self, where: dict[str, Any]) -> AsyncIterator[Order]:
        return self._all(partial(self.book.orders, where, None, BATCH))

    async def _all(
        self, page: Callable[[str | None], Awaitable[tuple[list[T], str | None]]]
    ) -> AsyncIterator[T]:
        """Everything in a listing, page by page; what changes meanwhile may be missed or old."""
        after = None
        while True:
            found, after = await page(after)
            for one in found:
                yield one
            if after is None:
                return

    async def _guarded(self, work: Callable[[], Any]) -> None:
        """The loop outlives a bad moment of the storage: the next round finds the same work."""
        try:
            await work()
        except Exception:
            log.exception("orders.recovery_failed")
