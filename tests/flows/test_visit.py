"""One visit: two people meet, choose together, order twice; staff hand over; a system is told.

Real browsers at the real server, on a desktop and on a phone.
"""

import pytest
import socketio

from tests.flows.browser import DESKTOP, PHONE, TABLET, Visitor, chromium, enter, visitor
from tests.flows.people import sign_in, visit
from tests.flows.receiver import receiving

SHOE = "window.vitrine.objects.find((one) => one.id === 'shoe')"


@pytest.fixture
async def receiver(demo, api):
    """A fulfilment system that fails twice for every event."""
    staff = await sign_in(api, demo)
    async with receiving(failures=2) as receiver:
        _, endpoint = await staff.post("/api/webhooks/endpoints", {"url": receiver.url})
        receiver.secret = endpoint["secret"]
        yield receiver
        await staff.call("DELETE", f"/api/webhooks/endpoints/{endpoint['id']}")


@pytest.mark.browser
async def test_one_visit_from_the_door_to_the_counter(demo, api, receiver):
    async with chromium() as browser:
        ada = await enter(browser, demo.url, "Ada", **DESKTOP)
        bea = await enter(browser, demo.url, "Bea", **PHONE)
        await they_see_each_other_move(ada, bea)
        await a_variant_that_one_chooses_all_see(ada, bea)
        await what_one_holds_nobody_else_can_take(demo, api, ada, bea)
        collected = await ada_orders_for_pickup(ada)
        given = await ada_orders_a_gift_box(ada)
        desk = await visitor(browser, f"{demo.url}/desk", **TABLET)
        await staff_hand_over(demo, desk, ada, collected)
        await staff_announce_and_ship(desk, ada, given)
        assert (ada.errors, bea.errors, desk.errors) == ([], [], [])
    for kind in ("placed", "preparing", "ready_for_pickup", "collected"):
        event = await receiver.wait_for(f"order.{kind}", collected["id"])
        assert receiver.refused[event["id"]] == 2
    for kind in ("announced", "packed", "shipped"):
        await receiver.wait_for(f"gift.{kind}", given["id"])


async def they_see_each_other_move(ada: Visitor, bea: Visitor) -> None:
    await bea.until("window.vitrine.avatars.some((one) => one.name === 'Ada' && one.position)")
    place = "window.vitrine.avatars.find((one) => one.name === 'Ada').position"
    before = await bea.page.evaluate(place)
    await ada.page.keyboard.down("KeyS")
    await bea.until(f"Math.hypot({place}[0] - {before[0]}, {place}[2] - {before[2]}) > 0.1")
    await ada.page.keyboard.up("KeyS")
    await ada.until("!window.vitrine.walking", "Ada stands still")
    await ada.until("window.vitrine.avatars.some((one) => one.name === 'Bea' && one.position)")
    await ada.shoot("two-in-the-room")


async def a_variant_that_one_chooses_all_see(ada: Visitor, bea: Visitor) -> None:
    at = await ada.page.evaluate("window.vitrine.project('shoe')")
    await ada.page.mouse.click(at["x"], at["y"])
    await ada.see("product-name", "Passo")
    await ada.press("variant-forest")
    for person in (ada, bea):
        await person.until(f"{SHOE}.variant === 'forest' && {SHOE}.shown === 'forest'")
    await ada.shoot("product-panel")


async def what_one_holds_nobody_else_can_take(demo, api, ada: Visitor, bea: Visitor) -> None:
    await ada.press("hold")
    await bea.until(f"{SHOE}.held_by !== null")
    await bea.press("piece-shoe")
    await bea.see("held-by", "Ada")
    await bea.shoot("held-by-another-on-a-phone")
    await bea.press("close")
    headset: socketio.AsyncClient
    headset, welcome = await visit(demo, api, "Cleo")
    (shoe,) = [one for one in welcome["objects"] if one["id"] == "shoe"]
    assert shoe["held_by"] is not None
    assert shoe["variant"] == "forest"
    refused = await headset.call("grab", {"object": "shoe"}, timeout=10)
    assert refused["ok"] is False
    await ada.press("put-back")
    await bea.until(f"{SHOE}.held_by === null")
    assert (await headset.call("grab", {"object": "shoe"}, timeout=10))["ok"] is True
    await headset.call("release", {"object": "shoe"}, timeout=10)
    await headset.disconnect()


async def ada_orders_for_pickup(ada: Visitor) -> dict:
    await ada.press("piece-shoe")
    await ada.press("add")
    await ada.until("window.vitrine.cart.length === 1")
    await ada.press("cart")
    await ada.press("checkout")
    await ada.press("kind-pickup")
    await ada.press("store-milano")
    slots = "document.querySelectorAll('[data-testid^=\"slot-milano\"]')"
    await ada.until(f"{slots}.length > 0")
    await ada.page.evaluate(f"{slots}[0].click()")
    await ada.shoot("checkout-pickup")
    return await place(ada, 1)


async def ada_orders_a_gift_box(ada: Visitor) -> dict:
    await ada.press("piece-lamp")
    await ada.press("add")
    await ada.until("window.vitrine.cart.length === 1")
    await ada.press("cart")
    await ada.press("checkout")
    await ada.press("kind-gift_box")
    await ada.write("field-name", "Bea")
    await ada.write("field-email", "bea@example.org")
    await ada.write("field-card", "For your new home.")
    assert await ada.page.get_by_test_id("field-from").input_value() == "Ada"  # known already
    await ada.shoot("checkout-gift-box")
    return await place(ada, 2)


async def place(ada: Visitor, orders: int) -> dict:
    """The order, as the page knows it."""
    await ada.press("place-order")
    await ada.see("order-code")
    await ada.until(f"window.vitrine.orders.length === {orders}")
    code = await ada.page.get_by_test_id("order-code").inner_text()
    await ada.shoot(f"ordered-{orders}")
    await ada.press("keep-looking")
    assert await ada.page.evaluate("window.vitrine.cart.length") == 0
    return await ada.page.evaluate(
        f"window.vitrine.orders.find((order) => order.code === '{code}')"
    )


async def staff_hand_over(demo, desk: Visitor, ada: Visitor, order: dict) -> None:
    access = demo.access()
    await desk.write("login", access["login"])
    await desk.write("password", access["password"])
    await desk.press("sign-in")
    await desk.see(f"order-{order['code']}")
    await desk.shoot("desk")
    for action, status in (
        ("prepare", "preparing"),
        ("finish", "ready"),
        ("hand_over", "handed_over"),
    ):
        await act(desk, order, action)
        await ada.until(status_is(order, status))


async def staff_announce_and_ship(desk: Visitor, ada: Visitor, order: dict) -> None:
    await desk.press("tab-gift_box")
    await desk.see("announcement-text", "Bea")
    letter = await desk.page.get_by_test_id("announcement-text").inner_text()
    assert "Lume" not in letter  # the content stays a surprise
    await desk.shoot("desk-gift")
    for action, status in (("announce", "announced"), ("pack", "packed"), ("ship", "shipped")):
        await act(desk, order, action)
        await ada.until(status_is(order, status))
    await ada.shoot("order-status-in-the-room")


def status_is(order: dict, status: str) -> str:
    found = f"window.vitrine.orders.find((order) => order.id === '{order['id']}')"
    return f"{found}.fulfilment.status === '{status}'"


async def act(desk: Visitor, order: dict, action: str) -> None:
    """The button on this order's card."""
    button = f'[data-testid="order-{order["code"]}"] [data-testid="act-{action}"]'
    await desk.until(f"document.querySelector('{button}')?.disabled === false", action)
    await desk.page.evaluate(f"document.querySelector('{button}').click()")
