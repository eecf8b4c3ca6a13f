"""The nodes of the house: for staff, and what nodes ask of each other."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from server.auth import InvalidToken
from server.errors import Conflict, NotFound
from server.rooms.crier import Crier
from server.rooms.directory import DirectoryAway, Elsewhere, Node, NodeAway, RoomMoving
from server.rooms.doors import Ticket, TooManySeats, UnknownRoom
from server.rooms.metrics import all_figures, server_figures
from server.rooms.moderation import MODERATING
from server.rooms.node_calls import NodeCalls
from server.rooms.open_rooms import UnknownShowroom
from server.rooms.seats import RoomFull, SeatGone
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.rooms.ways import SeatWish
from server.routing import Call, Reply, Route, origin

MAX_SAID = 500  # characters of a broadcast
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}$")]
Words = Annotated[str, Meta(min_length=1, max_length=MAX_SAID, pattern=r"\S")]


class NoSuchNode(NotFound):
    type = "no-such-node"
    title = "There is no such node"
    detail = "`{node}` is not running. GET /api/nodes lists those that are."


class LastNode(Conflict):
    type = "last-node"
    title = "There is no other node"
    detail = "Nobody would take the rooms of `{node}`. Start another node first."


class NodeFigures(Struct, frozen=True):
    """One server process. `server` is as in /api/rooms, a second old for other nodes."""

    name: str
    url: str
    started_at: float  # seconds since 1970
    draining: bool
    rooms: int
    people: int  # with a seat in them, or a place to watch from
    server: dict[str, Any]


class NodeList(Struct, frozen=True):
    """`here`: the node that answers. `directory`: whether it can be asked who has which room."""

    items: list[NodeFigures]
    here: str
    directory: bool
    next: str | None = None


class Announcement(Struct, frozen=True):
    """What the house says: `text` by language (en, fr, it), in at least one."""

    text: Annotated[dict[Language, Words], Meta(min_length=1, max_length=12)]
    showroom: Annotated[str, Meta(max_length=80)] | None = None  # only in its rooms


class Announced(Struct, frozen=True):
    """How many nodes say it in their rooms, of how many there are."""

    reached: int
    nodes: int


def routes(hub: RoomHub, sockets: Sockets, crier: Crier, calls: NodeCalls) -> list[Route]:
    """The feature's operations; those under /api/nodes/seats and /rooms are for nodes only."""

    def figures() -> dict[str, Any]:
        rooms = all_figures(hub, sockets)
        return {
            "rooms": msgspec.to_builtins(rooms),
            "server": msgspec.to_builtins(server_figures(hub, sockets)),
        }

    hub.nodes.figures = figures

    def shown(node: Node) -> NodeFigures:
        return NodeFigures(
            name=node.name,
            url=node.url,
            started_at=node.started_at,
            draining=node.draining,
            rooms=len(node.rooms),
            people=node.people,
            server=node.server,
        )

    async def list_nodes(call: Call) -> NodeList:
        nodes = hub.nodes
        return NodeList([shown(node) for node in nodes.all()], nodes.me.name, not nodes.away)

    async def drain(call: Call) -> Reply | web.Response:
        node = named(call.path["node"])
        if not any(one.name != node.name and not one.draining for one in hub.nodes.all()):
            raise LastNode(node=node.name)
        if node.id != hub.nodes.me.id and not calls.was_passed_on(call.request):
            return await calls.pass_on(call.request, node)
        crier.mover.begin_to_drain()
        return Reply(status=202)

    async def undrain(call: Call) -> Reply | web.Response:
        node = named(call.path["node"])
        if node.id != hub.nodes.me.id and not calls.was_passed_on(call.request):
            return await calls.pass_on(call.request, node)
        await hub.nodes.drain(on=False)
        return Reply(status=202)

    def named(name: str) -> Node:
        found = hub.nodes.view.named(name)
        if found is None:
            raise NoSuchNode(node=name[:80])
        return found

    async def broadcast(call: Call) -> Reply:
        wish: Announcement = call.body
        if wish.showroom is not None:
            await hub.open_rooms.showroom(wish.showroom)
        reached = await crier.broadcast(dict(wish.text), wish.showroom)
        return Reply(Announced(reached, len(hub.nodes.all())), status=202)

    # ---- between nodes ----

    async def seat(call: Call) -> Ticket:
        person = calls.for_whom(call.request)
        wish: SeatWish = call.body
        if hub.nodes.draining and not hub.open_rooms.find(wish.room) and calls.for_new_room():
            raise RoomMoving(retry_after=1)  # who asks has not heard yet that others take new rooms
        return await hub.ways.here(wish, person, origin(call.request))

    async def open_room(call: Call) -> Node:
        calls.for_whom(call.request)
        wish: SeatWish = call.body
        document = await hub.open_rooms.showroom(wish.showroom)
        try:
            await hub.open_rooms.open(wish.room, document, wish.capacity or hub.capacity)
        except Elsewhere as error:
            return error.owner
        return hub.nodes.me

    one = "/api/nodes/{node}/drain"
    busy = (DirectoryAway, RoomMoving)
    return [
        Route(
            "GET",
            "/api/nodes",
            list_nodes,
            "The server processes of this house, and how loaded they are",
            roles=MODERATING,
            returns=NodeList,
        ),
        Route(
            "POST",
            one,
            drain,
            "Have a node give its rooms to others and take no new ones",
            roles=MODERATING,
            status=202,
            errors=(NoSuchNode, LastNode, NodeAway),
        ),
        Route(
            "DELETE",
            one,
            undrain,
            "Have a node take rooms again",
            roles=MODERATING,
            status=202,
            errors=(NoSuchNode, NodeAway),
        ),
        Route(
            "POST",
            "/api/broadcasts",
            broadcast,
            "Say something in every room of every node",
            roles=MODERATING,
            body=Announcement,
            returns=Announced,
            status=202,
            errors=(UnknownShowroom, DirectoryAway),
        ),
        Route(
            "POST",
            "/api/nodes/seats",
            seat,
            "For nodes: reserve a seat in a room of this node",
            body=SeatWish,
            returns=Ticket,
            status=201,
            errors=(
                InvalidToken,
                UnknownShowroom,
                UnknownRoom,
                TooManySeats,
                RoomFull,
                SeatGone,
                Elsewhere,
                *busy,
            ),
        ),
        Route(
            "POST",
            "/api/nodes/rooms",
            open_room,
            "For nodes: open a room on this node, unless another one has it",
            body=SeatWish,
            returns=Node,
            errors=(InvalidToken, UnknownShowroom, *busy),
        ),
    ]
