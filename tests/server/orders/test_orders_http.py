"""Carts, orders, stock and pickup times over HTTP, as the client and the desk use them."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from server.openapi import document
from server.orders.routes import routes
from tests.server.orders.shop import RECIPIENT, Shop
from tests.server.web import bearer, serving

Client = TestClient[Any, Any]
SHOPPER, STAFF, ERP = bearer("shopper"), bearer("staff"), bearer("integration")
PICKUP: dict[str, Any] = {"kind": "pickup", "store": "milano", "slot": "milano:2026-11-24T10:00"}
GIFT: dict[str, Any] = {
    "kind": "gift_box",
    "recipient": RECIPIENT,
    "announce": {"channel": "email", "to": "chiara@example.org", "name": "Chiara"},
    "card": {"text": "Tanti auguri!", "from": "Anna"},
    "wrap": True,
}


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[Client]:
    await shop.stocked(SHOE=3, TEA=9)
    async with serving(routes(shop.orders, shop.carts, shop.stocks)) as client:
        yield client


async def post(client: Client, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    async with client.post(path, json=body, headers=headers) as response:
        return response.status, await response.json()


async def order(
    client: Client, fulfilment: dict[str, Any] = PICKUP, key: str = "k", **line: Any
) -> tuple[int, Any]:
    lines = [{"sku": "SHOE-01", "variant": "day", "quantity": 1, **line}]
    body = {"lines": lines, "fulfilment": fulfilment}
    return await post(client, "/api/orders", body, **SHOPPER, **{"Idempotency-Key": key})


async def test_a_shopper_orders_and_the_desk_hands_over(client: Client) -> None:
    status, placed = await order(client)
    assert status == 201
    assert placed["status"] == "placed"
    assert placed["payment"] == {"method": "pay_at_pickup", "status": "none"}
    assert placed["total"] == {"amount": 12900, "currency": "EUR"}
    assert placed["lines"][0]["name"]["en"] == "Shoe"
    assert placed["fulfilment"]["slot"]["start"] == "2026-11-24T10:00:00+01:00"
    assert placed["actions"] == ["cancel"]
    async with client.get("/api/orders?status=open", headers=STAFF) as response:
        (open_order,) = (await response.json())["items"]
    assert open_order["customer"] == {"id": "shopper-1", "name": "Shopper"}
    for action in ("prepare", "finish", "hand_over"):
        assert action in open_order["actions"]
        version = f'"{open_order["version"]}"'
        path = f"/api/orders/{placed['id']}/{action}"
        status, open_order = await post(client, path, **STAFF, **{"If-Match": version})
        assert status == 200
    async with client.get(f"/api/orders/{placed['id']}", headers=SHOPPER) as response:
        mine = await response.json()
        assert response.headers["ETag"] == '"4"'
    assert mine["status"] == "completed"
    assert [one["type"] for one in mine["history"]][-1] == "order.collected"
    assert "customer" not in mine
    async with client.get("/api/orders?status=open", headers=STAFF) as response:
        assert (await response.json())["items"] == []


async def test_a_gift_waits_for_staff_to_confirm_the_announcement(client: Client) -> None:
    _, placed = await order(client, GIFT)
    path = f"/api/orders/{placed['id']}"
    async with client.get(path, headers=STAFF) as response:
        desk = await response.json()
    assert desk["announcement"]["to"] == "chiara@example.org"
    assert desk["announcement"]["subject"] == "Anna has a gift for you"
    assert desk["fulfilment"]["recipient"]["street"] == "Via Segreta 7"
    first = {"If-Match": '"1"'}
    status, problem = await post(client, f"{path}/ship", **STAFF, **first)
    assert (status, problem["type"]) == (409, "not-announced")
    status, problem = await post(client, f"{path}/announce", {"confirmed": False}, **STAFF, **first)
    assert (status, problem["type"]) == (422, "invalid")
    status, told = await post(client, f"{path}/announce", {"confirmed": True}, **STAFF, **first)
    assert (status, told["fulfilment"]["status"]) == (200, "announced")
    assert told["actions"] == ["pack", "cancel"]


async def test_the_same_key_answers_the_same_order(client: Client) -> None:
    _, first = await order(client)
    status, again = await order(client)
    assert (status, again["id"]) == (200, first["id"])
    status, problem = await order(client, quantity=2)
    assert (status, problem["type"]) == (422, "idempotency-key-reused")


async def test_an_order_without_a_key_is_refused(client: Client) -> None:
    status, problem = await post(
        client,
        "/api/orders",
        {"lines": [{"sku": "TEA-01", "quantity": 1}], "fulfilment": PICKUP},
        **SHOPPER,
    )
    assert (status, problem["type"]) == (400, "idempotency-key-missing")


@pytest.mark.parametrize(
    ("line", "fulfilment", "status", "type"),
    [
        ({"sku": "NOPE"}, PICKUP, 422, "unknown-product"),
        ({"variant": "plaid"}, PICKUP, 422, "unknown-variant"),
        ({"quantity": 4}, PICKUP, 409, "out-of-stock"),
        ({"quantity": 0}, PICKUP, 422, "invalid"),
        ({"quantity": 100}, PICKUP, 422, "invalid"),
        ({"quantity": "2"}, PICKUP, 422, "invalid"),
        ({"price": 1}, PICKUP, 422, "invalid"),
        ({}, {**PICKUP, "store": "atlantis"}, 422, "unknown-store"),
        ({}, {**PICKUP, "slot": "milano:2026-11-24T10:01"}, 422, "unknown-slot"),
        ({}, {"kind": "teleport"}, 422, "invalid"),
        ({}, {**GIFT, "announce": {**GIFT["announce"], "to": "chiara"}}, 422, "invalid"),
        ({}, {**GIFT, "announce": {**GIFT["announce"], "to": "c@x.org\n"}}, 422, "invalid"),
        ({}, {**GIFT, "announce": {**GIFT["announce"], "to": "a..b@x.org"}}, 422, "invalid"),
        ({}, {**GIFT, "announce": {**GIFT["announce"], "name": "A\nBcc: x"}}, 422, "invalid"),
        ({}, {**GIFT, "announce": {**GIFT["announce"], "language": "xx"}}, 422, "invalid"),
        ({}, {**GIFT, "card": {"text": "x" * 501, "from": "Anna"}}, 422, "invalid"),
        ({}, {**GIFT, "card": {"text": "x", "from": "Anna\r\nBcc: x"}}, 422, "invalid"),
        ({}, {**GIFT, "ship_after": "tomorrow"}, 422, "invalid"),
        ({}, {**GIFT, "ship_after": "2020-01-01"}, 422, "invalid-day"),
    ],
)  # fmt: skip
async def test_a_wrong_order_is_answered_with_what_is_wrong(
    client: Client, line: dict[str, Any], fulfilment: dict[str, Any], status: int, type: str
) -> None:
    answer, problem = await order(client, fulfilment, **line)
    assert (answer, problem["type"]) == (status, type)
    assert problem["detail"]


@pytest.mark.parametrize("lines", [[], [{"sku": "TEA-01", "quantity": 1}] * 51])
async def test_an_order_has_one_to_fifty_lines(client: Client, lines: list[Any]) -> None:
    body = {"lines": lines, "fulfilment": PICKUP}
    answer, _ = await post(client, "/api/orders", body, **SHOPPER, **{"Idempotency-Key": "k"})
    assert answer == 422


async def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    headers = {**SHOPPER, "Content-Type": "application/json", "Idempotency-Key": "k"}
    async with client.post("/api/orders", data=b"{lines: oops", headers=headers) as response:
        assert response.status == 400
        assert response.content_type == "application/problem+json"


async def test_out_of_stock_says_how_many_are_left(client: Client) -> None:
    _, problem = await order(client, quantity=5)
    assert (problem["sku"], problem["wanted"], problem["left"]) == ("SHOE-01", 5, 3)
    status, again = await order(client, quantity=5)
    assert (status, again) == (409, problem)


async def test_roles_and_versions_guard_the_actions(client: Client) -> None:
    _, placed = await order(client)
    path = f"/api/orders/{placed['id']}/prepare"
    assert (await post(client, path))[0] == 401
    assert (await post(client, path, **SHOPPER, **{"If-Match": '"1"'}))[0] == 403
    assert (await post(client, path, **ERP, **{"If-Match": '"1"'}))[0] == 403
    assert (await post(client, path, **STAFF))[0] == 428
    assert (await post(client, path, **STAFF, **{"If-Match": '"7"'}))[0] == 412
    assert (await post(client, path, **STAFF, **{"If-Match": "yesterday"}))[0] == 400
    assert (await post(client, path, **STAFF, **{"If-Match": '"1"'}))[0] == 200
    status, problem = await post(client, path, **STAFF, **{"If-Match": '"2"'})
    assert (status, problem["type"]) == (409, "wrong-state")
    status, _ = await post(client, f"/api/orders/{placed['id']}/explode", **STAFF)
    assert status == 404
    status, problem = await post(client, "/api/orders/nope/prepare", **STAFF, **{"If-Match": "*"})
    assert (status, problem["type"]) == (404, "unknown-order")


async def test_other_shoppers_orders_do_not_exist(client: Client, shop: Shop) -> None:
    _, placed = await order(client)
    async with client.get(f"/api/orders/{placed['id']}", headers=bearer("designer")) as response:
        assert response.status == 404
    async with client.get("/api/orders", headers=bearer("designer")) as response:
        assert (await response.json())["items"] == []
    async with client.get("/api/orders", headers=ERP) as response:
        assert len((await response.json())["items"]) == 1


async def test_listings_go_on_where_the_last_page_ended(client: Client) -> None:
    for n in range(3):
        await order(client, {"kind": "pickup", "store": "milano"}, key=f"k{n}")
    seen, cursor = [], ""
    for _ in range(3):
        params = {"limit": "1", **({"after": cursor} if cursor else {})}
        async with client.get("/api/orders", params=params, headers=SHOPPER) as response:
            page = await response.json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert len(set(seen)) == 3
    assert cursor is None
    async with client.get("/api/orders?after=bogus", headers=SHOPPER) as response:
        assert response.status == 400
    async with client.get("/api/orders?status=lost", headers=SHOPPER) as response:
        assert response.status == 422


async def test_a_cart_is_its_owners_and_the_staffs(client: Client) -> None:
    path = "/api/carts/shopper-1"
    lines = [
        {"sku": "SHOE-01", "quantity": 1},
        {"sku": "SHOE-01", "variant": "night", "quantity": 1},
    ]
    async with client.get(path, headers=SHOPPER) as response:
        assert await response.json() == {"id": "shopper-1", "lines": [], "version": 0}
    async with client.put(path, json={"lines": lines}, headers=SHOPPER) as response:
        cart = await response.json()
    assert cart["lines"] == [{"sku": "SHOE-01", "variant": "night", "quantity": 2}]
    assert cart["version"] == 1
    async with client.get(path, headers=STAFF) as response:
        assert await response.json() == cart
    async with client.get(path, headers=bearer("designer")) as response:
        assert response.status == 403
    stale = {**SHOPPER, "If-Match": '"0"'}
    async with client.put(path, json={"lines": []}, headers=stale) as response:
        assert response.status == 412
    wrong = {"lines": [{"sku": "SHOE-01", "variant": "plaid", "quantity": 1}]}
    async with client.put(path, json=wrong, headers=SHOPPER) as response:
        assert (response.status, (await response.json())["type"]) == (422, "unknown-variant")
    await order(client, variant="night")
    async with client.get(path, headers=SHOPPER) as response:
        assert (await response.json())["lines"][0]["quantity"] == 1


async def test_slots_show_what_is_free(client: Client) -> None:
    await order(client)
    async with client.get("/api/stores/milano/slots?date=2026-11-24") as response:
        slots = (await response.json())["items"]
    assert slots[0] == {
        "id": "milano:2026-11-24T10:00",
        "start": "2026-11-24T10:00:00+01:00",
        "end": "2026-11-24T11:00:00+01:00",
        "capacity": 2,
        "free": 1,
    }
    assert len(slots) == 3
    async with client.get("/api/stores/milano/slots?date=2026-11-23") as response:
        left_today = [slot["id"] for slot in (await response.json())["items"]]
    assert left_today == ["milano:2026-11-23T15:00"]
    async with client.get("/api/stores/milano/slots?date=9999-12-31") as response:
        assert (await response.json())["items"] == []
    async with client.get("/api/stores/milano/slots?date=soon") as response:
        assert response.status == 422
    async with client.get("/api/stores/atlantis/slots?date=2026-11-24") as response:
        assert response.status == 404


async def test_a_slot_that_is_full_is_a_conflict(client: Client) -> None:
    for key in "ab":
        assert (await order(client, key=key))[0] == 201
    status, problem = await order(client, key="c")
    assert (status, problem["type"]) == (409, "slot-full")


async def test_staff_count_the_stock(client: Client) -> None:
    path = "/api/stores/milano/stock"
    await order(client)
    async with client.put(f"{path}/SHOE-01", json={"on_hand": 10}, headers=STAFF) as response:
        assert await response.json() == {"sku": "SHOE-01", "on_hand": 10, "free": 9}
    async with client.put(f"{path}/SHOE-01", json={"on_hand": 0}, headers=STAFF) as response:
        assert (response.status, (await response.json())["type"]) == (409, "below-held")
    async with client.put(f"{path}/SHOE-01", json={"on_hand": -1}, headers=STAFF) as response:
        assert response.status == 422
    async with client.put(f"{path}/SHOE-01", json={"on_hand": 9}, headers=SHOPPER) as response:
        assert response.status == 403
    for wrong in (f"{path}/NOPE", "/api/stores/atlantis/stock/SHOE-01"):
        async with client.put(wrong, json={"on_hand": 1}, headers=STAFF) as response:
            assert response.status == 404
    async with client.get(path, headers=SHOPPER) as response:
        assert (await response.json())["items"] == [
            {"sku": "SHOE-01", "on_hand": 10, "free": 9},
            {"sku": "TEA-01", "on_hand": 9, "free": 9},
        ]


async def test_every_route_is_in_the_document_of_the_api(shop: Shop) -> None:
    described = document(routes(shop.orders, shop.carts, shop.stocks), "1", "http://localhost")
    assert msgspec.json.encode(described)
    assert "/api/orders/{order}/hand_over" in described["paths"]
