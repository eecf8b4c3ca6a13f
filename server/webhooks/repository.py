"""How endpoints and deliveries are stored."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from server.errors import BadRequest
from server.storage.port import Change, Delete, Doc, Exists, Index, Insert, Missing, Store
from server.webhooks.delivery import Delivery, NoSuchDelivery, Status, moment
from server.webhooks.endpoint import Endpoint, NoSuchEndpoint

ENDPOINT: Final = "endpoint"
DELIVERY: Final = "delivery"
MAX_ENDPOINTS: Final = 50
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INDEXES: Final = (
    Index(DELIVERY, "endpoint"),
    Index(DELIVERY, "status"),
    Index(DELIVERY, "event_type"),
    Index(DELIVERY, "created_at"),
    Index(DELIVERY, "recency"),
    Index(DELIVERY, "waiting_for"),
    Index(DELIVERY, "next_attempt_at"),
)


class Webhooks:
    """Endpoints by id, deliveries by event and endpoint."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def endpoints(self) -> list[Endpoint]:
        """All of them, in the order of their ids."""
        page = await self.store.find(ENDPOINT, {}, limit=2 * MAX_ENDPOINTS)
        return [msgspec.convert(doc, Endpoint) for doc in page.items]

    async def endpoint(self, id: str) -> Endpoint:
        """Raises NoSuchEndpoint."""
        doc = await self.store.get(ENDPOINT, id)
        if doc is None:
            raise NoSuchEndpoint(endpoint=id)
        return msgspec.convert(doc, Endpoint)

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        await self.store.run(Insert(ENDPOINT, endpoint.id, msgspec.to_builtins(endpoint)))

    async def change_endpoint(self, id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """Raises NoSuchEndpoint."""

        def apply(doc: Doc) -> Doc:
            old = msgspec.convert(doc, Endpoint)
            new = change(old)
            return doc if new == old else msgspec.to_builtins(new)

        try:
            (doc,) = await self.store.run(Change(ENDPOINT, id, apply))
        except Missing as error:
            raise NoSuchEndpoint(endpoint=id) from error
        return msgspec.convert(doc, Endpoint)

    async def delete_endpoint(self, id: str) -> None:
        await self.store.run(Delete(ENDPOINT, id))

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Durable on return; those that exist already stay as they are."""
        inserts = [Insert(DELIVERY, row.id, to_document(row)) for row in deliveries]
        try:
            await self.store.run(*inserts)
        except Exists:  # a former round got this far and no further: go through them singly
            for insert in inserts:
                await self._insert_once(insert)

    async def _insert_once(self, insert: Insert) -> None:
        try:
            await self.store.run(insert)
        except Exists:
            return  # made by the former round: nothing to add

    async def delivery(self, id: str) -> Delivery:
        """Raises NoSuchDelivery."""
        doc = await self.store.get(DELIVERY, id)
        if doc is None:
            raise NoSuchDelivery(delivery=id)
        return msgspec.convert(doc, Delivery)

    async def change_delivery(self, id: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """Raises NoSuchDelivery."""
        try:
            (doc,) = await self.store.run(_change(id, change))
        except Missing as error:
            raise NoSuchDelivery(delivery=id) from error
        return msgspec.convert(doc, Delivery)

    async def change_deliveries(
        self, ids: Iterable[str], change: Callable[[Delivery], Delivery]
    ) -> None:
        """The same for many at once."""
        await self.store.run(*[_change(id, change) for id in ids])

    async def waiting(self, endpoint: str, limit: int) -> list[Delivery]:
        """Pending for this endpoint, the soonest first."""
        page = await self.store.find(
            DELIVERY, {"waiting_for": endpoint}, order="next_attempt_at", limit=limit
        )
        return [msgspec.convert(doc, Delivery) for doc in page.items]

    async def all_waiting(self) -> AsyncIterator[Delivery]:
        """Pending for whichever endpoint, the soonest first."""
        after: str | None = None
        while True:
            page = await self.store.find(
                DELIVERY, {}, order="next_attempt_at", limit=500, after=after
            )
            for doc in page.items:
                yield msgspec.convert(doc, Delivery)
            after = page.next
            if after is None:
                return

    async def deliveries(
        self,
        *,
        endpoint: str | None = None,
        status: Status | None = None,
        event_type: str | None = None,
        newest_first: bool = True,
        limit: int = 100,
        after: str | None = None,
    ) -> tuple[list[Delivery], str | None]:
        """A page of the log and the cursor of the next. Raises BadRequest for a foreign cursor."""
        wanted = {"endpoint": endpoint, "status": status, "event_type": event_type}
        where = {field: str(value) for field, value in wanted.items() if value is not None}
        order = "recency" if newest_first else "created_at"
        try:
            page = await self.store.find(DELIVERY, where, order=order, limit=limit, after=after)
        except ValueError as error:
            raise BadRequest(reason=f"{error}.") from error
        return [msgspec.convert(doc, Delivery) for doc in page.items], page.next


def _change(id: str, change: Callable[[Delivery], Delivery]) -> Change:
    def apply(doc: Doc) -> Doc:
        old = msgspec.convert(doc, Delivery)
        new = change(old)
        return doc if new is old else to_document(new)

    return Change(DELIVERY, id, apply)


def to_document(delivery: Delivery) -> Doc:
    """With the fields that `find` needs.

    Listings only ascend, so `recency` (microseconds since 1970, negated) brings the newest first.
    Only what still waits has `waiting_for` and `next_attempt_at`: the search for due deliveries
    must not wade through a year of delivered ones.
    """
    doc: Doc = msgspec.to_builtins(delivery)
    made = moment(delivery.created_at)
    doc["event_type"] = delivery.event.type
    doc["recency"] = -((made - EPOCH) // timedelta(microseconds=1))
    if delivery.next_attempt_at is None:
        del doc["next_attempt_at"]
    else:
        doc["waiting_for"] = delivery.endpoint
    return doc
