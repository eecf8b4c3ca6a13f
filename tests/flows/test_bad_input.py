"""Hostile and clumsy calls: a clear error each, and the server goes on."""

import asyncio

import aiohttp
import pytest
import socketio

from tests.flows.people import enter, pickup, visit

PICKUP = {"kind": "pickup", "store": "milano"}
GIFT = {
    "kind": "gift_box",
    "announce": {"channel": "email", "to": "bea@example.org", "name": "Bea"},
    "card": {"text": "Hello", "from": "Ada"},
}


@pytest.fixture(autouse=True)
async def stays_up(demo, api):
    yield
    assert await api().get("/healthz") == (200, {"status": "ok", "version": "0.1.0"})
    assert "Traceback" not in demo.output()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"lines": [{"sku": "NOPE", "quantity": 1}]}, "unknown-product"),
        ({"lines": [{"sku": "SHOE-01", "variant": "nope", "quantity": 1}]}, "unknown-variant"),
        ({"fulfilment": {"kind": "pickup", "store": "nowhere"}}, "unknown-store"),
        (
            {
                "fulfilment": {
                    "kind": "pickup",
                    "store": "milano",
                    "slot": "milano:2026-01-01T03:00",
                }
            },
            "unknown-slot",
        ),
        ({"lines": [{"sku": "SHOE-01", "quantity": 0}]}, "invalid"),
        ({"lines": [{"sku": "SHOE-01", "quantity": 10**30}]}, "invalid"),
        ({"lines": []}, "invalid"),
        ({"fulfilment": {"kind": "teleport"}}, "invalid"),
        (
            {"fulfilment": {**GIFT, "announce": {"channel": "email", "to": "x", "name": "B"}}},
            "invalid",
        ),
        ({"surprise": 1}, "invalid"),
    ],
)
async def test_an_order_that_cannot_be_names_what_is_wrong(api, change, kind):
    buyer, _ = await enter(api)
    body = {**pickup("SHOE-01"), **change}
    status, problem = await buyer.post("/api/orders", body, Idempotency_Key="bad")
    assert (status, problem["type"]) == (422, kind), problem
    assert problem["detail"]


async def test_more_than_the_stock_says_how_many_are_left(api):
    buyer, _ = await enter(api)
    body = {**pickup("CHAIR-01"), "lines": [{"sku": "CHAIR-01", "quantity": 90}]}
    status, problem = await buyer.post("/api/orders", body, Idempotency_Key="many")
    assert (status, problem["type"]) == (409, "out-of-stock")
    assert (problem["wanted"], problem["sku"]) == (90, "CHAIR-01")


@pytest.mark.parametrize("body", [b"{", b"\x00\xff", b"not json", b'{"name": NaN}'])
async def test_a_body_that_is_not_json_is_told_so(demo, body):
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(demo.url) as session,
        session.post("/api/sessions", data=body, headers=headers) as answer,
    ):
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["type"]) == (400, "bad-request")


@pytest.mark.parametrize("path", ["/api/nothing", "/../etc/passwd", "/js/../../pyproject.toml"])
async def test_what_is_not_there_is_not_found(demo, path):
    async with (
        aiohttp.ClientSession() as session,
        session.get(demo.url + path, allow_redirects=False) as answer,
    ):
        assert answer.status in {403, 404}


async def test_another_shoppers_order_and_cart_stay_private(api):
    ada, ada_id = await enter(api, name="Ada")
    bea, _ = await enter(api, name="Bea")
    _, order = await ada.post("/api/orders", pickup(), Idempotency_Key="mine")
    status, _ = await bea.get(f"/api/orders/{order['id']}")
    assert status == 404
    status, _ = await bea.get(f"/api/carts/{ada_id}")
    assert status == 403
    status, _ = await bea.post(f"/api/orders/{order['id']}/prepare", If_Match='"1"')
    assert status == 403


@pytest.mark.parametrize("auth", [{}, {"ticket": "x"}, {"ticket": 7}, {"resume": "x"}, None, [1]])
async def test_a_wrong_ticket_does_not_open_the_room(demo, auth):
    client = socketio.AsyncClient()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(demo.url, auth=auth, transports=["websocket"], wait_timeout=5)
    await client.disconnect()


async def test_hostile_messages_are_answered_and_harm_nobody(demo, api):
    (first, news), (second, _) = await visit(demo, api, "Ada"), await visit(demo, api, "Bea")
    for event, payload in [
        ("explode", {}),
        ("grab", {}),
        ("grab", {"object": "nothing"}),
        ("grab", "text"),
        ("grab", {"object": "x" * 5000}),
        ("move", {"object": news["objects"][0]["id"], "position": [1, 2], "rotation": [0] * 4}),
        ("move", {"object": news["objects"][0]["id"], "position": [1e400, 0, 0]}),
        ("variant", {"object": news["objects"][0]["id"], "variant": "nope"}),
        ("say", {"text": "x" * 10_000}),
        ("cart", {"lines": [{"sku": "NOPE", "quantity": 1}]}),
    ]:
        answer = await second.call(event, payload, timeout=10)
        assert answer["ok"] is False, (event, payload, answer)
        assert answer["error"]["type"]
    await second.emit("say", {"text": "x" * 200_000})  # over every limit: the line is cut
    await asyncio.wait_for(second.wait(), 15)  # until it is disconnected
    answer = await first.call("say", {"text": "Still here."}, timeout=10)
    assert answer["ok"] is True
    await first.disconnect()
