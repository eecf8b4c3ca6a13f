"""Carts, orders, stock and their announcements, put together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from server.catalog.service import CatalogService
from server.composition import world
from server.orders import repository as documents
from server.orders import routes as order_routes
from server.orders.announcer import Announcer, Smtp
from server.orders.carts import CartService
from server.orders.checkout import Checkout
from server.orders.recovery import Recovery
from server.orders.service import OrderService
from server.orders.stocks import StockService
from server.rooms.service import RoomHub
from server.routing import Route
from server.settings import Settings
from server.storage.port import Store

EVERY_SECONDS: Final = 30.0  # at most, between two looks at what was left half done
TENANT: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:vitrine")  # one house, one brand


@dataclass
class Orders:
    """The orders feature."""

    service: OrderService
    carts: CartService
    stock: StockService
    recovery: Recovery
    announcer: Announcer | None  # None: staff send announcements themselves

    def routes(self) -> list[Route]:
        return order_routes.routes(self.service, self.carts, self.stock)


def make_orders(settings: Settings, store: Store, catalog: CatalogService, hub: RoomHub) -> Orders:
    book = documents.OrderBook(store)
    checkout = Checkout(catalog, catalog, TENANT)
    carts = CartService(book, checkout, listeners=[tell(hub, "cart")])
    service = OrderService(
        book=book,
        checkout=checkout,
        carts=carts,
        clock=world.utc_now,
        new_id=world.new_id,
        listeners=[tell(hub, "order")],
    )
    stale = settings.recovery_seconds
    recovery = Recovery(
        book, world.utc_now, stale_seconds=stale, every_seconds=min(max(stale, 1.0), EVERY_SECONDS)
    )
    announcer = None
    if settings.smtp_host:
        smtp = Smtp(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=settings.smtp_password,
            start_tls=settings.smtp_start_tls,
        )
        announcer = Announcer(service, smtp, world.utc_now)
    return Orders(service, carts, StockService(book, checkout, world.utc_now), recovery, announcer)


def tell(hub: RoomHub, event: str) -> Callable[[str, dict[str, Any]], None]:
    """A listener that passes a person's change on to their sockets."""
    return lambda person, change: hub.notify(person, event, {event: change})
