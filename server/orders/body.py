"""What is sent to fill a cart or to order, and how much of it is accepted.

What is stored has types of its own, without limits: a limit that gets tighter must not make what
was accepted before unreadable.
"""

import hashlib
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_LINES = 50

# `$` alone would let a final line break through, and these end up in e-mail headers: no control
# characters, no breaks of Unicode's own, nothing that turns the writing direction.
Word = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$(?!\n)",
    ),
]
AddressLine = Annotated[
    str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")
]
CardText = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
# Whether an address receives mail only mail can tell: this catches slips of the hand.
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$(?!\n)",
    ),
]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Quantity = Annotated[int, Meta(ge=1, le=99)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of a product; without a variant, the product's first."""

    sku: Id
    quantity: Quantity
    variant: Id | None = None


class PickupBody(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pickup", tag_field="kind"
):
    """To be collected in a store; `slot` from `GET /api/stores/{id}/slots`."""

    store: Id
    slot: Id | None = None
    collector: Word | None = None


class RecipientBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a gift box travels to."""

    name: Word
    street: AddressLine
    postcode: AddressLine
    city: AddressLine
    country: AddressLine
    phone: AddressLine | None = None


class AnnounceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told that a gift is coming, and in which language."""

    channel: Literal["email"]
    to: Email
    name: Word
    language: Literal["en", "fr", "it"] = "en"


class CardBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    text: CardText
    sender: Word


class GiftBoxBody(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="gift_box", tag_field="kind"
):
    """To be announced, packed and sent. Without a recipient, the announcement asks where to."""

    announce: AnnounceBody
    card: CardBody
    recipient: RecipientBody | None = None
    wrap: bool = True
    ship_after: date | None = None


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=MAX_LINES)]
    fulfilment: PickupBody | GiftBoxBody


class CartBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_LINES)]


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Staff have told the recipient themselves."""

    confirmed: Literal[True]


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many are there, without the goods already put aside for placed orders."""

    on_hand: Annotated[int, Meta(ge=0, le=1_000_000)]


def fingerprint(body: OrderBody) -> str:
    """Equal for bodies that mean the same, however they were written."""
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()
