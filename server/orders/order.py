"""An order: what it holds, and how its status follows from that."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from server.errors import Conflict, NotFound, Unprocessable
from server.orders.gift import GiftBox, GiftStatus
from server.orders.pickup import Pickup, PickupStatus


class Stage(StrEnum):
    """How far placing it has come."""

    PENDING = "pending"
    FAILING = "failing"
    REJECTED = "rejected"
    PLACED = "placed"


class Status(StrEnum):
    """What is shown as the order's status; derived, never set."""

    PENDING = "pending"
    REJECTED = "rejected"
    PLACED = "placed"
    IN_FULFILMENT = "in_fulfilment"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


# stage:   pending --place--> placed        (the commit point: from here on the order counts)
#             |
#             +--fence--> failing --reject--> rejected
#
# status:  pending | rejected, then by the fulfilment:
OVERALL: Final[Mapping[str, Status]] = {
    Stage.PENDING: Status.PENDING,
    Stage.FAILING: Status.PENDING,
    Stage.REJECTED: Status.REJECTED,
    PickupStatus.SCHEDULED: Status.PLACED,
    PickupStatus.PREPARING: Status.IN_FULFILMENT,
    PickupStatus.READY: Status.IN_FULFILMENT,
    PickupStatus.HANDED_OVER: Status.COMPLETED,
    GiftStatus.DRAFT: Status.PLACED,
    GiftStatus.ANNOUNCED: Status.IN_FULFILMENT,
    GiftStatus.PACKED: Status.IN_FULFILMENT,
    GiftStatus.SHIPPED: Status.IN_FULFILMENT,
    GiftStatus.DELIVERED: Status.COMPLETED,
    PickupStatus.CANCELLED: Status.CANCELLED,  # the gift box's word is the same
}
OPEN: Final = frozenset({Status.PLACED, Status.IN_FULFILMENT})


class Goods(StrEnum):
    """Where the stock's books stand on this order (stock.py has the picture)."""

    HELD = "held"  # or not even that, while it is pending
    SETTLED = "settled"
    RETURNING = "returning"  # cancelled; the goods have to be given back
    BACK = "back"


# pay at pickup: none --hand over--> captured;   none --cancel--> voided
# on account:    authorized --cancel--> voided   (the brand sends the sender an invoice)
class PaymentStatus(StrEnum):
    NONE = "none"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"


class Payment(msgspec.Struct, frozen=True):
    method: str  # "pay_at_pickup" or "on_account"
    status: PaymentStatus


class Price(msgspec.Struct, frozen=True):
    """`amount` in minor units of the ISO 4217 `currency`."""

    amount: int
    currency: str


class OrderLine(msgspec.Struct, frozen=True):
    """As ordered: the name and the price of that moment."""

    sku: str
    variant: str | None
    quantity: int
    unit_price: int  # minor units of the order's currency
    name: dict[str, str]  # by language
    variant_name: dict[str, str] | None = None


class Entry(msgspec.Struct, frozen=True):
    """An event in the order's history, with the role that caused it.

    Never which member of staff: with the times beside it, that would measure people at work.
    """

    id: str
    type: str
    at: str
    data: dict[str, Any]
    by: str  # a role, or "email" for what the announcer did


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`version` counts what a caller can see change; the bookkeeping behind it does not."""

    id: str
    code: str  # what people say to each other: "K7QX2M"
    person: str
    person_name: str
    fingerprint: str  # of the body it was ordered with
    created_at: str
    placed_at: str | None = None
    stage: Stage = Stage.PENDING
    rejection: dict[str, Any] | None = None  # the problem it was refused with
    lines: tuple[OrderLine, ...]
    total: Price
    fulfilment: Pickup | GiftBox
    payment: Payment
    goods: Goods = Goods.HELD
    version: int = 0
    history: tuple[Entry, ...] = ()
    to_send: tuple[str, ...] = ()  # ids of the history's events that are no deliveries yet

    @property
    def status(self) -> Status:
        return OVERALL[self.fulfilment.status if self.stage is Stage.PLACED else self.stage]

    @property
    def wanted(self) -> dict[str, int]:
        """Quantity by SKU, sorted: every order takes the stock documents in the same sequence."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.sku] = sums.get(line.sku, 0) + line.quantity
        return dict(sorted(sums.items()))

    @property
    def slot(self) -> str | None:
        box = self.fulfilment
        return box.slot.id if isinstance(box, Pickup) and box.slot else None


class NoSuchOrder(NotFound):
    type = "unknown-order"
    title = "There is no such order"
    detail = "No order {order} is yours to see."


class MixedCurrencies(Unprocessable):
    type = "mixed-currencies"
    title = "One order, one currency"
    detail = "These products are priced in {currencies}. Order them separately."


class WrongState(Conflict):
    type = "wrong-state"
    title = "The order is not at that point"
    detail = "{action} is not possible while it is {state}."


def stamp(now: datetime) -> str:
    """RFC 3339 in UTC, always of the same length, so that text order is time order."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(order: Order, type: str, by: str, now: datetime, event: str) -> Order:
    """Append to the history, which is audit trail and outbox in one."""
    entry = Entry(event, type, stamp(now), {"order": told(order)}, by)
    return replace(order, history=(*order.history, entry), to_send=(*order.to_send, event))


def told(order: Order) -> dict[str, Any]:
    """What an event says of the order: everything that a fulfilment system needs."""
    names = ("id", "code", "placed_at", "lines", "total", "fulfilment", "payment", "version")
    written = msgspec.json.encode({name: getattr(order, name) for name in names})
    facts: dict[str, Any] = msgspec.json.decode(written)  # as everybody will read it
    facts["fulfilment"].pop("posting", None)
    customer = {"id": order.person, "name": order.person_name}
    return {**facts, "status": str(order.status), "customer": customer}


def sent(order: Order, events: frozenset[str]) -> Order:
    """These events are deliveries by now."""
    left = tuple(event for event in order.to_send if event not in events)
    return order if left == order.to_send else replace(order, to_send=left)
