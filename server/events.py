"""An event is a fact that happened, in the past tense; webhooks tell it to the outside."""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One fact.

    `id` is unique and stays the same however often the event is delivered; `type` is a dotted
    past-tense name such as `order.placed`; `at` is an RFC 3339 UTC time; `data` is the event's own
    schema.
    """

    id: str
    type: str
    at: str
    data: dict[str, Any]
