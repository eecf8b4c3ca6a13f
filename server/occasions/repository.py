"""How occasions and their recordings are stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.occasions.occasion import Occasion, UnknownOccasion
from server.storage.port import Change, Delete, Doc, Exists, Index, Insert, Missing, Store

OCCASION: Final = "occasion"
RECORDING: Final = "recording"  # {id: "<occasion>/<number>", occasion, number, lines: [JSON text]}
INDEXES: Final[tuple[Index, ...]] = (
    Index(OCCASION, "starts_at"),
    Index(OCCASION, "showroom"),
    Index(OCCASION, "status"),
    Index(RECORDING, "occasion"),
)


@dataclass(frozen=True, slots=True)
class Occasions:
    """The calendar of the house."""

    store: Store

    async def occasion(self, id: str) -> Occasion:
        """Raises UnknownOccasion."""
        doc = await self.store.get(OCCASION, id)
        if doc is None:
            raise UnknownOccasion(occasion=id[:80])
        return msgspec.convert(doc, Occasion)

    async def insert(self, occasion: Occasion) -> None:
        await self.store.run(Insert(OCCASION, occasion.id, _document(occasion)))

    async def change(self, id: str, decide: Callable[[Occasion], Occasion]) -> Occasion:
        """Atomically. Raises UnknownOccasion, and what `decide` raises."""

        def fn(doc: Doc) -> Doc:
            old = msgspec.convert(doc, Occasion)
            new = decide(old)
            return doc if new == old else {**doc, **_document(new)}

        try:
            (doc,) = await self.store.run(Change(OCCASION, id, fn))
        except Missing as error:
            raise UnknownOccasion(occasion=id[:80]) from error
        return msgspec.convert(doc, Occasion)

    async def occasions(
        self, where: dict[str, Any], limit: int, after: str | None
    ) -> tuple[list[Occasion], str | None]:
        """By the hour at which they start. Raises ValueError for a cursor that is not ours."""
        page = await self.store.find(OCCASION, where, order="starts_at", limit=limit, after=after)
        return [msgspec.convert(doc, Occasion) for doc in page.items], page.next

    # ---- recordings ----

    async def keep(self, occasion: str, number: int, lines: Sequence[str]) -> bool:
        """A chunk; the same one again is no error. False: that number has other lines, of the
        server that had the room before."""
        id = f"{occasion}/{number:06}"
        doc = {"id": id, "occasion": occasion, "number": number, "lines": list(lines)}
        try:
            await self.store.run(Insert(RECORDING, id, doc))
        except Exists:
            known = await self.store.get(RECORDING, id)
            return known is not None and known["lines"] == list(lines)
        return True

    async def lines(self, occasion: str, after: int) -> tuple[list[str], int | None]:
        """The chunk after that number, and its own number while there may be more."""
        doc = await self.store.get(RECORDING, f"{occasion}/{after + 1:06}")
        return (list(doc["lines"]), after + 1) if doc else ([], None)

    async def last(self, occasion: str) -> int:
        """The number of the latest chunk; 0 without any."""
        number = 0
        while await self.store.get(RECORDING, f"{occasion}/{number + 1:06}"):
            number += 1
        return number

    async def forget(self, occasion: str) -> None:
        """The whole recording."""
        while True:
            page = await self.store.find(RECORDING, {"occasion": occasion}, limit=50)
            if not page.items:
                return
            await self.store.run(*(Delete(RECORDING, doc["id"]) for doc in page.items))


def _document(occasion: Occasion) -> Doc:
    document: Doc = msgspec.to_builtins(occasion)
    return document
