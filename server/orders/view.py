"""An order as its reader sees it.

The shopper's view holds neither the recipient's postal address nor their e-mail: it is pushed into
the room, where somebody may look over the shoulder. Staff and integrations see both, and the
shopper gets no sight of the announcement's delivery.
"""

from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from server.auth import Role
from server.orders import acting, placing
from server.orders.action import Action
from server.orders.gift import Card, GiftBox, GiftStatus, Recipient, write_letter
from server.orders.order import Order, OrderLine, Payment, Price, Status
from server.orders.pickup import Pickup

HOUSE: Final = frozenset({Role.STAFF, Role.INTEGRATION})  # who sees everybody's orders


class AnnounceView(msgspec.Struct, frozen=True, kw_only=True):
    channel: str
    name: str
    language: str
    to: str | UnsetType = UNSET


class GiftView(msgspec.Struct, frozen=True, kw_only=True, tag="gift_box", tag_field="kind"):
    status: GiftStatus
    store: str
    announce: AnnounceView
    card: Card
    wrap: bool
    ship_after: date | None
    recipient: Recipient | UnsetType | None = UNSET


class AnnouncementView(msgspec.Struct, frozen=True, kw_only=True):
    """The text that goes out, and how it is doing: waiting, failing, sent or confirmed."""

    channel: str
    to: str
    name: str
    subject: str
    text: str
    status: str
    attempts: int
    error: str | None
    sent_at: str | None


class Customer(msgspec.Struct, frozen=True):
    id: str
    name: str


class Happened(msgspec.Struct, frozen=True):
    type: str
    at: str


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """`actions`: what the reader may do to it now. `customer`, `announcement`: for the house."""

    id: str
    code: str
    status: Status
    fulfilment: Pickup | GiftView
    payment: Payment
    lines: tuple[OrderLine, ...]
    total: Price
    placed_at: str | None
    version: int
    actions: tuple[Action, ...]
    history: tuple[Happened, ...]
    rejection: dict[str, Any] | UnsetType = UNSET
    customer: Customer | UnsetType = UNSET
    announcement: AnnouncementView | UnsetType = UNSET


def view(order: Order, role: Role, now: datetime) -> OrderView:
    """For the shopper whose order it is, or for the house."""
    house = role in HOUSE
    box = order.fulfilment
    return OrderView(
        id=order.id,
        code=order.code,
        status=order.status,
        fulfilment=box if isinstance(box, Pickup) else gift_view(box, house),
        payment=order.payment,
        lines=order.lines,
        total=order.total,
        placed_at=order.placed_at,
        version=order.version,
        actions=acting.allowed(order, role, now),
        history=tuple(Happened(entry.type, entry.at) for entry in order.history),
        rejection=placing.refusal(order).problem() if order.rejection else UNSET,
        customer=Customer(order.person, order.person_name) if house else UNSET,
        announcement=announcement(box) if house and isinstance(box, GiftBox) else UNSET,
    )


def gift_view(box: GiftBox, house: bool) -> GiftView:
    told = box.announce
    return GiftView(
        status=box.status,
        store=box.store,
        announce=AnnounceView(
            channel=told.channel,
            name=told.name,
            language=told.language,
            to=told.to if house else UNSET,
        ),
        card=box.card,
        wrap=box.wrap,
        ship_after=box.ship_after,
        recipient=box.recipient if house else UNSET,
    )


def announcement(box: GiftBox) -> AnnouncementView:
    letter = write_letter(box)
    posting = box.posting
    if posting.sent_at:
        status = "sent" if posting.sent_by == "email" else "confirmed"
    else:
        status = "failing" if posting.error else "waiting"
    return AnnouncementView(
        channel=box.announce.channel,
        to=box.announce.to,
        name=box.announce.name,
        subject=letter.subject,
        text=letter.text,
        status=status,
        attempts=posting.attempts,
        error=posting.error,
        sent_at=posting.sent_at,
    )
