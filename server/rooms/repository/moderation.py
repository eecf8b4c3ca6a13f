"""How bans and reports are stored."""

from dataclasses import dataclass
from typing import Final

from server.storage.port import Index, Store

INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Moderation:
    """Who may not come back, and what was reported."""

    store: Store
