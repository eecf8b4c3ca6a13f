"""Conditional requests and byte ranges of a content that never changes.

Source: RFC 9110, sections 13 (conditions) and 14 (ranges).
"""

import re

from server.errors import VitrineError


class RangeNotSatisfiable(VitrineError):
    status = 416
    type = "range-not-satisfiable"
    title = "No such bytes"
    detail = "The file has {length} bytes."


def matches(etag: str, header: str | None) -> bool:
    """Does an If-None-Match list name this strong tag? A weak twin of it counts."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in re.findall(r'"[^"]*"', header)


def byte_range(
    header: str | None, if_range: str | None, etag: str, length: int
) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole.

    A range we don't understand, several at once, or an If-Range that names other content are
    answered with the whole, as the RFC allows. Raises RangeNotSatisfiable.
    """
    if header is None or (if_range is not None and if_range.strip() != etag):
        return None
    found = re.fullmatch(r"bytes=([0-9]{0,15})-([0-9]{0,15})", header.strip())
    if found is None or found.group() == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(length - int(last), 0), length
    else:
        start, end = int(first), int(last) + 1 if last else length
        if last and int(last) < start:
            return None  # not a valid range at all
    if start >= min(end, length):
        raise RangeNotSatisfiable(length=length)
    return start, min(end, length)
