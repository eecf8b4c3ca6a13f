"""How occasions and their recordings are stored."""

from dataclasses import dataclass
from typing import Final

from server.storage.port import Index, Store

INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Occasions:
    """The calendar of the house."""

    store: Store
