"""The process dies at the worst moment: nothing accepted is lost, nothing is sold twice."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from server.errors import VitrineError
from server.orders import repository as steps
from server.orders.action import Action
from server.orders.order import Stage, Status
from server.orders.placing import OrderAbandoned, OrderInProgress, place
from server.storage.port import Doc, Op, Page, Store
from tests.conftest import NOON, HeldClock
from tests.server.orders.audit import audit, every_order
from tests.server.orders.ordering import COUNTED
from tests.server.orders.shop import ANNA, STAFF, Shop, body, gift_body, opened

TEN = "milano:2026-11-24T10:00"
STOCKED = {f"{store}:{sku}-01": 5 for store in ("milano", "tokyo") for sku in ("LAMP", "TEA")}


class Died(Exception):
    """The process is gone: nothing more is written, nobody is answered."""


@dataclass
class Dying:
    """A store whose process dies after `left` writes, each of them a commit of its own."""

    store: Store
    left: int

    async def get(self, kind: str, id: str) -> Doc | None:
        return await self.store.get(kind, id)

    async def find(
        self,
        kind: str,
        where: Mapping[str, Any],
        *,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        return await self.store.find(kind, where, order=order, limit=limit, after=after)

    async def run(self, *ops: Op) -> list[Doc | None]:
        answers: list[Doc | None] = []
        for op in ops:
            if self.left == 0:
                raise Died
            self.left -= 1
            answers += await self.store.run(op)
        return answers

    async def close(self) -> None: ...


async def place_pickup(shop: Shop) -> None:
    await shop.orders.place(ANNA, "k", body(("TEA-01", 2), ("LAMP-01", 1), slot=TEN))


async def place_gift(shop: Shop) -> None:
    await shop.orders.place(ANNA, "k", gift_body(("TEA-01", 2), ("LAMP-01", 1)))


async def place_too_much(shop: Shop) -> None:
    """The lamps can be held, the tea cannot."""
    await shop.orders.place(ANNA, "k", body(("LAMP-01", 1), ("TEA-01", 6), slot=TEN))


async def place_and_cancel(shop: Shop) -> None:
    order, _ = await shop.orders.place(ANNA, "k", body(("TEA-01", 2), ("LAMP-01", 1), slot=TEN))
    await shop.orders.act(ANNA, order.id, Action.CANCEL, 1)


async def settle_and_cancel(shop: Shop) -> None:
    order, _ = await shop.orders.place(ANNA, "k", body(("TEA-01", 2), ("LAMP-01", 1), slot=TEN))
    await shop.recovery.settle()
    await shop.orders.act(STAFF, order.id, Action.CANCEL, 1)


async def recover_twice(shop: Shop) -> None:
    await place_pickup(shop)
    await shop.recovery.once()
    await shop.recovery.once()


@pytest.mark.parametrize(
    "story",
    [place_pickup, place_gift, place_too_much, place_and_cancel, settle_and_cancel, recover_twice],
)
async def test_a_crash_between_any_two_writes_is_mended(
    new_address: Callable[[], str], clock: HeldClock, story: Callable[[Shop], Awaitable[None]]
) -> None:
    for writes in range(60):
        async with opened(new_address()) as store:
            await Shop(store, clock).stocked(LAMP=5, TEA=5)
            told: list[str] = []
            ended = await until_death(Shop(Dying(store, writes), clock), story, told)
            await mended(store, clock, told)
            if ended:
                assert writes > 3
                return
    pytest.fail("the story never ended")


async def until_death(
    shop: Shop, story: Callable[[Shop], Awaitable[None]], told: list[str]
) -> bool:
    """Whether the story came to its end; `told` gets the orders that somebody heard of."""
    shop.orders.listeners = (lambda person, order: told.append(order["id"]),)
    try:
        await story(shop)
    except Died:
        return False
    except VitrineError:
        return True
    return True


async def mended(store: Store, clock: HeldClock, told: list[str]) -> None:
    """A new process comes up a minute later; its own recovery may be cut short as well."""
    later = HeldClock(clock() + timedelta(seconds=60))
    for left in (1, 2, 3):
        await until_death(Shop(Dying(store, left), later), recovered, [])
    await recovered(Shop(store, later))
    await audit(store, STOCKED, told)
    shop = Shop(store, later)
    for order in await every_order(shop.book):
        if order.stage is Stage.REJECTED:
            assert (order.rejection or {})["type"] in {"order-abandoned", "out-of-stock"}


async def recovered(shop: Shop) -> None:
    await shop.recovery.once()


async def test_an_interrupted_order_is_in_progress_then_abandoned(
    shop: Shop, clock: HeldClock
) -> None:
    await shop.stocked(TEA=5)
    wish = body(("TEA-01", 2))
    with pytest.raises(Died):
        await Shop(Dying(shop.store, 2), clock).orders.place(ANNA, "k", wish)
    with pytest.raises(OrderInProgress):
        await shop.orders.place(ANNA, "k", wish)
    await shop.recovery.once()
    with pytest.raises(OrderInProgress):  # a few seconds are no reason to give up
        await shop.orders.place(ANNA, "k", wish)
    clock.forward(seconds=60)
    await shop.recovery.once()
    with pytest.raises(OrderAbandoned):
        await shop.orders.place(ANNA, "k", wish)
    order, made = await shop.orders.place(ANNA, "k2", wish)
    assert made
    assert order.status is Status.PLACED


async def test_a_slow_saga_cannot_place_what_was_given_up_meanwhile(
    shop: Shop, clock: HeldClock
) -> None:
    await shop.stocked(TEA=5)
    draft = await shop.checkout.draft(ANNA, "k", body(("TEA-01", 2)), NOON)
    await shop.book.prepare(draft.order)
    await shop.book.run(steps.insert_order(draft.order))
    clock.forward(seconds=60)
    await shop.recovery.once()
    await shop.book.run(*steps.holds(draft.order, 0))  # the saga goes on, too late
    late = partial(place, by="shopper", now=NOON, event="event")
    with pytest.raises(OrderAbandoned):
        await shop.book.run(steps.change_order(draft.order.id, late))
    await shop.recovery.once()
    await audit(shop.store, {"milano:TEA-01": 5, "tokyo:TEA-01": 5})


def test_orders_survive_kill_9(new_address: Callable[[], str]) -> None:
    address = new_address()
    placed: set[str] = set()
    cancelled: set[str] = set()
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.server.orders.ordering", address],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(60)]
        child.kill()
        lines += child.stdout.read().splitlines(keepends=True)
        child.stdout.close()
        child.wait()
        for line in lines:
            if line.endswith("\n"):
                word, id = line.split()
                {"placed": placed, "cancelled": cancelled}[word].add(id)
        asyncio.run(recount(address, placed, cancelled))


async def recount(address: str, placed: set[str], cancelled: set[str]) -> None:
    counted = {
        f"{store}:{word}-01": n for store in ("milano", "tokyo") for word, n in COUNTED.items()
    }
    async with opened(address) as store:
        shop = Shop(store, lambda: datetime.now(UTC) + timedelta(seconds=60))
        await shop.recovery.once()
        await audit(store, counted, placed)
        assert len(placed) >= 30
        for id in cancelled:
            order = await shop.book.order(id)
            assert order is not None
            assert order.status is Status.CANCELLED
