"""The rooms of every showroom, and who may ask what of them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from server.auth import Person, Tokens
from server.rooms.acts import Outcome
from server.rooms.admissions import Admissions
from server.rooms.directory import Alone, Directory, Node
from server.rooms.doors import Doors
from server.rooms.handovers import Handovers
from server.rooms.instant import Instant
from server.rooms.keeper import Keeper, restore
from server.rooms.nodes import Nodes
from server.rooms.open_rooms import Catalog, Live, OpenRooms
from server.rooms.repository import Documents
from server.rooms.ways import Nobody, Others, Ways


class Assets(Protocol):
    """The files of an uploaded model; an unknown or unfinished one has none."""

    async def files(self, asset_id: str) -> list[dict[str, Any]]: ...

    async def dimensions(self, asset_id: str) -> tuple[float, float, float] | None:
        """Width, height and depth in metres."""
        ...


class Carts(Protocol):
    """A person's own cart, as GET /api/carts/{id} tells it.

    Whoever changes a cart, over a socket or over HTTP, tells its person by `hub.notify`.
    """

    async def get(self, person: Person) -> dict[str, Any]: ...

    async def replace(self, person: Person, lines: list[dict[str, Any]]) -> dict[str, Any]: ...


THE_ONE: Final = Node("here", "here", "", "", 0.0)


@dataclass(slots=True)
class RoomHub:
    """Every room of this process: `doors` seat people, `admissions` let their sockets in, `keeper`
    stores. Nothing here awaits a client: sockets.py does."""

    documents: Documents
    catalog: Catalog
    assets: Assets
    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware: what is told and stored has its time
    new_id: Callable[[], str]
    public_url: str = ""  # empty: the address the join call came to
    capacity: int = 24  # avatars in one room
    crowd: int = 24  # avatars; in a larger room those far away are told less often
    watchers: int = 100  # in one room
    tick_hz: float = 30.0  # pose frames a second, at most
    ticket_seconds: float = 60.0
    handover_seconds: float = 600.0
    steady: Callable[[], float] = time.monotonic  # seconds, of a clock that nobody sets
    directory: Directory = field(default_factory=Alone)
    me: Node = THE_ONE
    others: Others = field(default_factory=Nobody)
    nodes: Nodes = field(init=False)
    ways: Ways = field(init=False)
    open_rooms: OpenRooms = field(init=False)
    doors: Doors = field(init=False)
    admissions: Admissions = field(init=False)
    handovers: Handovers = field(init=False)
    keeper: Keeper = field(init=False)
    # What is told to persons, for the other nodes to tell as well.
    others_hear: Callable[[str, str, dict[str, Any]], None] = lambda *_: None
    _listeners: list[Callable[[str, str, dict[str, Any]], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes = Nodes(self.directory, self.me)
        reopen = partial(restore, self.clock)
        self.open_rooms = OpenRooms(
            self.documents, self.catalog, self.new_id, reopen, claims=self.nodes
        )
        self.nodes.rooms = self.open_rooms.ids
        self.nodes.people = self.open_rooms.people
        self.nodes.taken = self._taken
        self.keeper = Keeper(self.documents, self.open_rooms, self.clock)
        self.doors = Doors(
            documents=self.documents,
            rooms=self.open_rooms,
            tokens=self.tokens,
            clock=self.clock,
            new_id=self.new_id,
            public_url=self.public_url,
            node_url=self.me.url or self.public_url,
            capacity=self.capacity,
            watchers=self.watchers,
            ticket_seconds=self.ticket_seconds,
            handover_seconds=self.handover_seconds,
        )
        self.admissions = Admissions(
            self.open_rooms,
            self.tokens,
            self.clock,
            self.ticket_seconds,
            self.doors.refuse_banned,
        )
        self.handovers = Handovers(self.documents.codes, self.doors, self.admissions)
        self.ways = Ways(self.doors, self.admissions, self.others, self.steady)

    def now(self) -> float:
        """Seconds since 1970: the clock of seats and tickets."""
        return self.clock().timestamp()

    def instant(self) -> Instant:
        """On both clocks: a hand lets go by the steady one."""
        return Instant(self.now(), self.steady())

    def rooms(self) -> Iterator[Live]:
        """The open ones."""
        return iter(self.open_rooms)

    # ---- showrooms ----

    async def showrooms(self) -> list[dict[str, Any]]:
        """`{id, name}` of each."""
        found = await self.documents.showrooms.showrooms()
        return [{"id": doc["id"], "name": doc["name"]} for doc in found]

    async def showroom(self, id: str) -> dict[str, Any]:
        """Scene, products on display, files of its models. Raises UnknownShowroom."""
        document = await self.open_rooms.showroom(id)
        shown = {display["sku"] for display in document["scene"].get("displays", ())}
        products = [item for item in await self.catalog.products() if item["sku"] in shown]
        models = {name: await self.assets.files(id) for name, id in document["models"].items()}
        return {
            "id": document["id"],
            "name": document["name"],
            "scene": document["scene"],
            "products": products,
            "models": models,
        }

    async def _taken(self) -> list[str]:
        """Open rooms that were opened elsewhere since, by their documents."""
        taken = []
        for live in self.open_rooms:
            fence = (await self.documents.showrooms.kept(live.room.id)).get("fence", 0)
            if fence > live.fence:
                taken.append(live.room.id)
        return taken

    # ---- time ----

    def sweep(self) -> list[tuple[Live, Outcome]]:
        """Let leases and seats run out; what each room must hear. Call it about twice a second."""
        now = self.instant()
        outcomes: list[tuple[Live, Outcome]] = []
        for live in self.open_rooms:
            if live.moving:
                continue
            outcomes.append((live, Outcome(live.room.expire(now))))
            outcomes.append((live, self.doors.sweep(live, now)))
        return outcomes

    # ---- to persons ----

    def listen(self, deliver: Callable[[str, str, dict[str, Any]], None]) -> None:
        """Have what is told to persons delivered: (person id, event, its body)."""
        self._listeners.append(deliver)

    def notify(self, person_id: str, event: str, body: dict[str, Any]) -> None:
        """Tell all sockets of a person, on all nodes, as `hub.notify(id, "order", {"order": …})`.

        For any feature, on the event loop; without a socket nothing happens.
        """
        self.deliver(person_id, event, body)
        self.others_hear(person_id, event, body)

    def deliver(self, person_id: str, event: str, body: dict[str, Any]) -> None:
        """On this node only."""
        for deliver in self._listeners:
            deliver(person_id, event, body)
