"""Rooms: their hub, their edges, and what they see of the catalogue and of carts."""

from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from server import engines
from server.assets.service import AssetService
from server.auth import Person, Tokens
from server.catalog.service import CatalogService
from server.composition import world
from server.orders.body import Line
from server.orders.carts import CartService
from server.rooms import figure_routes, node_routes, operating
from server.rooms import repository as documents
from server.rooms import routes as room_routes
from server.rooms.addresses import Addresses
from server.rooms.calls import CallService
from server.rooms.crier import Crier
from server.rooms.figures import FigureService
from server.rooms.livekit import LiveKit
from server.rooms.moderation import ModerationService
from server.rooms.mover import Mover
from server.rooms.node_calls import NodeCalls
from server.rooms.service import Carts, RoomHub
from server.rooms.sockets import Sockets, attach
from server.routing import Route
from server.settings import Settings
from server.storage.port import Store


@dataclass
class Rooms:
    """The rooms feature."""

    hub: RoomHub
    sockets: Sockets
    addresses: Addresses
    moderation: ModerationService
    figures: FigureService
    crier: Crier
    calls: NodeCalls

    def routes(self) -> list[Route]:
        return [
            *room_routes.routes(self.hub, self.addresses, self.calls),
            *figure_routes.routes(self.figures),
            *operating.routes(self.hub, self.sockets, self.moderation, self.calls),
            *node_routes.routes(self.hub, self.sockets, self.crier, self.calls),
        ]


def make_hub(
    settings: Settings,
    store: Store,
    tokens: Tokens,
    catalog: CatalogService,
    assets: AssetService,
    calls: NodeCalls,
) -> RoomHub:
    hub = RoomHub(
        documents=documents.Documents(store),
        catalog=ProductsOfRooms(catalog),
        assets=assets,
        tokens=tokens,
        clock=world.utc_now,
        new_id=world.new_id,
        public_url=settings.public_url,
        capacity=settings.room_capacity,
        crowd=settings.room_crowd,
        watchers=settings.room_watchers,
        tick_hz=settings.tick_hz,
        ticket_seconds=settings.ticket_seconds,
        handover_seconds=settings.handover_seconds,
        directory=engines.open_directory(settings),
        me=engines.this_node(settings, world.new_id(), world.utc_now()),
        others=calls,
    )
    calls.nodes = hub.nodes
    return hub


def make_rooms(
    settings: Settings,
    application: web.Application,
    hub: RoomHub,
    carts: Carts,
    node_calls: NodeCalls,
) -> Rooms:
    """The edges of the hub, and what its acts ask."""
    addresses = Addresses(
        sockets=settings.address_sockets,
        joins_per_minute=settings.address_joins_per_minute,
        trusted_proxies=settings.trusted_proxies,
    )
    moderation = ModerationService(
        documents=hub.documents.moderation,
        rooms=hub.open_rooms,
        clock=world.utc_now,
        new_id=world.new_id,
        ban_minutes=settings.ban_minutes,
        report_days=settings.report_days,
    )
    hub.doors.bans = moderation
    calls = CallService(
        clock=world.utc_now,
        stun_urls=settings.stun_urls,
        turn_urls=settings.turn_urls,
        turn_secret=settings.turn_secret,
        turn_seconds=settings.turn_seconds,
        livekit=LiveKit(settings.livekit_url, settings.livekit_key, settings.livekit_secret),
        voice_mesh=settings.voice_mesh,
    )
    figures = FigureService(hub.documents.figures, hub.assets)
    later = {**moderation.acts(), **calls.acts(), **figures.acts()}
    sockets = attach(application, hub, carts, later=later)
    sockets.gate.allow = addresses.connect
    crier = Crier(hub, sockets, moderation, Mover(hub, sockets))
    return Rooms(hub, sockets, addresses, moderation, figures, crier, node_calls)


@dataclass(frozen=True, slots=True)
class ProductsOfRooms:
    """The catalogue, as rooms see it: all of it at once."""

    catalog: CatalogService

    async def products(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page, after = await self.catalog.products(200, after)
            found += [msgspec.to_builtins(product) for product in page]
            if after is None:
                return found


@dataclass(frozen=True, slots=True)
class CartsOfRooms:
    """Carts, as rooms see them: a person's own."""

    carts: CartService

    async def get(self, person: Person) -> dict[str, Any]:
        return dict(msgspec.to_builtins(await self.carts.cart(person, person.id)))

    async def replace(self, person: Person, lines: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = msgspec.convert(lines, list[Line])
        return dict(msgspec.to_builtins(await self.carts.fill(person, person.id, wanted)))
