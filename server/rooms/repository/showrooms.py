"""How showrooms and what is kept of their rooms are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.storage.port import Change, Doc, Index, Insert, Missing, Store

SHOWROOM: Final = "showroom"  # {id, name, scene, models: {name: asset id}}
# {id, showroom, capacity, seats: [who may come back], kept_at (seconds since 1970), and what the
# parts keep: objects: {id: {position, rotation, variant}}}
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

    async def keep(self, rooms: Sequence[dict[str, Any]]) -> None:
        """Remember these members of the documents of rooms, all with one commit.

        Each has its `id` and `showroom`; what others wrote into a document stays.
        """
        try:
            await self.store.run(*(self._merged(room) for room in rooms))
        except Missing:  # a new room among them: what came before it is stored, the rest is not
            for room in rooms:
                await self._keep_one(room)

    async def _keep_one(self, room: dict[str, Any]) -> None:
        try:
            await self.store.run(self._merged(room))
        except Missing:
            await self.store.run(Insert(ROOM, room["id"], room))

    def _merged(self, room: dict[str, Any]) -> Change:
        return Change(ROOM, room["id"], lambda document: {**document, **room})

    async def _put(self, kind: str, document: Doc) -> None:
        try:
            await self.store.run(Change(kind, document["id"], lambda _: document))
        except Missing:
            await self.store.run(Insert(kind, document["id"], document))
