"""Placing orders, following them, and acting on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import msgspec
import structlog

from server.auth import Person, Role
from server.errors import VitrineError
from server.orders import acting, placing
from server.orders import repository as steps
from server.orders.action import Action
from server.orders.body import OrderBody, fingerprint
from server.orders.cart import CartLine
from server.orders.checkout import Checkout, Draft
from server.orders.order import NoSuchOrder, Order, sent
from server.orders.repository import OrderBook
from server.orders.view import HOUSE, view
from server.storage.port import Doc, Exists, StorageError

log = structlog.get_logger()


class Carts(Protocol):
    async def take(self, person: str, ordered: Sequence[CartLine]) -> None:
        """What was ordered leaves the cart."""
        ...


@dataclass
class OrderService:
    """`listeners` hear of every committed change as (person id, order in the shopper's view).

    `pokes` wake what works in the background. A listener that breaks does not break an order.
    `counted` hears how each call to order ended: (kind of fulfilment, `placed`, `repeated`, or the
    type of the problem).
    """

    book: OrderBook
    checkout: Checkout
    carts: Carts
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    listeners: Sequence[Callable[[str, dict[str, Any]], None]] = ()
    pokes: Sequence[Callable[[], object]] = ()
    counted: Callable[[str, str], object] = lambda *_: None

    async def place(self, person: Person, key: str, body: OrderBody) -> tuple[Order, bool]:
        """The order, and whether this call made it: the same key and body order only once.

        Raises what Checkout.draft raises; OutOfStock, SlotFull; KeyReused, OrderInProgress.
        """
        kind = str(body.fulfilment.__struct_config__.tag)
        try:
            order, made = await self._place(person, key, body)
        except VitrineError as refusal:
            self.counted(kind, refusal.type)
            raise
        self.counted(kind, "placed" if made else "repeated")
        return order, made

    async def _place(self, person: Person, key: str, body: OrderBody) -> tuple[Order, bool]:
        id = placing.order_id(self.checkout.tenant, person.id, key)
        structlog.contextvars.bind_contextvars(order=id)
        stored = await self.book.order(id)
        if stored is None:
            draft = await self.checkout.draft(person, key, body, self.clock())
            try:
                placed = await self._commit(draft, str(person.role))
            except Exists:  # the same order at the same time: only who inserts it runs its saga
                stored = await self.book.order(id)
            else:
                await self._empty_cart(placed)
                self._changed(placed)
                return placed, True
        if stored is None:
            raise placing.OrderInProgress(retry_after=1)
        return placing.again(stored, fingerprint(body)), False

    async def act(self, person: Person, id: str, action: Action, version: int | None) -> Order:
        """One step of the state tables. `version`: what the caller looked at, None for any.

        Raises NoSuchOrder, Forbidden, PreconditionFailed, WrongState, NotAnnounced, TooEarly.
        """
        order = await self.order(person, id)
        step = partial(
            acting.act,
            action=action,
            role=person.role,
            by=str(person.role),
            version=version,
            now=self.clock(),
            event=self.new_id(),
        )
        after = steps.bring_back(order) if action is Action.CANCEL else []
        docs = await self.book.run(steps.change_order(id, step), *after)
        return self._changed(read(docs[0]))

    async def order(self, person: Person, id: str) -> Order:
        """Raises NoSuchOrder, for other shoppers' orders as well."""
        order = await self.book.order(id)
        if order is None or (order.person != person.id and person.role not in HOUSE):
            raise NoSuchOrder(order=id)
        return order

    async def orders(
        self, person: Person, where: dict[str, Any], limit: int, after: str | None
    ) -> tuple[list[Order], str | None]:
        """The placed ones, oldest first: a shopper's own, everybody's for the house.

        Raises ValueError for a cursor that is not ours.
        """
        if person.role not in HOUSE:
            where = {"person": person.id, **where}
        return await self.book.orders(where, "placed_at", limit, after)

    async def unsent(self, limit: int) -> list[tuple[str, list[dict[str, Any]]]]:
        """Orders with events that are no deliveries yet, and those events."""
        found, _ = await self.book.orders({"unsent": True}, limit=limit)
        return [
            (order.id, [msgspec.to_builtins(e) for e in order.history if e.id in order.to_send])
            for order in found
        ]

    async def mark_sent(self, id: str, event_ids: Sequence[str]) -> None:
        """These events are deliveries by now; marking twice does no harm."""
        done = frozenset(event_ids)
        await self.book.run(steps.change_order(id, partial(sent, events=done)))

    async def waiting(self, limit: int) -> list[Order]:
        """Gift boxes whose announcement has not gone out, the longest due first."""
        found, _ = await self.book.orders({}, "announce_at", limit)
        return found

    async def announced(self, id: str) -> None:
        """The announcement went out by e-mail. Raises WrongState when it is too late for that."""
        step = partial(
            acting.act,
            action=Action.ANNOUNCE,
            role=Role.STAFF,
            by="email",
            version=None,
            now=self.clock(),
            event=self.new_id(),
        )
        (doc,) = await self.book.run(steps.change_order(id, step))
        self._changed(read(doc))

    async def postponed(self, id: str, error: str, next_at: str) -> None:
        """The announcement did not go out; it is tried again."""
        step = partial(acting.postponed, error=error, next_at=next_at)
        await self.book.run(steps.change_order(id, step))

    async def _commit(self, draft: Draft, by: str) -> Order:
        """The saga of section 5 of the design: insert, hold, commit point; or give up.

        Raises Exists, OutOfStock, SlotFull, OrderAbandoned.
        """
        order = draft.order
        await self.book.prepare(order)
        place = partial(placing.place, by=by, now=self.clock(), event=self.new_id())
        try:
            docs = await self.book.run(
                steps.insert_order(order),
                *steps.holds(order, draft.slot_capacity),
                steps.change_order(order.id, place),
            )
        except VitrineError as refusal:
            await self.book.run(*steps.give_up(order, refusal))
            raise
        return read(docs[-1])

    async def _empty_cart(self, order: Order) -> None:
        lines = [CartLine(line.sku, line.quantity, line.variant) for line in order.lines]
        try:
            await self.carts.take(order.person, lines)
        except StorageError:  # the order stands; a full cart is an annoyance
            log.warning("cart.not_emptied", order=order.id)

    def _changed(self, order: Order) -> Order:
        """Tell whoever listens. An order does not fail for their sake."""
        for poke in self.pokes:
            poke()
        try:
            if self.listeners:
                seen = msgspec.to_builtins(view(order, Role.SHOPPER, self.clock()))
                for listener in self.listeners:
                    listener(order.person, seen)
        except Exception:
            log.exception("order.listener_failed", order=order.id)
        return order


def read(doc: Doc | None) -> Order:
    return msgspec.convert(doc, Order)
