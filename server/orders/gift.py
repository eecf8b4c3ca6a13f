"""A gift box: announced by a kind message, then packed and sent."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from server.errors import Conflict
from server.orders.action import BUYER, STAFF, Action, Step


class GiftStatus(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


# draft --announce--> announced --pack--> packed --ship--> shipped --deliver--> delivered
#   |                     |                  |
#   +-------cancel--------+-----cancel-------+--> cancelled
#                          (packed: by staff only)
# Every way to `packed` leads through `announced`: the recipient hears of it before it is shipped.
STEPS: Final[Mapping[tuple[StrEnum, Action], Step]] = {
    (GiftStatus.DRAFT, Action.ANNOUNCE): Step(GiftStatus.ANNOUNCED, "gift.announced", STAFF),
    (GiftStatus.ANNOUNCED, Action.PACK): Step(GiftStatus.PACKED, "gift.packed", STAFF),
    (GiftStatus.PACKED, Action.SHIP): Step(GiftStatus.SHIPPED, "gift.shipped", STAFF),
    (GiftStatus.SHIPPED, Action.DELIVER): Step(GiftStatus.DELIVERED, "gift.delivered", STAFF),
    (GiftStatus.DRAFT, Action.CANCEL): Step(GiftStatus.CANCELLED, "order.cancelled", BUYER),
    (GiftStatus.ANNOUNCED, Action.CANCEL): Step(GiftStatus.CANCELLED, "order.cancelled", BUYER),
    (GiftStatus.PACKED, Action.CANCEL): Step(GiftStatus.CANCELLED, "order.cancelled", STAFF),
}


class NotAnnounced(Conflict):
    type = "not-announced"
    title = "The gift has not been announced yet"
    detail = "Before {action}, {name} must have been told that a gift is coming."


class TooEarly(Conflict):
    type = "too-early"
    title = "The gift should not travel yet"
    detail = "It was asked to be shipped on {ship_after} or later; today is {today}."


class Posting(msgspec.Struct, frozen=True):
    """How the announcement is doing. `next_at` is when it is tried (again), RFC 3339 UTC."""

    next_at: str
    attempts: int = 0
    error: str | None = None
    sent_by: str | None = None  # "email", or "staff" who confirmed it
    sent_at: str | None = None


class Recipient(msgspec.Struct, frozen=True):
    """Where the box travels to."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    phone: str | None = None


class Announce(msgspec.Struct, frozen=True):
    """Who is told that a gift is coming, how, and in which language."""

    channel: str
    to: str
    name: str
    language: str = "en"


class Card(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    text: str
    sender: str


class GiftBox(msgspec.Struct, frozen=True, kw_only=True, tag="gift_box", tag_field="kind"):
    """The goods leave `store`, whose time zone decides which day it is."""

    status: GiftStatus = GiftStatus.DRAFT
    store: str
    timezone: str
    recipient: Recipient | None  # None: asked for in the announcement
    announce: Announce
    card: Card
    wrap: bool = True
    ship_after: date | None = None
    posting: Posting


def check_ship(gift: GiftBox, now: datetime) -> None:
    """Raises TooEarly."""
    today = now.astimezone(ZoneInfo(gift.timezone)).date()
    if gift.ship_after and today < gift.ship_after:
        raise TooEarly(ship_after=gift.ship_after.isoformat(), today=today.isoformat())


class Letter(msgspec.Struct, frozen=True):
    subject: str
    text: str


# It tells that something comes and from whom. What it is and what it cost stays a surprise.
WORDS: Final = {
    "en": {
        "subject": "{sender} has a gift for you",
        "opening": "Dear {name},\n\n{sender} has chosen a gift for you, and wrote:",
        "coming": "We are preparing the box with care. It travels to the address that {sender} "
        "gave us, and there is nothing you need to do.",
        "asking": "Where may we send it? Please answer this message with your postal address. "
        "We use it for this parcel and nothing else.",
        "after": "It will leave us on {day} or a little later.",
        "closing": "What is inside remains a surprise.\n\nWarm regards",
    },
    "fr": {
        "subject": "{sender} a un cadeau pour vous",
        "opening": "Bonjour {name},\n\n{sender} a choisi un cadeau pour vous, avec ces mots :",
        "coming": "Nous préparons le coffret avec soin. Il part à l’adresse que {sender} nous a "
        "indiquée : vous n’avez rien à faire.",
        "asking": "Où pouvons-nous l’envoyer ? Répondez à ce message avec votre adresse postale. "
        "Elle ne servira qu’à ce colis.",
        "after": "Il partira de chez nous le {day} ou un peu plus tard.",
        "closing": "Ce qu’il contient reste une surprise.\n\nBien à vous",
    },
    "it": {
        "subject": "{sender} ha un regalo per te",
        "opening": "Ciao {name},\n\n{sender} ha scelto un regalo per te e ti scrive:",
        "coming": "Stiamo preparando la confezione con cura. La spediamo all’indirizzo che "
        "{sender} ci ha dato: non devi fare nulla.",
        "asking": "Dove possiamo spedirla? Rispondi a questo messaggio con il tuo indirizzo. "
        "Ci serve solo per questo pacco.",
        "after": "Partirà da noi il {day} o poco dopo.",
        "closing": "Il contenuto resta una sorpresa.\n\nUn caro saluto",
    },
}
MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
}


def write_letter(gift: GiftBox) -> Letter:
    """The announcement, in the language it was asked for."""
    language = gift.announce.language
    words = WORDS[language]
    facts = {"name": gift.announce.name, "sender": gift.card.sender}
    parts = [
        words["opening"].format(**facts),
        "\n".join(f"    {line}" for line in gift.card.text.splitlines()),
        words["coming" if gift.recipient else "asking"].format(**facts),
    ]
    if gift.ship_after:
        parts.append(words["after"].format(day=spoken(gift.ship_after, language)))
    parts.append(words["closing"])
    return Letter(words["subject"].format(**facts), "\n\n".join(parts) + "\n")


def spoken(day: date, language: str) -> str:
    return f"{day.day} {MONTHS[language].split()[day.month - 1]} {day.year}"
