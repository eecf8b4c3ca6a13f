"""Carts, orders, stock and pickup times over HTTP."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from server.auth import ANYONE, STAFF
from server.errors import BadRequest, PreconditionFailed
from server.orders.acting import ROLES, VersionMissing
from server.orders.action import Action
from server.orders.body import CartBody, Confirmation, Count, OrderBody
from server.orders.cart import Cart, TooManyOfOne
from server.orders.carts import CartService
from server.orders.checkout import LOOKUPS, UnknownProduct, UnknownVariant
from server.orders.gift import NotAnnounced, TooEarly
from server.orders.order import MixedCurrencies, NoSuchOrder, Order, Status, WrongState
from server.orders.pickup import SlotFull
from server.orders.placing import KeyMissing, KeyReused, OrderAbandoned, OrderInProgress
from server.orders.service import OrderService
from server.orders.stock import BelowHeld, OutOfStock
from server.orders.stocks import SlotView, StockService
from server.orders.view import OrderView, view
from server.routing import Call, Reply, Route

T = TypeVar("T")
MAX_KEY = 200
SUMMARIES = {
    Action.PREPARE: "Begin to gather a pickup order",
    Action.FINISH: "It lies ready at the counter",
    Action.HAND_OVER: "It was collected and paid",
    Action.ANNOUNCE: "Staff have told the recipient that a gift is coming",
    Action.PACK: "The gift box is packed",
    Action.SHIP: "The gift box is on its way",
    Action.DELIVER: "The gift box has arrived",
    Action.CANCEL: "Cancel, and give the goods back",
}


class OrderQuery(msgspec.Struct):
    """`open`: placed or in fulfilment. Oldest first."""

    status: Literal["open", "placed", "in_fulfilment", "completed", "cancelled"] | None = None
    store: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    after: str | None = None


class OrderList(msgspec.Struct):
    items: list[OrderView]
    next: str | None = None


class DayQuery(msgspec.Struct):
    date: date


class SlotList(msgspec.Struct):
    items: list[SlotView]
    next: str | None = None


class StockView(msgspec.Struct):
    """`on_hand` without the goods put aside for placed orders; `free` can still be ordered."""

    sku: str
    on_hand: int
    free: int


class StockQuery(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500
    after: str | None = None


class StockList(msgspec.Struct):
    items: list[StockView]
    next: str | None = None


def routes(order_service: OrderService, carts: CartService, stocks: StockService) -> list[Route]:
    return [
        *order_routes(order_service),
        *(action_route(order_service, action) for action in Action),
        *cart_routes(carts),
        *stock_routes(stocks),
    ]


def order_routes(service: OrderService) -> list[Route]:
    def seen(call: Call, order: Order) -> OrderView:
        return view(order, call.caller.role, service.clock())

    async def place(call: Call) -> Reply:
        order, made = await service.place(call.caller, idempotency_key(call), call.body)
        body = seen(call, order)
        place = {"Location": f"/api/orders/{order.id}"}
        return Reply(body, 201 if made else 200, {**place, "ETag": f'"{order.version}"'})

    async def listing(call: Call) -> OrderList:
        query: OrderQuery = call.query
        where: dict[str, object] = {"open": True} if query.status == "open" else {}
        if query.status not in {None, "open"}:
            where["status"] = str(Status(query.status))
        if query.store is not None:
            where["store"] = query.store
        items, cursor = await paged(service.orders(call.caller, where, query.limit, query.after))
        return OrderList([seen(call, order) for order in items], cursor)

    async def show(call: Call) -> Reply:
        order = await service.order(call.caller, call.path["order"])
        return Reply(seen(call, order), headers={"ETag": f'"{order.version}"'})

    return [
        Route(
            "POST",
            "/api/orders",
            place,
            "Order for pickup or as a gift box; send an Idempotency-Key",
            roles=ANYONE,
            body=OrderBody,
            returns=OrderView,
            status=201,
            errors=(
                *LOOKUPS,
                TooManyOfOne,
                OutOfStock,
                SlotFull,
                MixedCurrencies,
                KeyMissing,
                KeyReused,
                OrderInProgress,
                OrderAbandoned,
            ),
        ),
        Route(
            "GET",
            "/api/orders",
            listing,
            "A shopper's own orders; everybody's for staff and integrations",
            roles=ANYONE,
            query=OrderQuery,
            returns=OrderList,
        ),
        Route(
            "GET",
            "/api/orders/{order}",
            show,
            "One order",
            roles=ANYONE,
            returns=OrderView,
            errors=(NoSuchOrder,),
        ),
    ]


def action_route(service: OrderService, action: Action) -> Route:
    async def act(call: Call) -> Reply:
        order = await service.act(call.caller, call.path["order"], action, needed_version(call))
        body = view(order, call.caller.role, service.clock())
        return Reply(body, headers={"ETag": f'"{order.version}"'})

    special = {Action.PACK: (NotAnnounced,), Action.SHIP: (NotAnnounced, TooEarly)}
    return Route(
        "POST",
        f"/api/orders/{{order}}/{action}",
        act,
        SUMMARIES[action],
        roles=ROLES[action],
        body=Confirmation if action is Action.ANNOUNCE else None,
        returns=OrderView,
        errors=(
            NoSuchOrder,
            VersionMissing,
            PreconditionFailed,
            WrongState,
            *special.get(action, ()),
        ),
    )


def cart_routes(carts: CartService) -> list[Route]:
    async def show(call: Call) -> Cart:
        return await carts.cart(call.caller, call.path["cart"])

    async def fill(call: Call) -> Cart:
        version = sent_version(call)
        return await carts.fill(call.caller, call.path["cart"], call.body.lines, version)

    return [
        Route(
            "GET",
            "/api/carts/{cart}",
            show,
            "A person's cart, by the person's id",
            roles=ANYONE,
            returns=Cart,
        ),
        Route(
            "PUT",
            "/api/carts/{cart}",
            fill,
            "Put these lines into the cart instead of what is there",
            roles=ANYONE,
            body=CartBody,
            returns=Cart,
            errors=(UnknownProduct, UnknownVariant, TooManyOfOne, PreconditionFailed),
        ),
    ]


def stock_routes(stocks: StockService) -> list[Route]:
    async def slots(call: Call) -> SlotList:
        return SlotList(list(await stocks.slots(call.path["store"], call.query.date)))

    async def listing(call: Call) -> StockList:
        query: StockQuery = call.query
        items, cursor = await paged(stocks.stock(call.path["store"], query.limit, query.after))
        return StockList([StockView(one.sku, one.on_hand, one.free) for one in items], cursor)

    async def count(call: Call) -> StockView:
        one = await stocks.count(call.path["store"], call.path["sku"], call.body.on_hand)
        return StockView(one.sku, one.on_hand, one.free)

    return [
        Route(
            "GET",
            "/api/stores/{store}/slots",
            slots,
            "When one can collect on a day",
            query=DayQuery,
            returns=SlotList,
        ),
        Route(
            "GET",
            "/api/stores/{store}/stock",
            listing,
            "What a store has",
            roles=ANYONE,
            query=StockQuery,
            returns=StockList,
        ),
        Route(
            "PUT",
            "/api/stores/{store}/stock/{sku}",
            count,
            "Say how many were counted, without those put aside for placed orders",
            roles=STAFF,
            body=Count,
            returns=StockView,
            errors=(BelowHeld,),
        ),
    ]


async def paged(listing: Awaitable[T]) -> T:
    """Raises BadRequest for a cursor that is not ours."""
    try:
        return await listing
    except ValueError as error:
        raise BadRequest(reason=f"after: {error}.") from error


def idempotency_key(call: Call) -> str:
    """Raises KeyMissing."""
    key = call.headers.get("Idempotency-Key", "").strip()
    if not 1 <= len(key) <= MAX_KEY:
        raise KeyMissing
    return key


def needed_version(call: Call) -> int | None:
    """The version in If-Match, None for `*`. Raises VersionMissing, PreconditionFailed."""
    if "If-Match" not in call.headers:
        raise VersionMissing
    return sent_version(call)


def sent_version(call: Call) -> int | None:
    """Raises BadRequest for what is no version."""
    sent = call.headers.get("If-Match", "*").strip()
    if sent == "*":
        return None
    text = sent.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(reason=f'If-Match: {sent[:40]!r} is no version; write it like "3".')
    return int(text)
