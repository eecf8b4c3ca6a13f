"""Webhooks over HTTP, for staff and integrations."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.auth import Role
from server.errors import BadRequest
from server.events import Event
from server.routing import Call, Reply, Route
from server.webhooks.administration import Administration
from server.webhooks.delivery import (
    Attempt,
    Delivery,
    EndpointRemoved,
    NoSuchDelivery,
    Status,
)
from server.webhooks.endpoint import (
    BadEndpointUrl,
    BadEventFilter,
    Endpoint,
    EndpointIsOff,
    NoSuchEndpoint,
    TooManyEndpoints,
)

ROLES: Final = frozenset({Role.STAFF, Role.INTEGRATION})
Description = Annotated[str, Meta(max_length=200)]
Events = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=50)]


class NewEndpoint(msgspec.Struct, forbid_unknown_fields=True):
    """`events`: names such as `order.placed`, families such as `order.*`; none means all."""

    url: str
    events: Events = ()
    description: Description = ""


class EndpointChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is absent stays."""

    url: str | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class EndpointView(msgspec.Struct):
    """An endpoint without its secrets; the one before the present signs until the time given."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    disabled_because: str | None
    former_secret_until: str | None
    created_at: str


class EndpointWithSecret(EndpointView):
    """Answered to create and rotate only: keep the secret, it cannot be read again."""

    secret: str


class EndpointList(msgspec.Struct):
    items: list[EndpointView]
    next: str | None = None


class DeliveryView(msgspec.Struct):
    """One event for one endpoint; `event.id` is its webhook-id at every attempt."""

    id: str
    endpoint: str
    event: Event
    status: Status
    attempts: tuple[Attempt, ...]
    failures: int
    next_attempt_at: str | None
    created_at: str


class DeliveryList(msgspec.Struct):
    items: list[DeliveryView]
    next: str | None = None


class DeliveryQuery(msgspec.Struct):
    """`event` is an event's type; `after` a former page's `next`."""

    endpoint: str | None = None
    status: Status | None = None
    event: str | None = None
    order: Literal["newest", "oldest"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: str | None = None


def endpoint_facts(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "disabled_because": endpoint.disabled_because,
        "former_secret_until": next((row.until for row in endpoint.secrets if row.until), None),
        "created_at": endpoint.created_at,
    }


def with_secret(endpoint: Endpoint) -> EndpointWithSecret:
    return EndpointWithSecret(**endpoint_facts(endpoint), secret=endpoint.secrets[0].text)


def delivery_view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        endpoint=delivery.endpoint,
        event=delivery.event,
        status=delivery.status,
        attempts=delivery.attempts,
        failures=delivery.failures,
        next_attempt_at=delivery.next_attempt_at,
        created_at=delivery.created_at,
    )


def changed(endpoint: Endpoint, changes: EndpointChanges) -> Endpoint:
    """Switching on forgets why it was off."""
    given = {
        name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET
    }
    if changes.enabled is not UNSET:
        given["disabled_because"] = None if changes.enabled else "Switched off by hand."
    return msgspec.structs.replace(endpoint, **given)


def routes(administration: Administration) -> list[Route]:
    async def create_webhook_endpoint(call: Call) -> Reply:
        body: NewEndpoint = call.body
        endpoint = await administration.create(body.url, body.events, body.description)
        location = {"Location": f"/api/webhooks/endpoints/{endpoint.id}"}
        return Reply(with_secret(endpoint), headers=location)

    async def list_webhook_endpoints(_: Call) -> EndpointList:
        found = await administration.endpoints()
        return EndpointList([EndpointView(**endpoint_facts(row)) for row in found])

    async def show_webhook_endpoint(call: Call) -> EndpointView:
        return EndpointView(**endpoint_facts(await administration.endpoint(call.path["endpoint"])))

    async def change_webhook_endpoint(call: Call) -> EndpointView:
        endpoint = await administration.change(
            call.path["endpoint"], lambda old: changed(old, call.body)
        )
        return EndpointView(**endpoint_facts(endpoint))

    async def delete_webhook_endpoint(call: Call) -> Reply:
        await administration.delete(call.path["endpoint"])
        return Reply()

    async def rotate_webhook_secret(call: Call) -> EndpointWithSecret:
        return with_secret(await administration.rotate(call.path["endpoint"]))

    async def ping_webhook_endpoint(call: Call) -> DeliveryView:
        return delivery_view(await administration.ping(call.path["endpoint"]))

    async def list_webhook_deliveries(call: Call) -> DeliveryList:
        query: DeliveryQuery = call.query
        found, cursor = await administration.deliveries(
            endpoint=query.endpoint,
            status=query.status,
            event_type=query.event,
            newest_first=query.order == "newest",
            limit=query.limit,
            after=query.after,
        )
        return DeliveryList([delivery_view(row) for row in found], cursor)

    async def replay_webhook_delivery(call: Call) -> DeliveryView:
        return delivery_view(await administration.replay(call.path["delivery"]))

    endpoints, deliveries = "/api/webhooks/endpoints", "/api/webhooks/deliveries"
    one = endpoints + "/{endpoint}"
    bad_body = (BadEndpointUrl, BadEventFilter)
    return [
        Route(
            "POST",
            endpoints,
            create_webhook_endpoint,
            "Tell this address of events; the answer alone shows the secret",
            roles=ROLES,
            body=NewEndpoint,
            returns=EndpointWithSecret,
            status=201,
            errors=(*bad_body, TooManyEndpoints),
        ),
        Route(
            "GET",
            endpoints,
            list_webhook_endpoints,
            "Who is told of events",
            roles=ROLES,
            returns=EndpointList,
        ),
        Route(
            "GET",
            one,
            show_webhook_endpoint,
            "One endpoint",
            roles=ROLES,
            returns=EndpointView,
            errors=(NoSuchEndpoint,),
        ),
        Route(
            "PATCH",
            one,
            change_webhook_endpoint,
            "Change the address, the filter, the description, or switch it off and on",
            roles=ROLES,
            body=EndpointChanges,
            returns=EndpointView,
            errors=(NoSuchEndpoint, *bad_body),
        ),
        Route(
            "DELETE",
            one,
            delete_webhook_endpoint,
            "Tell it no more; its log stays",
            roles=ROLES,
            status=204,
            errors=(NoSuchEndpoint,),
        ),
        Route(
            "POST",
            one + "/rotate",
            rotate_webhook_secret,
            "A new secret; the former one signs beside it for 24 hours",
            roles=ROLES,
            returns=EndpointWithSecret,
            errors=(NoSuchEndpoint,),
        ),
        Route(
            "POST",
            one + "/ping",
            ping_webhook_endpoint,
            "Send a test event",
            roles=ROLES,
            returns=DeliveryView,
            status=202,
            errors=(NoSuchEndpoint, EndpointIsOff),
        ),
        Route(
            "GET",
            deliveries,
            list_webhook_deliveries,
            "What was sent, and how it was answered",
            roles=ROLES,
            query=DeliveryQuery,
            returns=DeliveryList,
            errors=(BadRequest,),
        ),
        Route(
            "POST",
            deliveries + "/{delivery}/replay",
            replay_webhook_delivery,
            "Send one delivery again, under the same webhook-id",
            roles=ROLES,
            returns=DeliveryView,
            status=202,
            errors=(NoSuchDelivery, EndpointRemoved, EndpointIsOff),
        ),
    ]
