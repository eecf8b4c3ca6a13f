"""How showrooms and what is kept of their rooms are stored."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from server.errors import Unavailable
from server.storage.port import Change, Doc, Exists, Index, Insert, Missing, Store

SHOWROOM: Final = "showroom"  # {id, name, scene, models: {name: asset id}}
# {id, showroom, capacity, seats: [who may come back], kept_at (seconds since 1970), fence (counts
# how often it was opened), and what the parts keep: objects: {id: {position, rotation, variant}}}
ROOM: Final = "room"
INDEXES: Final[tuple[Index, ...]] = ()


class Fenced(Unavailable):
    type = "room-taken-over"
    title = "This room goes on elsewhere"
    detail = "`{room}` was opened again since; what is done here does not count. Join again."


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

    async def take(self, room: str, showroom: str) -> dict[str, Any]:
        """The document of a room that is opened here, with its fence one higher: from now on
        nothing is stored for whoever had it before."""
        while True:
            with suppress(Missing):
                op = Change(ROOM, room, lambda old: {**old, "fence": old.get("fence", 0) + 1})
                (document,) = await self.store.run(op)
                return dict(document or {})
            with suppress(Exists):
                new = {"id": room, "showroom": showroom, "fence": 1}
                await self.store.run(Insert(ROOM, room, new))
                return new

    async def keep(self, rooms: Sequence[dict[str, Any]]) -> list[str]:
        """Remember these members of the documents of rooms, all with one commit.

        Each has its `id`, `showroom` and `fence`; what others wrote into a document stays. Answers
        the rooms that were taken since under a higher fence: nothing of them is stored.
        """
        try:
            await self.store.run(*(self._merged(room) for room in rooms))
        except (Missing, Fenced):  # what came before it is stored, the rest is not
            return [room["id"] for room in rooms if not await self._keep_one(room)]
        return []

    async def _keep_one(self, room: dict[str, Any]) -> bool:
        try:
            await self.store.run(self._merged(room))
        except Missing:
            await self.store.run(Insert(ROOM, room["id"], room))
        except Fenced:
            return False
        return True

    def _merged(self, room: dict[str, Any]) -> Change:
        def merged(document: Doc) -> Doc:
            if document.get("fence", 0) > room.get("fence", 0):
                raise Fenced(room=room["id"], retry_after=1)
            return {**document, **room}

        return Change(ROOM, room["id"], merged)

    async def _put(self, kind: str, document: Doc) -> None:
        try:
            await self.store.run(Change(kind, document["id"], lambda _: document))
        except Missing:
            await self.store.run(Insert(kind, document["id"], document))
