"""How bans and reports are stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from server.storage.port import Change, Delete, Doc, Index, Insert, Missing, Page, Store

BAN: Final = "ban"  # {id: "<showroom>/<person>", until: seconds since 1970, by_role}
REPORT: Final = "report"  # server/rooms/report.py: Report
INDEXES: Final[tuple[Index, ...]] = (
    Index(BAN, "until"),
    Index(REPORT, "at"),
    Index(REPORT, "status"),
)
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Moderation:
    """Who may not come back, and what was reported."""

    store: Store

    async def banned_until(self, showroom: str, person: str) -> float | None:
        """Seconds since 1970; None for who was never sent away, or long ago."""
        ban = await self.store.get(BAN, f"{showroom}/{person}")
        return float(ban["until"]) if ban else None

    async def ban(self, showroom: str, person: str, until: float, by_role: str) -> None:
        """Keep somebody out, instead of what was decided before."""
        id = f"{showroom}/{person}"
        new: Doc = {"id": id, "until": until, "by_role": by_role}
        try:
            await self.store.run(Change(BAN, id, lambda _: new))
        except Missing:
            await self.store.run(Insert(BAN, id, new))

    async def hand_in(self, report: dict[str, Any]) -> None:
        """A new report."""
        await self.store.run(Insert(REPORT, report["id"], report))

    async def report(self, id: str) -> Doc | None:
        """The document, or None."""
        return await self.store.get(REPORT, id)

    async def reports(self, status: str | None, limit: int, after: str | None) -> Page:
        """Oldest first."""
        where = {} if status is None else {"status": status}
        return await self.store.find(REPORT, where, order="at", limit=limit, after=after)

    async def decide(self, id: str, change: Callable[[Doc], Doc]) -> Doc:
        """Raises Missing, or what `change` raises."""
        (document,) = await self.store.run(Change(REPORT, id, change))
        return document or {}

    async def forget(self, reports_before: str, bans_before: float) -> None:
        """Reports from before that RFC 3339 time, and bans that ended before."""
        for kind, field, end in ((REPORT, "at", reports_before), (BAN, "until", bans_before)):
            while True:
                page = await self.store.find(kind, {}, order=field, limit=BATCH)
                old = [doc["id"] for doc in page.items if doc[field] < end]
                await self.store.run(*(Delete(kind, id) for id in old))
                if len(old) < BATCH:
                    break
