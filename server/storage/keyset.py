"""A place in a listing, as opaque text: where the next page goes on."""

import base64
import binascii
from typing import Any, Final

import msgspec

MAX_INTEGER: Final = 2**63 - 1  # more than this no engine compares


def encode(order: str | None, value: Any, id: str) -> str:
    """The cursor after the document `id`, whose `order` field holds `value`."""
    return base64.urlsafe_b64encode(msgspec.json.encode([order, value, id])).decode()


def decode(cursor: str, order: str | None) -> tuple[Any, str]:
    """The value and id to go on after. Raises ValueError for what `encode` never wrote."""
    try:
        raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        written_for, value, id = msgspec.json.decode(raw)
    except (binascii.Error, msgspec.DecodeError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{cursor[:80]!r} is not a cursor of a listing") from error
    scalar = isinstance(value, str | float | None) or (
        isinstance(value, int) and abs(value) <= MAX_INTEGER
    )
    if written_for != order or not isinstance(id, str) or not scalar:
        raise ValueError(f"{cursor[:80]!r} is a cursor of another listing")
    return value, id
