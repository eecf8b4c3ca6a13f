"""What `find` may be asked, checked the same for every engine."""

import re
from collections.abc import Mapping
from typing import Any, Final

from server.storage.port import Index

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")  # of kinds and fields: they end up in queries


def check_index(index: Index) -> None:
    """Raises ValueError for a name that cannot be one."""
    for name in (index.kind, index.field):
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a kind or a field of an Index")


def check_listing(
    declared: frozenset[Index], kind: str, where: Mapping[str, Any], order: str | None, limit: int
) -> None:
    """Raises ValueError for what no index answers."""
    if not NAME.fullmatch(kind):
        raise ValueError(f"{kind!r} cannot name a kind")
    if limit < 1:
        raise ValueError(f"limit is at least 1, {limit} came")
    for field in [*where, *([order] if order else [])]:
        if Index(kind, field) not in declared:
            raise ValueError(f"no Index declares {kind}.{field}")
    for field, value in where.items():
        if not isinstance(value, str | int | float | None):
            raise ValueError(f"{field} is compared to {type(value).__name__}, which has no index")
