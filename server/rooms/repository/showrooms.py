"""How showrooms and what is kept of their rooms are stored."""

from dataclasses import dataclass
from typing import Any, Final

from server.storage.port import Change, Doc, Index, Insert, Missing, Store

SHOWROOM: Final = "showroom"  # {id, name, scene, models: {name: asset id}}
# {id, showroom, and what the parts keep: objects: {id: {position, rotation, variant}}}
ROOM: Final = "room"
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
        """The document of a room; empty for a new one."""
        return dict(await self.store.get(ROOM, room) or {})

    async def keep(self, room: str, showroom: str, members: dict[str, Any]) -> None:
        """Remember these members of its document; what others wrote into it stays."""
        own = {"id": room, "showroom": showroom, **members}
        try:
            await self.store.run(Change(ROOM, room, lambda document: {**document, **own}))
        except Missing:
            await self.store.run(Insert(ROOM, room, own))

    async def _put(self, kind: str, document: Doc) -> None:
        try:
            await self.store.run(Change(kind, document["id"], lambda _: document))
        except Missing:
            await self.store.run(Insert(kind, document["id"], document))
