"""How the house's own figures for avatars are stored."""

from dataclasses import dataclass
from typing import Final

from server.storage.port import Change, Delete, Doc, Index, Insert, Missing, Store

FIGURE: Final = "figure"  # {id, name: {en, fr, it}, asset}
INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """The models that an avatar can look like."""

    store: Store

    async def figure(self, id: str) -> Doc | None:
        """The document, or None."""
        return await self.store.get(FIGURE, id)

    async def figures(self, limit: int) -> list[Doc]:
        """By id."""
        return list((await self.store.find(FIGURE, {}, limit=limit)).items)

    async def put(self, document: Doc) -> None:
        """Create it, or replace it."""
        try:
            await self.store.run(Change(FIGURE, document["id"], lambda _: document))
        except Missing:
            await self.store.run(Insert(FIGURE, document["id"], document))

    async def delete(self, id: str) -> None:
        """Once gone, it stays gone."""
        await self.store.run(Delete(FIGURE, id))
