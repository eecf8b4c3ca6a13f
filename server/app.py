"""The composition root: what a house is made of, in the order in which it is made.

Read from `open_house` down: each feature is made in `server.composition` of its repository, its
service and its edges, and gets from the others what its Protocols ask for.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiohttp import web

from server import __version__, asyncapi, engines, openapi
from server.assets import repository as asset_documents
from server.auth import Role, Tokens
from server.background import Background
from server.catalog import repository as catalog_documents
from server.catalog import routes as catalog_routes
from server.catalog.service import CatalogService
from server.composition import world
from server.composition.assets import Assets, make_assets_and_catalog
from server.composition.occasions import make_occasions
from server.composition.orders import Orders, make_orders
from server.composition.people import make_people
from server.composition.rooms import CartsOfRooms, Rooms, make_hub, make_rooms
from server.composition.webhooks import Webhooks, make_webhooks
from server.middleware import errors, identify
from server.occasions import repository as occasion_documents
from server.occasions import routes as occasion_routes
from server.occasions.recorder import Recorder
from server.occasions.service import OccasionService
from server.orders import repository as order_documents
from server.pages import add_pages
from server.people import repository as people_documents
from server.people import routes as people_routes
from server.people.service import PeopleService
from server.rooms import repository as room_documents
from server.rooms.hosting import Hosting
from server.rooms.metrics import RoomMetrics
from server.rooms.node_calls import NodeCalls
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.routing import MAX_JSON_BYTES, Call, Route, add_routes, origin
from server.secret import own_secret, write_private
from server.settings import Settings
from server.storage.port import Store
from server.telemetry.backlog import Backlog
from server.telemetry.routes import routes as telemetry_routes
from server.telemetry.watch import Watch
from server.webhooks import repository as webhook_documents
from server.webhooks import routes as webhook_routes

INDEXES: Final = (
    *asset_documents.INDEXES,
    *catalog_documents.INDEXES,
    *occasion_documents.INDEXES,
    *order_documents.INDEXES,
    *people_documents.INDEXES,
    *room_documents.INDEXES,
    *webhook_documents.INDEXES,
)


@dataclass
class House:
    """A whole server, not listening yet."""

    settings: Settings
    store: Store
    people: PeopleService
    catalog: CatalogService
    assets: Assets
    orders: Orders
    webhooks: Webhooks
    showrooms: room_documents.Showrooms
    hub: RoomHub
    sockets: Sockets
    rooms: Rooms
    occasions: OccasionService
    recorder: Recorder
    web: web.Application
    watch: Watch
    background: Background = field(default_factory=Background)

    async def start(self) -> None:
        """Begin the work that goes on beside the requests."""
        await self.sockets.start()
        await self.hub.nodes.arrive()
        self.background.start("nodes", self.hub.nodes.run)
        self.background.start("news", self.rooms.crier.listen)
        self.background.start("crier", self.rooms.crier.speak)
        self.background.start("uploads", self.assets.uploads.run)
        if self.settings.worker_in_server:
            self.background.start("conversions", self.assets.jobs.run)
        if self.assets.wakeups is not None:
            self.background.start("wakeups", self.assets.wakeups.run)
        self.background.start("recovery", self.orders.recovery.run)
        self.background.start("webhooks", self.webhooks.relay.run)
        self.background.start("occasions", self.occasions.run)
        if self.orders.announcer is not None:
            self.background.start("announcements", self.orders.announcer.run)

    async def drain(self) -> None:
        """Before the end: give rooms to other nodes, where there are any."""
        if self.hub.directory.many:
            await self.rooms.crier.mover.drain()

    async def close(self) -> None:
        """End that work, then the store: what was accepted is on disk."""
        await self.background.close()
        await self.hub.nodes.leave()
        await self.rooms.calls.close()
        await self.hub.directory.close()
        await self.recorder.close()
        await self.webhooks.sender.close()
        await self.store.close()
        await self.watch.close()

    async def demo_access(self) -> dict[str, str]:
        """A staff login and a designer's key for the demo, the same at every start."""
        file = self.settings.data / "demo-access.json"
        if file.exists():
            return dict(msgspec.json.decode(file.read_bytes()))
        password = secrets.token_urlsafe(9)
        await self.people.put_account("staff", password, "Vitrine desk", Role.STAFF)
        key = await self.people.create_key("demo", Role.DESIGNER)
        access = {"login": "staff", "password": password, "key": key}
        write_private(file, msgspec.json.encode(access).decode())
        return access


async def open_house(settings: Settings) -> House:
    """Everything put together.

    Raises InUse when another process has the data folder; Unavailable, BadEngine, OSError, NoPages,
    NoTracing.
    """
    store = await engines.open_store(settings, INDEXES)
    try:
        return furnished(settings, store)
    except BaseException:
        await store.close()
        raise


def furnished(settings: Settings, store: Store) -> House:
    """What can fail comes first: nothing else has to be closed then.

    Raises OSError, NoPages, NoTracing.
    """
    watch = Watch()
    store = watch.store(store, engines.store_name(settings))
    tokens = Tokens(own_secret(settings.data, settings.secret))
    people = make_people(settings, store, tokens)
    application = web.Application(
        middlewares=[watch.requests(), errors(), identify(people.identify)],
        client_max_size=MAX_JSON_BYTES,  # of a body that is read at once; uploads are not
    )
    application.on_response_prepare.append(watch.traffic.prepare)
    add_pages(application)
    assets, catalog = make_assets_and_catalog(settings, store)
    calls = NodeCalls(tokens, world.utc_now)
    hub = make_hub(settings, store, tokens, catalog, assets.service, calls)
    orders = make_orders(settings, store, catalog, hub)
    webhooks = make_webhooks(settings, store, [orders.service, assets.service])
    # What one feature commits, the next one is woken for; each would find it by itself, later.
    orders.service.pokes = [
        webhooks.relay.poke,
        orders.recovery.poke,
        *([orders.announcer.poke] if orders.announcer else []),
    ]
    rooms = make_rooms(settings, application, hub, CartsOfRooms(orders.carts), calls)
    watch.files(assets.blobs)
    watch.readiness.checks.update(engines.checks(settings))
    watch.metrics.add(RoomMetrics(hub, rooms.sockets))
    watch.work(assets.uploads, assets.jobs, orders.service, orders.announcer, webhooks.relay)
    recorder, occasions = make_occasions(store, Hosting(hub, rooms.sockets))
    routes = [
        *people_routes.routes(people),
        *catalog_routes.routes(catalog),
        *assets.routes(),
        *rooms.routes(),
        *occasion_routes.routes(occasions, settings.public_url, rooms.addresses.join),
        *orders.routes(),
        *webhook_routes.routes(webhooks.administration),
        *asyncapi.routes(rooms.sockets.acts, settings.public_url),
        *telemetry_routes(
            watch, Backlog(store, watch.metrics, world.utc_now), settings.metrics_token
        ),
    ]
    add_routes(application, [*routes, *own_routes(settings, routes)])
    house = House(
        settings=settings,
        store=store,
        people=people,
        catalog=catalog,
        assets=assets,
        orders=orders,
        webhooks=webhooks,
        showrooms=room_documents.Showrooms(store),
        hub=hub,
        sockets=rooms.sockets,
        rooms=rooms,
        occasions=occasions,
        recorder=recorder,
        web=application,
        watch=watch,
    )

    async def close_sockets(_: web.Application) -> None:
        await rooms.sockets.close()

    application.on_shutdown.append(close_sockets)
    return house


class Health(msgspec.Struct, frozen=True):
    status: str
    version: str


def own_routes(settings: Settings, routes: list[Route]) -> list[Route]:
    """What belongs to no feature: health, and the description of all the rest."""

    async def show_health(_: Call) -> Health:
        return Health("ok", __version__)

    async def show_openapi(call: Call) -> dict[str, Any]:
        url = settings.public_url or origin(call.request)
        return openapi.document([*routes, *own], __version__, url)

    own = [
        Route("GET", "/healthz", show_health, "Is it alive?", returns=Health),
        Route("GET", "/openapi.json", show_openapi, "This document", returns=dict[str, Any]),
    ]
    return own
