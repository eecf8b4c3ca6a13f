"""What one node asks of another, over HTTP at its `inner_url`.

Each call carries a token that only the nodes of this house can sign, in the name of the person it
is for. So the other node need not check again what was checked where the person asked.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs, web

from server.auth import NODE, InvalidToken, Person, Role, Tokens
from server.errors import VitrineError
from server.rooms.directory import DirectoryAway, Node, NodeAway, RoomMoving
from server.rooms.doors import Banned, Ticket, TooManySeats, UnknownRoom
from server.rooms.nodes import Nodes
from server.rooms.open_rooms import UnknownShowroom
from server.rooms.seats import RoomFull, SeatGone
from server.rooms.ways import SeatWish

PASSED_ON: Final = "Vitrine-Passed-On"  # header with the token of a node
TOKEN_LIFE: Final = timedelta(minutes=2)  # the nodes' clocks may differ by as much
TIMEOUT: Final = ClientTimeout(total=6.0, sock_connect=1.0)
MAX_BODY: Final = 64 * 1024
NOBODY: Final = Person("node", "Node", Role.SHOPPER)
KEPT: Final = (hdrs.CONTENT_TYPE, hdrs.CACHE_CONTROL, hdrs.LOCATION, hdrs.RETRY_AFTER)
# What the other node may refuse with; anything else is its trouble.
REFUSALS: Final = {
    kind.type: kind
    for kind in (RoomFull, TooManySeats, UnknownRoom, UnknownShowroom, SeatGone, DirectoryAway)
} | {Banned.type: Banned}
OWN: Final = frozenset({"type", "title", "status", "detail"})


@dataclass(slots=True)
class NodeCalls:
    """The other nodes (ways.Others). `nodes` is set once there is one."""

    tokens: Tokens
    clock: Callable[[], datetime]  # UTC, aware
    nodes: Nodes | None = None
    _http: ClientSession | None = field(default=None)

    def owner(self, room: str) -> Node | None:
        return self.nodes.owner(room) if self.nodes else None

    def for_new_room(self, failed: str = "") -> Node | None:
        if self.nodes is None or not self.nodes.directory.many:
            return None
        best = self.nodes.for_new_room(failed)
        return None if best.id == self.nodes.me.id else best

    async def ask(self, node: Node, wish: SeatWish, person: Person) -> Ticket:
        answer = await self._post(node, "/api/nodes/seats", wish, person)
        return msgspec.convert(answer, Ticket)

    async def open(self, node: Node, wish: SeatWish) -> Node:
        answer = await self._post(node, "/api/nodes/rooms", wish, NOBODY)
        return msgspec.convert(answer, Node)

    async def pass_on(self, request: web.Request, node: Node) -> web.Response:
        """The whole request, and the other node's answer. Raises NodeAway."""
        headers = {PASSED_ON: self._sign(NOBODY)}
        for name in (hdrs.AUTHORIZATION, hdrs.CONTENT_TYPE):
            if name in request.headers:
                headers[name] = request.headers[name]
        try:
            body = await request.read() if request.body_exists else None
            async with self._session().request(
                request.method, node.inner_url + request.path_qs, data=body, headers=headers
            ) as answer:
                kept = {name: answer.headers[name] for name in KEPT if name in answer.headers}
                return web.Response(body=await answer.read(), status=answer.status, headers=kept)
        except (ClientError, TimeoutError, OSError) as error:
            raise NodeAway(node=node.name, retry_after=1) from error

    async def elsewhere(self, request: web.Request, room: str) -> web.Response | None:
        """The answer of the node that has the room; None when it is to be found here.

        Raises NodeAway."""
        node = self.owner(room)
        if node is None or self.was_passed_on(request):
            return None
        return await self.pass_on(request, node)

    async def others(self, request: web.Request) -> list[Any]:
        """What the other nodes answer to the same GET; who does not answer is left out."""
        if self.nodes is None or self.was_passed_on(request):
            return []
        others = [node for node in self.nodes.all() if node.id != self.nodes.me.id]
        answers = await asyncio.gather(*(self._ask(request, node) for node in others))
        return [answer for answer in answers if answer is not None]

    async def _ask(self, request: web.Request, node: Node) -> Any:
        try:
            answer = await self.pass_on(request, node)
        except NodeAway:
            return None
        return msgspec.json.decode(answer.text or "null") if answer.status == 200 else None

    def was_passed_on(self, request: web.Request) -> bool:
        """Whether another node has looked at it already. Raises InvalidToken for a forged one."""
        token = request.headers.get(PASSED_ON)
        if token is None:
            return False
        self.tokens.read(token, NODE, self.clock())
        return True

    def for_whom(self, request: web.Request) -> Person:
        """In whose name a node asks. Raises InvalidToken for who is none."""
        token = request.headers.get(PASSED_ON)
        if token is None:
            raise InvalidToken
        return self.tokens.read(token, NODE, self.clock()).person

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _post(self, node: Node, path: str, wish: SeatWish, person: Person) -> dict[str, Any]:
        """Raises NodeAway, RoomMoving, and what is in REFUSALS."""
        headers = {PASSED_ON: self._sign(person), hdrs.CONTENT_TYPE: "application/json"}
        body = msgspec.json.encode(wish)
        try:
            async with self._session().post(
                node.inner_url + path, data=body, headers=headers
            ) as answer:
                found: dict[str, Any] = await answer.json(content_type=None)
                if answer.status < 400:
                    return found
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise NodeAway(node=node.name, retry_after=1) from error
        raise refusal(found, node)

    def _session(self) -> ClientSession:
        if self._http is None or self._http.closed:
            self._http = ClientSession(timeout=TIMEOUT, auto_decompress=False)
        return self._http

    def _sign(self, person: Person) -> str:
        return self.tokens.issue(person, NODE, TOKEN_LIFE, self.clock())


def refusal(problem: dict[str, Any], node: Node) -> VitrineError:
    """A problem document as the error it was."""
    kind = REFUSALS.get(str(problem.get("type")))
    if kind is not None:
        return kind(**{name: value for name, value in problem.items() if name not in OWN})
    return RoomMoving(node=node.name, retry_after=1)
