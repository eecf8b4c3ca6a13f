"""Endpoints and the delivery log over HTTP."""

from datetime import timedelta

import pytest

from server.openapi import document
from server.webhooks.delivery import moment
from server.webhooks.repository import MAX_ENDPOINTS
from server.webhooks.routes import routes
from tests.server.web import bearer, serving
from tests.server.webhooks.conftest import House, until
from tests.server.webhooks.outbox import event
from tests.server.webhooks.receiver import answering

ENDPOINTS, DELIVERIES = "/api/webhooks/endpoints", "/api/webhooks/deliveries"
STAFF = bearer("staff")


@pytest.fixture
async def client(house: House):
    async with serving(routes(house.administration)) as client:
        client.session.headers.update(STAFF)
        yield client


async def test_the_secret_is_shown_at_creation_and_never_again(client, house: House):
    created = await client.post(ENDPOINTS, json={"url": "https://example.com/hooks"})
    assert created.status == 201
    endpoint = await created.json()
    assert endpoint["secret"].startswith("whsec_")
    assert created.headers["Location"] == f"{ENDPOINTS}/{endpoint['id']}"
    shown = await client.get(f"{ENDPOINTS}/{endpoint['id']}")
    listed = await client.get(ENDPOINTS)
    assert await shown.json() == {k: v for k, v in endpoint.items() if k != "secret"}
    assert (await listed.json())["items"] == [await shown.json()]
    assert "whsec_" not in await shown.text() + await listed.text()


async def test_rotating_shows_the_new_secret_and_how_long_the_old_one_lasts(client):
    old = await (await client.post(ENDPOINTS, json={"url": "https://example.com/"})).json()
    rotated = await client.post(f"{ENDPOINTS}/{old['id']}/rotate")
    assert rotated.status == 200
    new = await rotated.json()
    assert new["secret"] != old["secret"]
    left = moment(new["former_secret_until"]) - moment(old["created_at"])
    assert timedelta(hours=24) <= left < timedelta(hours=24, minutes=1)


async def test_an_endpoint_is_changed_in_part_and_deleted(client):
    created = await client.post(
        ENDPOINTS, json={"url": "https://example.com/", "events": ["order.*"], "description": "A"}
    )
    path = f"{ENDPOINTS}/{(await created.json())['id']}"
    changed = await client.patch(path, json={"enabled": False, "events": ["gift.*", "gift.*"]})
    answer = await changed.json()
    assert answer["events"] == ["gift.*"]
    assert answer["description"] == "A"
    assert (answer["enabled"], answer["disabled_because"]) == (False, "Switched off by hand.")
    again = await (await client.patch(path, json={"enabled": True})).json()
    assert (again["enabled"], again["disabled_because"]) == (True, None)
    assert (await client.delete(path)).status == 204
    for method in ("GET", "DELETE"):
        gone = await client.request(method, path)
        assert gone.status == 404
        assert (await gone.json())["type"] == "no-such-endpoint"


@pytest.mark.parametrize(
    ("body", "type"),
    [
        ({"url": "ftp://example.com/"}, "bad-endpoint-url"),
        ({"url": "https://u:p@example.com/"}, "bad-endpoint-url"),
        ({"url": "https://example.com/", "events": ["*"]}, "bad-event-filter"),
        ({"url": "https://example.com/", "secret": "mine"}, "invalid"),
        ({"url": 7}, "invalid"),
        ({}, "invalid"),
        ({"url": "https://example.com/", "description": "x" * 201}, "invalid"),
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(client, house, body, type):
    refused = await client.post(ENDPOINTS, json=body)
    assert refused.status == 422
    assert (await refused.json())["type"] == type
    assert await house.webhooks.endpoints() == []


async def test_a_change_to_an_inner_address_is_refused_and_changes_nothing(client, house: House):
    created = await client.post(ENDPOINTS, json={"url": "https://example.com/"})
    path = f"{ENDPOINTS}/{(await created.json())['id']}"
    house.administration.allow_private = False
    refused = await client.patch(path, json={"url": "https://127.0.0.1/", "description": "B"})
    assert refused.status == 422
    assert (await (await client.get(path)).json())["description"] == ""


async def test_there_is_a_limit_to_endpoints(client):
    for _ in range(MAX_ENDPOINTS):
        assert (await client.post(ENDPOINTS, json={"url": "https://example.com/"})).status == 201
    refused = await client.post(ENDPOINTS, json={"url": "https://example.com/"})
    assert (refused.status, (await refused.json())["type"]) == (409, "too-many-endpoints")


@pytest.mark.parametrize(("role", "status"), [("integration", 200), ("shopper", 403)])
async def test_staff_and_integrations_only(client, role, status):
    for path in (ENDPOINTS, DELIVERIES):
        assert (await client.get(path, headers=bearer(role))).status == status
    del client.session.headers["Authorization"]
    assert (await client.get(ENDPOINTS)).status == 401


async def test_the_log_is_filtered_and_paged_in_both_directions(client, house: House):
    receiver, other = await house.receiver(), await house.receiver(always=answering(410))
    endpoint = await house.endpoint(receiver)
    gone = await house.endpoint(other, "gift.*")
    await house.start()
    for number in range(5):
        await house.happen(f"o-{number}", event(f"evt_{number}"))
        await until(lambda number=number: f"evt_{number}" in receiver.accepted)
    await house.happen("g-1", event("evt_gift", "gift.shipped"))
    await until(lambda: other.calls and len(receiver.accepted) == 6)

    async def settled():
        return not (await (await client.get(DELIVERIES, params={"status": "pending"})).json())[
            "items"
        ]

    await until(settled)

    async def pages(**query):
        found, query = [], {"limit": 2, **query}
        while True:
            page = await (await client.get(DELIVERIES, params=query)).json()
            found += page["items"]
            if page["next"] is None:
                return found
            query["after"] = page["next"]

    oldest = await pages(endpoint=endpoint.id, order="oldest")
    assert [row["event"]["id"] for row in oldest] == [*[f"evt_{n}" for n in range(5)], "evt_gift"]
    assert await pages(endpoint=endpoint.id) == oldest[::-1]
    assert [row["endpoint"] for row in await pages(status="failed")] == [gone.id]
    assert len(await pages(event="gift.shipped")) == 2
    assert len(await pages(event="gift.shipped", status="delivered")) == 1
    (attempt,) = oldest[0]["attempts"]
    assert (attempt["status"], attempt["error"]) == (204, None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"after": "nonsense"}, 400),
        ({"limit": "0"}, 422),
        ({"limit": "1000"}, 422),
        ({"status": "lost"}, 422),
        ({"order": "random"}, 422),
    ],
)
async def test_an_odd_question_gets_a_clear_answer(client, query, status):
    assert (await client.get(DELIVERIES, params=query)).status == status


async def test_ping_and_replay_go_out_under_the_same_id(client, house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    await house.start()
    pinged = await client.post(f"{ENDPOINTS}/{endpoint.id}/ping")
    assert pinged.status == 202
    delivery = await pinged.json()
    await until(lambda: receiver.accepted)
    replayed = await client.post(f"{DELIVERIES}/{delivery['id']}/replay")
    assert replayed.status == 202
    assert (await replayed.json())["status"] == "pending"
    await until(lambda: len(receiver.accepted) == 2)
    assert receiver.ids == [delivery["event"]["id"]] * 2


async def test_nothing_is_sent_to_an_endpoint_that_is_off_or_gone(client, house: House):
    receiver = await house.receiver()
    endpoint = await house.endpoint(receiver)
    path = f"{ENDPOINTS}/{endpoint.id}"
    delivery = (await (await client.post(path + "/ping")).json())["id"]
    await client.patch(path, json={"enabled": False})
    for question in (path + "/ping", f"{DELIVERIES}/{delivery}/replay"):
        refused = await client.post(question)
        assert (refused.status, (await refused.json())["type"]) == (409, "endpoint-is-off")
    await client.delete(path)
    refused = await client.post(f"{DELIVERIES}/{delivery}/replay")
    assert (refused.status, (await refused.json())["type"]) == (409, "endpoint-removed")
    missing = await client.post(f"{DELIVERIES}/none/replay")
    assert (missing.status, (await missing.json())["type"]) == (404, "no-such-delivery")


async def test_the_routes_describe_themselves(house: House):
    described = document(routes(house.administration), "0", "http://localhost")
    assert set(described["paths"]) == {
        ENDPOINTS,
        ENDPOINTS + "/{endpoint}",
        ENDPOINTS + "/{endpoint}/rotate",
        ENDPOINTS + "/{endpoint}/ping",
        DELIVERIES,
        DELIVERIES + "/{delivery}/replay",
    }
