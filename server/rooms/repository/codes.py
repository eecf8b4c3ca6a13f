"""How join codes and hand-overs between devices are stored."""

from dataclasses import dataclass
from typing import Any, Final

from server.rooms.code import UnknownCode
from server.storage.port import Change, Delete, Doc, Exists, Index, Insert, Missing, Store

# {id: the code, purpose: "room" or "invite", showroom, room, role, expires_at (null: never)}
ROOM_CODE: Final = "room_code"
OWN_CODE: Final = "room_own_code"  # {id: the room, code}
# {id: hash of the code, person, session_ends, showroom, room, avatar, place, expires_at, used}
HANDOVER: Final = "handover"
OF_A_ROOM: Final = 200  # codes that a room may have at a time, its own included
INDEXES: Final[tuple[Index, ...]] = (Index(ROOM_CODE, "room"), Index(HANDOVER, "expires_at"))


@dataclass(frozen=True, slots=True)
class Codes:
    """Ways into a room that were handed out. Times are RFC 3339 in UTC, which sort as text."""

    store: Store

    async def code(self, code: str) -> Doc | None:
        """The document, or None; it may be past its time."""
        return await self.store.get(ROOM_CODE, code)

    async def own_code(self, room: str) -> str | None:
        """The one that is the room's own."""
        document = await self.store.get(OWN_CODE, room)
        return str(document["code"]) if document else None

    async def set_own_code(self, room: str, code: str) -> None:
        """Once: it stays."""
        await self._add(OWN_CODE, {"id": room, "code": code})

    async def codes_of(self, room: str) -> list[Doc]:
        """All codes that lead there."""
        return list((await self.store.find(ROOM_CODE, {"room": room}, limit=OF_A_ROOM)).items)

    async def add_code(self, document: Doc) -> bool:
        """False when that code is taken."""
        return await self._add(ROOM_CODE, document)

    async def delete_code(self, code: str) -> None:
        await self.store.run(Delete(ROOM_CODE, code))

    async def add_handover(self, document: Doc) -> bool:
        """False when that code is taken."""
        return await self._add(HANDOVER, document)

    async def handover(self, id: str) -> Doc | None:
        """The document, or None; it may be used, or past its time."""
        return await self.store.get(HANDOVER, id)

    async def use_handover(self, id: str, now: str) -> dict[str, Any]:
        """The document, to exactly one caller and in its time. Raises UnknownCode."""

        def use(document: Doc) -> Doc:
            if document["used"] or document["expires_at"] <= now:
                raise UnknownCode
            return {**document, "used": True}

        try:
            (used,) = await self.store.run(Change(HANDOVER, id, use))
        except Missing as error:
            raise UnknownCode from error
        return dict(used or {})

    async def sweep_handovers(self, now: str) -> None:
        """Delete those whose time is over."""
        page = await self.store.find(HANDOVER, {}, order="expires_at")
        old = [Delete(HANDOVER, item["id"]) for item in page.items if item["expires_at"] <= now]
        if old:
            await self.store.run(*old)

    async def _add(self, kind: str, document: Doc) -> bool:
        try:
            await self.store.run(Insert(kind, document["id"], document))
        except Exists:
            return False
        return True
