"""What staff and integrations may ask of webhooks: endpoints, their secrets, the delivery log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from server.events import Event
from server.webhooks.delivery import Delivery, EndpointRemoved, Status, delivery_of, stamp
from server.webhooks.endpoint import (
    Endpoint,
    EndpointIsOff,
    NoSuchEndpoint,
    Secret,
    TooManyEndpoints,
    check_events,
    check_url,
)
from server.webhooks.repository import MAX_ENDPOINTS, Webhooks
from server.webhooks.signature import write_secret

KEY_BYTES: Final = 32  # of a new secret
PING: Final = "endpoint.pinged"


@dataclass
class Administration:
    """`poke` wakes the relay; `random_bytes` makes secrets of the length it is given."""

    webhooks: Webhooks
    poke: Callable[[], None]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    allow_http: bool = False
    allow_private: bool = False

    async def create(self, url: str, events: tuple[str, ...], description: str) -> Endpoint:
        """Raises BadEndpointUrl, BadEventFilter, TooManyEndpoints."""
        if len(await self.webhooks.endpoints()) >= MAX_ENDPOINTS:
            raise TooManyEndpoints(limit=MAX_ENDPOINTS)
        endpoint = Endpoint(
            id=f"ep_{self.new_id()}",
            url=self._checked(url),
            secrets=(Secret(self._new_secret()),),
            created_at=stamp(self.clock()),
            events=check_events(events),
            description=description,
        )
        await self.webhooks.add_endpoint(endpoint)
        return endpoint

    async def endpoints(self) -> list[Endpoint]:
        return await self.webhooks.endpoints()

    async def endpoint(self, id: str) -> Endpoint:
        """Raises NoSuchEndpoint."""
        return await self.webhooks.endpoint(id)

    async def change(self, id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """What waited for an endpoint that was off is sent once it is on again.

        Raises NoSuchEndpoint, BadEndpointUrl, BadEventFilter.
        """

        def checked(old: Endpoint) -> Endpoint:
            new = change(old)
            if new.url != old.url:
                self._checked(new.url)
            return msgspec.structs.replace(new, events=check_events(new.events))

        changed = await self.webhooks.change_endpoint(id, checked)
        self.poke()
        return changed

    async def delete(self, id: str) -> None:
        """Its secrets go, the log of its deliveries stays. Raises NoSuchEndpoint."""
        await self.webhooks.endpoint(id)
        await self.webhooks.delete_endpoint(id)
        now = self.clock()
        while rows := await self.webhooks.waiting(id, 100):
            await self.webhooks.change_deliveries(
                [row.id for row in rows],
                lambda row: row.abandon("The endpoint has been deleted.", now),
            )

    async def rotate(self, id: str) -> Endpoint:
        """A new secret; the former signs beside it for a day. Raises NoSuchEndpoint."""
        secret, now = self._new_secret(), self.clock()
        return await self.webhooks.change_endpoint(id, lambda old: old.rotate(secret, now))

    async def ping(self, id: str) -> Delivery:
        """A test event, whatever the filter says. Raises NoSuchEndpoint, EndpointIsOff."""
        endpoint = await self.webhooks.endpoint(id)
        if not endpoint.enabled:
            raise EndpointIsOff(endpoint=id)
        now = self.clock()
        event = Event(f"evt_{self.new_id()}", PING, stamp(now), {"endpoint": id})
        delivery = delivery_of(event, id, now)
        await self.webhooks.add_deliveries([delivery])
        self.poke()
        return delivery

    async def deliveries(
        self,
        *,
        endpoint: str | None,
        status: Status | None,
        event_type: str | None,
        newest_first: bool,
        limit: int,
        after: str | None,
    ) -> tuple[list[Delivery], str | None]:
        """A page of the log and the cursor of the next one. Raises BadRequest."""
        return await self.webhooks.deliveries(
            endpoint=endpoint,
            status=status,
            event_type=event_type,
            newest_first=newest_first,
            limit=limit,
            after=after,
        )

    async def replay(self, id: str) -> Delivery:
        """Send it again now, in whichever state it is.

        Raises NoSuchDelivery, EndpointRemoved, EndpointIsOff.
        """
        former = await self.webhooks.delivery(id)
        try:
            endpoint = await self.webhooks.endpoint(former.endpoint)
        except NoSuchEndpoint as error:
            raise EndpointRemoved(delivery=id, endpoint=former.endpoint) from error
        if not endpoint.enabled:
            raise EndpointIsOff(endpoint=endpoint.id)
        now = self.clock()
        delivery = await self.webhooks.change_delivery(id, lambda row: row.replay(now))
        self.poke()
        return delivery

    def _checked(self, url: str) -> str:
        return check_url(url, allow_http=self.allow_http, allow_private=self.allow_private)

    def _new_secret(self) -> str:
        return write_secret(self.random_bytes(KEY_BYTES))
