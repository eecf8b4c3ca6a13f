"""An outbox as orders and assets have one: documents with a history and a marker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.storage.port import Change, Doc, Index, Insert, Store

FACT = "fact"
INDEXES = (Index(FACT, "unsent"),)


def event(id: str, type: str = "order.placed", **data: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "at": "2026-11-21T10:00:00+00:00", "data": data, "by": "test"}


@dataclass
class Outbox:
    store: Store

    async def put(self, id: str, *events: dict[str, Any]) -> None:
        doc = {"id": id, "history": list(events), "sent": [], "unsent": True}
        await self.store.run(Insert(FACT, id, doc))

    async def unsent(self, limit: int) -> Sequence[tuple[str, Sequence[Mapping[str, Any]]]]:
        page = await self.store.find(FACT, {"unsent": True}, limit=limit)
        return [
            (doc["id"], [fact for fact in doc["history"] if fact["id"] not in doc["sent"]])
            for doc in page.items
        ]

    async def mark_sent(self, id: str, event_ids: Sequence[str]) -> None:
        def mark(doc: Doc) -> Doc:
            sent = sorted({*doc["sent"], *event_ids})
            return {**doc, "sent": sent, "unsent": len(sent) < len(doc["history"])}

        await self.store.run(Change(FACT, id, mark))
