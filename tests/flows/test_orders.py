"""Orders over HTTP against the real server: to the last item, twice at once, through kill -9."""

import asyncio
import uuid

import aiohttp
import pytest

from tests.flows.people import enter, pickup, sign_in
from tests.flows.process import running
from tests.flows.receiver import receiving


async def stock_of(caller, store, sku):
    _, page = await caller.get(f"/api/stores/{store}/stock")
    return next(item for item in page["items"] if item["sku"] == sku)


async def test_the_last_item_goes_to_exactly_one_of_fifty_buyers(demo, api):
    staff = await sign_in(api, demo)
    status, _ = await staff.call("PUT", "/api/stores/paris/stock/THROW-01", {"on_hand": 1})
    assert status == 200
    buyer, _ = await enter(api)
    answers = await asyncio.gather(
        *(
            buyer.post("/api/orders", pickup("THROW-01", "paris"), Idempotency_Key=f"last-{n}")
            for n in range(50)
        )
    )
    won = [order for status, order in answers if status == 201]
    lost = [problem for status, problem in answers if status == 409]
    assert (len(won), len(lost)) == (1, 49)
    assert {problem["type"] for problem in lost} == {"out-of-stock"}
    left = await stock_of(staff, "paris", "THROW-01")
    assert left["free"] == 0


async def test_the_same_order_twice_at_the_same_time_is_one_order(demo, api):
    buyer, _ = await enter(api)
    answers = await asyncio.gather(
        *(buyer.post("/api/orders", pickup(), Idempotency_Key="twice") for _ in range(10))
    )
    assert {status for status, _ in answers} <= {200, 201, 409}
    assert [status for status, _ in answers].count(201) == 1
    assert len({body["id"] for status, body in answers if status < 300}) == 1
    assert {body["type"] for status, body in answers if status == 409} <= {"order-in-progress"}
    status, again = await buyer.post("/api/orders", pickup(), Idempotency_Key="twice")
    assert status == 200
    status, problem = await buyer.post(
        "/api/orders", pickup(store="paris"), Idempotency_Key="twice"
    )
    assert (status, problem["type"]) == (422, "idempotency-key-reused")
    _, own = await buyer.get("/api/orders")
    assert [order["id"] for order in own["items"]] == [again["id"]]


async def test_every_event_reaches_the_fulfilment_system_in_spite_of_two_failures(demo, api):
    staff = await sign_in(api, demo)
    buyer, _ = await enter(api)
    async with receiving(failures=2) as receiver:
        status, endpoint = await staff.post(
            "/api/webhooks/endpoints", {"url": receiver.url, "events": ["order.*"]}
        )
        assert status == 201, endpoint
        receiver.secret = endpoint["secret"]
        _, order = await buyer.post("/api/orders", pickup(), Idempotency_Key=uuid.uuid4().hex)
        for action in ("prepare", "finish", "hand_over"):
            status, order = await staff.post(
                f"/api/orders/{order['id']}/{action}", If_Match=f'"{order["version"]}"'
            )
            assert status == 200, order
        for kind in ("placed", "preparing", "ready_for_pickup", "collected"):
            event = await receiver.wait_for(f"order.{kind}", order["id"])
            assert receiver.refused[event["id"]] == 2
        await until_all_are_delivered(staff, endpoint["id"])
        await staff.call("DELETE", f"/api/webhooks/endpoints/{endpoint['id']}")


async def until_all_are_delivered(staff, endpoint):
    """The receiver's yes is in the log a moment after the receiver said it."""
    for _ in range(100):
        _, log = await staff.get(f"/api/webhooks/deliveries?endpoint={endpoint}")
        if {row["status"] for row in log["items"]} == {"delivered"}:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"not delivered: {log}")


async def test_no_accepted_order_is_lost_or_doubled_by_kill_9(demo_copy, api):
    accepted: dict[str, str] = {}  # key → order id
    before, enough = 0, asyncio.Event()
    with running(demo_copy, "--demo", VITRINE_RECOVERY_SECONDS="0.5") as server:
        staff = await sign_in(api, server)
        await staff.call("PUT", "/api/stores/milano/stock/SCENT-01", {"on_hand": 500})
        buyer, _ = await enter(api, server.url)

        async def order_until_dead(lane: int) -> None:
            for number in range(200):
                key = f"{before}-{lane}-{number}"
                try:
                    status, order = await buyer.post("/api/orders", pickup(), Idempotency_Key=key)
                except (aiohttp.ClientError, OSError, ValueError):
                    return
                assert status == 201, order
                accepted[key] = order["id"]
                if len(accepted) >= before + 25:
                    enough.set()

        for _ in range(3):
            before = len(accepted)
            lanes = [asyncio.create_task(order_until_dead(lane)) for lane in range(6)]
            async with asyncio.timeout(60):
                await enough.wait()
            enough.clear()
            server.kill()
            await asyncio.gather(*lanes)
            lanes.clear()
            server.start()
            token = buyer.session.headers["Authorization"].split()[1]
            buyer = api(token, server.url)
            accepted |= await repeat_all(buyer, accepted)

        staff = await sign_in(api, server)
        orders = await all_orders(buyer)
        assert len({order["id"] for order in orders}) == len(orders)
        placed = {order["id"] for order in orders if order["status"] != "rejected"}
        assert set(accepted.values()) <= placed
        await until_settled(staff, 500 - len(placed))


async def repeat_all(buyer, accepted):
    """The same keys again answer the same orders."""
    for key, id in accepted.items():
        status, order = await buyer.post("/api/orders", pickup(), Idempotency_Key=key)
        assert (status, order["id"]) == (200, id)
    return accepted


async def all_orders(buyer):
    found, after = [], ""
    while True:
        _, page = await buyer.get(f"/api/orders?limit=200{after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def until_settled(staff, free):
    """What crashed half-way gives its goods back within a round of recovery."""
    for _ in range(100):
        stock = await stock_of(staff, "milano", "SCENT-01")
        if stock["free"] == free:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"stock should have {free} free: {stock}")


async def test_a_gift_is_announced_before_it_is_shipped(demo, api):
    staff = await sign_in(api, demo)
    buyer, _ = await enter(api)
    gift = {
        "lines": [{"sku": "VASE-01", "quantity": 1}],
        "fulfilment": {
            "kind": "gift_box",
            "announce": {"channel": "email", "to": "bea@example.org", "name": "Bea"},
            "card": {"text": "For your new home.", "from": "Ada"},
        },
    }
    status, order = await buyer.post("/api/orders", gift, Idempotency_Key=uuid.uuid4().hex)
    assert status == 201, order
    path = f"/api/orders/{order['id']}"
    _, seen = await staff.get(path)
    assert "Ada" in seen["announcement"]["text"]
    assert "vase" not in seen["announcement"]["text"].lower()
    status, problem = await staff.post(f"{path}/ship", If_Match=f'"{seen["version"]}"')
    assert (status, problem["type"]) == (409, "not-announced")
    status, seen = await staff.post(
        f"{path}/announce", {"confirmed": True}, If_Match=f'"{seen["version"]}"'
    )
    assert status == 200, seen
    for action in ("pack", "ship", "deliver"):
        status, seen = await staff.post(f"{path}/{action}", If_Match=f'"{seen["version"]}"')
        assert status == 200, seen
    types = [event["type"] for event in seen["history"]]
    assert types.index("gift.announced") < types.index("gift.shipped")
