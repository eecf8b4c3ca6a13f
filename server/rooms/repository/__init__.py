"""How the feature's documents are stored: a module per subject, each with the indexes it needs."""

from typing import Final

from server.rooms.repository import codes, figures, moderation, showrooms
from server.rooms.repository.codes import Codes
from server.rooms.repository.figures import Figures
from server.rooms.repository.moderation import Moderation
from server.rooms.repository.showrooms import Showrooms
from server.storage.port import Index, Store

__all__ = ["INDEXES", "Codes", "Documents", "Figures", "Moderation", "Showrooms"]

INDEXES: Final[tuple[Index, ...]] = (
    *showrooms.INDEXES,
    *codes.INDEXES,
    *moderation.INDEXES,
    *figures.INDEXES,
)


class Documents:
    """All of them, on one store."""

    def __init__(self, store: Store) -> None:
        self.showrooms = Showrooms(store)
        self.codes = Codes(store)
        self.moderation = Moderation(store)
        self.figures = Figures(store)
