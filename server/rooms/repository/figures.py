"""How the house's own figures for avatars are stored."""

from dataclasses import dataclass
from typing import Final

from server.storage.port import Index, Store

INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """The models that an avatar can look like."""

    store: Store
