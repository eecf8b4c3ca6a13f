"""How showrooms and what is kept of their rooms are stored."""

from dataclasses import dataclass
from typing import Any, Final

from server.storage.port import Change, Doc, Index, Insert, Missing, Store

SHOWROOM: Final = "showroom"  # {id, name, scene, models: {name: asset id}}
ROOM: Final = "room"  # {id, showroom, objects: {id: {position, rotation, variant}}}
INDEXES: Final[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Showrooms:
    """Showroom documents, and the last state of each room's objects."""

    store: Store

    async def showroom(self, id: str) -> Doc | None:
        """The document, or None."""
        return await self.store.get(SHOWROOM, id)

    async def showrooms(self) -> list[Doc]:
        """All of them, by id; a house has few."""
        found: list[Doc] = []
        after: str | None = None
        while True:
            page = await self.store.find(SHOWROOM, {}, after=after)
            found += page.items
            if page.next is None:
                return found
            after = page.next

    async def put_showroom(self, document: Doc) -> None:
        """Create it, or replace it."""
        await self._put(SHOWROOM, document)

    async def kept(self, room: str) -> dict[str, Any]:
        """The objects of a room as they last stood; empty for a new one."""
        document = await self.store.get(ROOM, room)
        return dict(document["objects"]) if document else {}

    async def keep(self, room: str, showroom: str, objects: dict[str, Any]) -> None:
        """Remember how the objects stand."""
        await self._put(ROOM, {"id": room, "showroom": showroom, "objects": objects})

    async def _put(self, kind: str, document: Doc) -> None:
        try:
            await self.store.run(Change(kind, document["id"], lambda _: document))
        except Missing:
            await self.store.run(Insert(kind, document["id"], document))
