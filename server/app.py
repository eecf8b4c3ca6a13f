"""The composition root: the only file that knows every class.

Read from `open_house` down: each feature is made of its repository, its service and its edges, and
gets from the others what its Protocols ask for.
"""

import os
import secrets
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import random
from typing import Any, Final

import msgspec
from aiohttp import web

from server import __version__, asyncapi, engines, openapi
from server.assets import job_routes, tus
from server.assets import repository as asset_documents
from server.assets import routes as asset_routes
from server.assets.blobs import Blobs
from server.assets.converter import PipelineConverter, recipe_version
from server.assets.jobs import Jobs
from server.assets.partials import Partials
from server.assets.service import AssetService
from server.assets.uploads import UploadLimits, UploadService
from server.assets.wakeups import Wakeups
from server.auth import Person, Role, Tokens
from server.background import Background
from server.catalog import repository as catalog_documents
from server.catalog import routes as catalog_routes
from server.catalog.service import CatalogService
from server.middleware import errors, identify
from server.occasions import repository as occasion_documents
from server.occasions import routes as occasion_routes
from server.occasions.occasion import Attendance, Occasion, Status
from server.occasions.recorder import Recorder
from server.occasions.service import OccasionService
from server.orders import repository as order_documents
from server.orders import routes as order_routes
from server.orders.announcer import Announcer, Smtp
from server.orders.body import Line
from server.orders.carts import CartService
from server.orders.checkout import Checkout
from server.orders.recovery import Recovery
from server.orders.service import OrderService
from server.orders.stocks import StockService
from server.pages import add_pages
from server.people import repository as people_documents
from server.people import routes as people_routes
from server.people.passwords import Passwords
from server.people.service import PeopleService
from server.rooms import figure_routes, node_routes, operating
from server.rooms import repository as room_documents
from server.rooms import routes as room_routes
from server.rooms.addresses import Addresses
from server.rooms.calls import CallService
from server.rooms.crier import Crier
from server.rooms.figures import FigureService
from server.rooms.hosting import Hosting
from server.rooms.livekit import LiveKit
from server.rooms.messages.occasions import OccasionState
from server.rooms.metrics import RoomMetrics
from server.rooms.moderation import ModerationService
from server.rooms.mover import Mover
from server.rooms.node_calls import NodeCalls
from server.rooms.service import Carts, RoomHub
from server.rooms.sockets import Sockets, attach
from server.routing import MAX_JSON_BYTES, Call, Route, add_routes, origin
from server.secret import own_secret, write_private
from server.settings import Settings
from server.storage.port import Store
from server.telemetry.backlog import Backlog
from server.telemetry.routes import routes as telemetry_routes
from server.telemetry.watch import Watch
from server.webhooks import repository as webhook_documents
from server.webhooks import routes as webhook_routes
from server.webhooks.administration import Administration
from server.webhooks.sender import HttpSender
from server.webhooks.service import Relay

TENANT: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:vitrine")  # one house, one brand
INDEXES: Final = (
    *asset_documents.INDEXES,
    *catalog_documents.INDEXES,
    *occasion_documents.INDEXES,
    *order_documents.INDEXES,
    *people_documents.INDEXES,
    *room_documents.INDEXES,
    *webhook_documents.INDEXES,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass
class Assets:
    """The assets feature: uploads become blobs, blobs become files."""

    service: AssetService
    uploads: UploadService
    blobs: Blobs
    jobs: Jobs
    wakeups: Wakeups | None  # None: nobody on another machine converts

    def routes(self) -> list[Route]:
        return [
            *tus.routes(self.uploads),
            *asset_routes.routes(self.service, self.blobs),
            *job_routes.routes(self.service),
        ]


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


@dataclass
class Webhooks:
    """The webhooks feature."""

    administration: Administration
    relay: Relay
    sender: HttpSender


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
    calls = NodeCalls(tokens, utc_now)
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
    watch.readiness.checks.update(engines.checks(settings, assets.blobs))
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
        *telemetry_routes(watch, Backlog(store, watch.metrics, utc_now), settings.metrics_token),
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


def make_people(settings: Settings, store: Store, tokens: Tokens) -> PeopleService:
    return PeopleService(
        people=people_documents.People(store),
        tokens=tokens,
        passwords=Passwords(),
        clock=utc_now,
        new_id=new_id,
        new_secret=lambda: secrets.token_hex(32),
        session_lifetime=timedelta(hours=settings.session_hours),
    )


def make_assets_and_catalog(settings: Settings, store: Store) -> tuple[Assets, CatalogService]:
    """Together: a product shows files of assets, an asset that is ready goes to its product."""
    data = settings.data.resolve()
    blobs = engines.open_blobs(settings)
    documents = asset_documents.Assets(store)
    recipe = recipe_version() + ("" if settings.conversion_pictures else "-bare")
    service = AssetService(documents, blobs, recipe, clock=utc_now, new_id=new_id)
    catalog = CatalogService(catalog_documents.Catalog(store), service)
    uploads = UploadService(
        asset_documents.Uploads(store),
        Partials(data / "uploads"),
        blobs,
        service,
        catalog,
        clock=utc_now,
        new_id=new_id,
        limits=UploadLimits(
            bytes=settings.upload_max_bytes, lifetime=timedelta(hours=settings.upload_hours)
        ),
    )
    converter = PipelineConverter(
        blobs,
        data / "converting",
        recipe=recipe,
        seconds=settings.conversion_seconds,
        memory_mb=settings.conversion_memory_mb,
        pictures=settings.conversion_pictures,
    )
    jobs = Jobs(
        documents,
        converter,
        catalog,
        service.queued,
        clock=utc_now,
        new_id=new_id,
        at_once=settings.conversions,
        worker=f"{settings.node or socket.gethostname()}#{os.getpid()}",
    )
    wakeups = None
    if settings.redis_url:
        woken = jobs.woken if settings.worker_in_server else None
        wakeups = Wakeups(settings.redis_url, woken)
        service.rings.append(wakeups.ring)
    return Assets(service, uploads, blobs, jobs, wakeups), catalog


def make_hub(
    settings: Settings,
    store: Store,
    tokens: Tokens,
    catalog: CatalogService,
    assets: AssetService,
    calls: NodeCalls,
) -> RoomHub:
    hub = RoomHub(
        documents=room_documents.Documents(store),
        catalog=ProductsOfRooms(catalog),
        assets=assets,
        tokens=tokens,
        clock=utc_now,
        new_id=new_id,
        public_url=settings.public_url,
        capacity=settings.room_capacity,
        crowd=settings.room_crowd,
        watchers=settings.room_watchers,
        tick_hz=settings.tick_hz,
        ticket_seconds=settings.ticket_seconds,
        handover_seconds=settings.handover_seconds,
        directory=engines.open_directory(settings),
        me=engines.this_node(settings, new_id(), utc_now()),
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
        clock=utc_now,
        new_id=new_id,
        ban_minutes=settings.ban_minutes,
        report_days=settings.report_days,
    )
    hub.doors.bans = moderation
    calls = CallService(
        clock=utc_now,
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


def make_occasions(store: Store, hosting: Hosting) -> tuple[Recorder, OccasionService]:
    documents, rooms = occasion_documents.Occasions(store), RoomsOfOccasions(hosting)
    recorder = Recorder(documents, rooms, utc_now)
    return recorder, OccasionService(documents, rooms, recorder, clock=utc_now, new_id=new_id)


def make_orders(settings: Settings, store: Store, catalog: CatalogService, hub: RoomHub) -> Orders:
    book = order_documents.OrderBook(store)
    checkout = Checkout(catalog, catalog, TENANT)
    carts = CartService(book, checkout, listeners=[tell(hub, "cart")])
    service = OrderService(
        book=book,
        checkout=checkout,
        carts=carts,
        clock=utc_now,
        new_id=new_id,
        listeners=[tell(hub, "order")],
    )
    recovery = Recovery(book, utc_now, stale_seconds=settings.recovery_seconds)
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
        announcer = Announcer(service, smtp, utc_now)
    return Orders(service, carts, StockService(book, checkout, utc_now), recovery, announcer)


def make_webhooks(
    settings: Settings, store: Store, outboxes: list[OrderService | AssetService]
) -> Webhooks:
    documents = webhook_documents.Webhooks(store)
    sender = HttpSender(
        timeout_seconds=settings.webhook_timeout_seconds,
        allow_http=settings.webhook_allow_http,
        allow_private=settings.webhook_allow_http,
    )
    relay = Relay(
        webhooks=documents,
        outboxes=outboxes,
        sender=sender,
        clock=utc_now,
        new_id=new_id,
        chance=random,
        scale=settings.webhook_retry_scale,
        lease_seconds=settings.webhook_timeout_seconds + 15.0,
    )
    administration = Administration(
        webhooks=documents,
        poke=relay.poke,
        clock=utc_now,
        new_id=new_id,
        random_bytes=secrets.token_bytes,
        allow_http=settings.webhook_allow_http,
        allow_private=settings.webhook_allow_http,
    )
    return Webhooks(administration, relay, sender)


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


def tell(hub: RoomHub, event: str) -> Callable[[str, dict[str, Any]], None]:
    """A listener that passes a person's change on to their sockets."""
    return lambda person, change: hub.notify(person, event, {event: change})


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


@dataclass(frozen=True, slots=True)
class RoomsOfOccasions:
    """Rooms, as occasions and their recorder see them: the one in which each takes place."""

    hosting: Hosting

    async def check(self, showroom: str) -> None:
        await self.hosting.check(showroom)

    async def join(self, occasion: Occasion, person: Person, url: str) -> Any:
        return await self.hosting.join(
            occasion.showroom, occasion.room, occasion.capacity, person, url
        )

    def attendance(self, occasion: Occasion) -> Attendance:
        return Attendance(*self.hosting.attendance(occasion.room))

    def announce(self, occasion: Occasion) -> None:
        live = occasion.status is Status.LIVE
        state = OccasionState(
            occasion.id, occasion.title, str(occasion.status), occasion.recorded and live
        )
        self.hosting.announce(occasion.room, state, live)

    def snapshot(self, occasion: Occasion) -> dict[str, Any]:
        return self.hosting.snapshot(occasion.room, occasion.host)

    def poses(self, occasion: Occasion) -> bytes | None:
        return self.hosting.poses(occasion.room)

    def tap(
        self, occasion: Occasion, sink: Callable[[str, dict[str, Any]], None]
    ) -> Callable[[], bool] | None:
        return self.hosting.tap(occasion.room, occasion.host, sink)
