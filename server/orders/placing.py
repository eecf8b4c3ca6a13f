"""Placing an order: the steps of its saga, each a function on the order."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from server.errors import BadRequest, Conflict, Unprocessable, VitrineError
from server.orders.order import Goods, Order, Stage, WrongState, record, stamp
from server.orders.pickup import SlotFull
from server.orders.stock import OutOfStock


class KeyMissing(BadRequest):
    type = "idempotency-key-missing"
    title = "An Idempotency-Key is needed"
    detail = "Send a header Idempotency-Key of 1 to 200 characters, a new one for every order."


class KeyReused(Unprocessable):
    type = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another order"
    detail = "It was used with another body before. Choose a new key for a new order."


class OrderInProgress(Conflict):
    type = "order-in-progress"
    title = "This order is being placed at this moment"
    detail = "Ask again with the same key and body in a second."


class OrderAbandoned(Conflict):
    type = "order-abandoned"
    title = "Placing this order was interrupted"
    detail = "Nothing was ordered and nothing is held. Order again with a new Idempotency-Key."


REFUSALS: Final[Mapping[str, type[VitrineError]]] = {
    error.type: error for error in (OutOfStock, SlotFull, OrderAbandoned)
}


def order_id(tenant: uuid.UUID, person: str, key: str) -> str:
    """The same for the same person and key: an order sent twice is one order."""
    return str(uuid.uuid5(tenant, f"{person}\n{key}"))


def code_of(id: str) -> str:
    """Six characters without I, L, O and U (Crockford's base 32), to be read aloud."""
    number = uuid.UUID(id).int
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(number >> 5 * n) & 31] for n in range(6))


def again(order: Order, fingerprint: str) -> Order:
    """The stored answer to an order that was sent before.

    Raises KeyReused, OrderInProgress, or the refusal it was answered with the first time.
    """
    if order.fingerprint != fingerprint:
        raise KeyReused
    if order.stage in {Stage.PENDING, Stage.FAILING}:
        raise OrderInProgress(retry_after=1)
    if order.rejection is not None:
        raise refusal(order)
    return order


def refusal(order: Order) -> VitrineError:
    """The error that a rejected order was, and is, answered with."""
    rejection = order.rejection or {"type": OrderAbandoned.type, "facts": {}}
    return REFUSALS[rejection["type"]](**rejection["facts"])


def place(order: Order, by: str, now: datetime, event: str) -> Order:
    """The commit point; `by` is a role.

    Raises OrderAbandoned when it has been given up meanwhile.
    """
    if order.stage is not Stage.PENDING:
        raise OrderAbandoned
    placed = replace(order, stage=Stage.PLACED, placed_at=stamp(now), version=1)
    return record(placed, "order.placed", by, now, event)


def fence(order: Order) -> Order:
    """From here on it cannot become placed. Raises WrongState for one that is."""
    if order.stage is Stage.PLACED:
        raise WrongState(action="giving up", state=order.status)
    return replace(order, stage=Stage.FAILING) if order.stage is Stage.PENDING else order


def reject(order: Order, refusal: VitrineError) -> Order:
    """The end of a failed order: its holds are released by now."""
    if order.stage is not Stage.FAILING:
        return order
    problem = {"type": refusal.type, "facts": refusal.facts}
    return replace(order, stage=Stage.REJECTED, rejection=problem, goods=Goods.BACK)


def settle(order: Order) -> Order:
    """Its goods are put aside, its slot is kept."""
    live = order.stage is Stage.PLACED and order.goods is Goods.HELD
    return replace(order, goods=Goods.SETTLED) if live else order


def brought_back(order: Order) -> Order:
    return replace(order, goods=Goods.BACK) if order.goods is Goods.RETURNING else order
