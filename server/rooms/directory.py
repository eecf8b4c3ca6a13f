"""Which node has which room, and who else is there: the port, and a node that is alone.

A node *claims* a room before it opens it, and *beats* once a second: that keeps its claims, tells
the others what it has, and answers what they have. A node that is silent for `LEASE_SECONDS` has
given all its rooms up, whether it knows or not. Who writes for a room is settled by the fence in
the room's stored document (repository/showrooms.py), not here: a claim only spares two nodes the
trouble of finding out.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from msgspec import Struct

from server.errors import Unavailable

BEAT_SECONDS: Final = 1.0
LEASE_SECONDS: Final = 3.0  # without a beat, a node has no rooms any more
# After the directory was emptied, owners are given this long to say again what they have.
SETTLE_SECONDS: Final = 1.5


class DirectoryAway(Unavailable):
    type = "directory-away"
    title = "Rooms cannot be opened right now"
    detail = "The list of rooms does not answer. Open rooms go on; please try again in a moment."


class NodeAway(Unavailable):
    type = "node-away"
    title = "The server that has this room does not answer"
    detail = "Another one takes the room over within a few seconds; please try again."


class RoomMoving(Unavailable):
    type = "room-moving"
    title = "This room is just moving"
    detail = "It goes on elsewhere in a moment; please try again in {retry_after} s."


class Node(Struct, frozen=True):
    """One server process. A process that starts again is another one, under the same name."""

    id: str  # of this start
    name: str
    url: str  # what clients dial; may have a path, under which Socket.IO is then
    inner_url: str  # what other nodes dial
    started_at: float  # seconds since 1970
    draining: bool = False  # takes no new rooms
    people: int = 0  # with a seat in its rooms, or a place to watch from
    rooms: list[dict[str, Any]] = []  # the figures of each (server/rooms/metrics.py)
    server: dict[str, Any] = {}  # and its own


class Elsewhere(Unavailable):
    """`owner` has the room."""

    type = "room-elsewhere"
    title = "This room is on another node"
    detail = "Ask `POST /api/showrooms/{{showroom}}/join` with your resume token where it is now."

    def __init__(self, owner: Node, room: str) -> None:
        self.owner = owner
        super().__init__(room=room, retry_after=1)


@dataclass(frozen=True, slots=True)
class View:
    """The house at one moment."""

    nodes: Mapping[str, Node]  # by id, those that are alive
    owners: Mapping[str, str]  # rooms to ids of nodes

    def owner(self, room: str) -> Node | None:
        """Who has it; None for a room that is not open, or whose node is gone."""
        return self.nodes.get(self.owners.get(room, ""))

    def named(self, name: str) -> Node | None:
        """The node of that name that started last."""
        found = [node for node in self.nodes.values() if node.name == name]
        return max(found, key=lambda node: node.started_at, default=None)


Hear = Callable[[bytes], None]


class Directory(Protocol):
    """What a house with many nodes needs to agree on. All raise DirectoryAway."""

    many: bool  # whether there may be others at all

    async def claim(self, node: str, room: str) -> str:
        """The id of the node that has the room from now on: this one, unless another one had it."""
        ...

    async def release(self, node: str, rooms: Collection[str]) -> None:
        """Give up rooms; what another node has stays its own."""
        ...

    async def beat(self, node: Node, rooms: Collection[str]) -> View:
        """Say that one is there and has these rooms. The view names another owner for those that
        were taken over meanwhile."""
        ...

    async def leave(self, node: str) -> None:
        """Be gone, with all rooms, at once."""
        ...

    async def tell(self, news: bytes) -> int:
        """Have every node hear this, oneself included; how many do. One that is just then cut
        off does not."""
        ...

    async def listen(self, hear: Hear) -> None:
        """Hear what is told, until cancelled."""
        ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Alone:
    """The one node of its house: whatever it asks for is its own."""

    many: bool = False
    _hear: list[Hear] = field(default_factory=list)

    async def claim(self, node: str, room: str) -> str:
        return node

    async def release(self, node: str, rooms: Collection[str]) -> None:
        return None

    async def beat(self, node: Node, rooms: Collection[str]) -> View:
        return View({node.id: node}, dict.fromkeys(rooms, node.id))

    async def leave(self, node: str) -> None:
        return None

    async def tell(self, news: bytes) -> int:
        for hear in self._hear:
            hear(news)
        return 1

    async def listen(self, hear: Hear) -> None:
        self._hear.append(hear)

    async def close(self) -> None:
        return None
