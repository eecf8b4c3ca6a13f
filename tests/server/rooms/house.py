"""A server with rooms and nothing else, and clients for it."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import socketio
from aiohttp import ClientSession, web

from server.auth import SESSION, Person, Role, Tokens
from server.errors import VitrineError
from server.middleware import errors, identify
from server.rooms.addresses import Addresses
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change
from server.rooms.pose import Bounds, Pose, decode_frame, encode
from server.rooms.repository import Documents
from server.rooms.role import RoomRole
from server.rooms.room import Room
from server.rooms.routes import routes
from server.rooms.scene import read_scene, things
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets, attach
from server.routing import add_routes
from server.storage.port import Store
from tests.conftest import HeldClock

BOUNDS = Bounds((-5.0, 0.0, -4.0), (5.0, 3.0, 4.0))
SECRET = b"0123456789abcdef0123456789abcdef"
PATIENCE = 5.0  # seconds until a message that does not come counts as missing
SHOWROOM: dict[str, Any] = {
    "id": "demo",
    "name": {"en": "Demo", "fr": "Démo", "it": "Demo"},
    "scene": {
        "id": "demo",
        "bounds": {"min": [-5, 0, -4], "max": [5, 3, 4]},
        "spawn_points": [
            {"position": [0, 0, 3], "rotation": [0, 0, 0, 1]},
            {"position": [1, 0, 3], "rotation": [0, 0, 0, 1]},
        ],
        "displays": [
            {"id": "shoe", "sku": "SHOE-01", "position": [0, 1, 0], "variant": "red"},
            {"id": "lamp", "sku": "LAMP-01", "position": [2, 1, 0], "rotation": [0, 1, 0, 0]},
            {"id": "sofa", "sku": "SOFA-01", "position": [-2, 0, 0], "grab": False},
            {"id": "ghost", "sku": "NOBODY-KNOWS", "position": [0, 0, 0]},
        ],
    },
    "models": {"showroom": "asset-1"},
}
PRODUCTS: list[dict[str, Any]] = [
    {"sku": "SHOE-01", "variants": [{"id": "blue"}, {"id": "red"}, {"id": "green"}]},
    {"sku": "LAMP-01", "variants": [{"id": "brass"}]},
    {"sku": "SOFA-01", "variants": []},
    {"sku": "HIDDEN-01", "variants": []},
]
ANNA = Avatar("a", 0, "Anna", "shopper", "#111111")
BRUNO = Avatar("b", 1, "Bruno", "shopper", "#222222")


def a_room(
    *avatars: Avatar, saved: dict[str, Any] | None = None, showroom: dict[str, Any] = SHOWROOM
) -> Room:
    """The demo's room without a server, with these in it."""
    scene = read_scene(showroom["scene"])
    room = Room("demo-1", scene, things(scene, PRODUCTS))
    room.restore(saved or {})
    for avatar in avatars:
        arrive(room, avatar)
    return room


def at(seconds: float) -> Instant:
    """Both clocks show the same."""
    return Instant(seconds, seconds)


def arrive(room: Room, avatar: Avatar, role: RoomRole = RoomRole.SHOPPER) -> list[Change]:
    """Somebody comes in, as the person of their own name."""
    return room.join(avatar, avatar.name.lower(), role)


class TheCatalog:
    async def products(self) -> list[dict[str, Any]]:
        return PRODUCTS


class TheAssets:
    async def files(self, asset_id: str) -> list[dict[str, Any]]:
        return [{"profile": "web", "url": f"/assets/{asset_id}/web.glb"}]


class NoSuchProduct(VitrineError):
    status = 422
    type = "unknown-sku"
    title = "Not ours"


class TheCarts:
    def __init__(self, tell: Callable[[str, str, dict[str, Any]], None]) -> None:
        self.tell = tell
        self.lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.versions: dict[str, int] = defaultdict(int)

    async def get(self, person: Person) -> dict[str, Any]:
        return {
            "id": person.id,
            "lines": self.lines[person.id],
            "version": self.versions[person.id],
        }

    async def replace(self, person: Person, lines: list[dict[str, Any]]) -> dict[str, Any]:
        if any(line["sku"] == "NOPE-01" for line in lines):
            raise NoSuchProduct(sku="NOPE-01")
        self.lines[person.id] = lines
        self.versions[person.id] += 1
        cart = await self.get(person)
        self.tell(person.id, "cart", {"cart": cart})
        return cart


class Shopper:
    """A stock Socket.IO client that remembers what it heard."""

    def __init__(self, house: "House", name: str) -> None:
        self.house = house
        self.person = Person(name.lower(), name, Role.SHOPPER, {"color": "#123456"})
        self.heard: dict[str, list[Any]] = defaultdict(list)
        self.order: list[tuple[str, Any]] = []
        self.news = asyncio.Event()
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._hear)

    def _hear(self, event: str, data: Any) -> None:
        self.heard[event].append(data)
        self.order.append((event, data))
        self.news.set()

    @property
    def welcome(self) -> dict[str, Any]:
        return self.heard["welcome"][-1]

    @property
    def avatar_id(self) -> str:
        return self.welcome["you"]["avatar_id"]

    @property
    def index(self) -> int:
        return self.welcome["you"]["index"]

    async def until(self, seen: Callable[[], Any]) -> Any:
        """Waits for it; TimeoutError after PATIENCE."""
        async with asyncio.timeout(PATIENCE):
            while not (found := seen()):
                self.news.clear()
                await self.news.wait()
        return found

    async def hears(self, event: str, **facts: Any) -> dict[str, Any]:
        """The first such message with these members."""

        def find() -> Any:
            return next((m for m in self.heard[event] if facts.items() <= m.items()), None)

        return await self.until(find)

    async def connect(self, auth: dict[str, Any]) -> None:
        await self.socket.connect(
            self.house.url, auth=auth, transports=["websocket"], wait_timeout=PATIENCE
        )
        count = len(self.heard["welcome"])
        await self.until(lambda: self.heard["welcome"][count:] or self.heard["welcome"])

    async def act(self, event: str, **payload: Any) -> dict[str, Any]:
        return await self.socket.call(event, payload, timeout=PATIENCE)

    async def stand(self, x: float, z: float, t: int = 0) -> None:
        await self.socket.emit("pose", encode(Pose(t, (x, 1.6, z)), BOUNDS))

    def seen_at(self, index: int) -> tuple[float, float, float] | None:
        """Where the frames last showed an avatar."""
        for frame in reversed(self.heard["poses"]):
            for who, pose in decode_frame(frame, BOUNDS)[1]:
                if who == index:
                    return pose.position
        return None

    async def sees(self, index: int, x: float, z: float) -> None:
        def near() -> bool:
            at = self.seen_at(index)
            return at is not None and abs(at[0] - x) < 0.01 and abs(at[2] - z) < 0.01

        await self.until(near)

    async def leave(self) -> None:
        await self.socket.disconnect()


class House:
    """The running server."""

    def __init__(self, hub: RoomHub, sockets: Sockets, carts: TheCarts, url: str) -> None:
        self.hub, self.sockets, self.carts, self.url = hub, sockets, carts, url
        self.shoppers: list[Shopper] = []

    def shopper(self, name: str) -> Shopper:
        self.shoppers.append(Shopper(self, name))
        return self.shoppers[-1]

    async def ticket(self, person: Person) -> dict[str, Any]:
        session = self.hub.tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))
        headers = {"Authorization": f"Bearer {session}"}
        async with (
            ClientSession(headers=headers) as http,
            http.post(f"{self.url}/api/showrooms/demo/join") as answer,
        ):
            assert answer.status == 201, await answer.text()
            return await answer.json()

    async def enter(self, name: str, role: Role = Role.SHOPPER) -> Shopper:
        """Somebody new, in a room and welcomed."""
        shopper = self.shopper(name)
        shopper.person = Person(name.lower(), name, role, {"color": "#123456"})
        await shopper.connect({"ticket": (await self.ticket(shopper.person))["ticket"]})
        return shopper


async def eventually(seen: Callable[[], Any]) -> None:
    """Waits for something inside the server; TimeoutError after PATIENCE."""
    async with asyncio.timeout(PATIENCE):
        while not seen():  # noqa: ASYNC110 - the server has no event for a test to await
            await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(
    store: Store,
    options: dict[str, Any] | None = None,
    *,
    cancelling: bool = False,
    **hub_options: Any,
) -> AsyncIterator[House]:
    """A house on a port of its own; `options` go to the sockets, the others to the hub."""
    counter = itertools.count(1)
    tokens = Tokens(SECRET)
    if isinstance(clock := hub_options.get("clock"), HeldClock):
        hub_options["steady"] = clock.steady
    hub = RoomHub(
        **{
            "documents": Documents(store),
            "catalog": TheCatalog(),
            "assets": TheAssets(),
            "tokens": tokens,
            "clock": lambda: datetime.now(UTC),
            "new_id": lambda: f"avatar-{next(counter)}",
            **hub_options,
        }
    )
    carts = TheCarts(hub.notify)
    await hub.documents.showrooms.put_showroom(SHOWROOM)

    async def who(token: str) -> Person:
        return tokens.read(token, SESSION, datetime.now(UTC)).person

    app = web.Application(middlewares=[errors(), identify(who)])
    add_routes(app, routes(hub, Addresses()))
    sockets = attach(app, hub, carts, **(options or {}))

    async def close(_: web.Application) -> None:
        await sockets.close()

    app.on_shutdown.append(close)
    # Not aiohttp's TestServer: that one cancels handlers of lost connections, ours does not.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=cancelling)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await sockets.start()
    house = House(hub, sockets, carts, f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield house
    finally:
        for shopper in house.shoppers:
            await shopper.leave()
        await runner.cleanup()
