"""How join codes and hand-overs between devices are stored."""

from dataclasses import dataclass
from typing import Final

from server.storage.port import Index, Store

INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """Ways into a room that were handed out."""

    store: Store
