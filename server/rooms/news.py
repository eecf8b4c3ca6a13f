"""What nodes tell each other, once and at once: who does not hear it does without."""

from typing import Any

import msgspec
from msgspec import Struct


class News(Struct, frozen=True, tag=True):
    """`by` is the id of the node that says it."""

    by: str


class ForPerson(News, frozen=True):
    """All sockets of a person hear `event`."""

    person: str
    event: str
    body: dict[str, Any]


class SentOut(News, frozen=True):
    """Somebody was asked to leave a showroom: from every room of it."""

    showroom: str
    person: str
    until: str  # RFC 3339
    reason: str


class ToEverybody(News, frozen=True):
    """The house says something, in every room or those of one showroom."""

    text: dict[str, str]  # by language
    at: int  # milliseconds since 1970
    showroom: str | None = None


Known = ForPerson | SentOut | ToEverybody


def encode(news: News) -> bytes:
    return msgspec.json.encode(news)


def decode(text: bytes) -> News | None:
    """None for what a younger version says."""
    try:
        found: News = msgspec.json.decode(text, type=Known)
    except msgspec.DecodeError:
        return None
    return found
