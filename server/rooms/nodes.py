"""This node among the others: what it has, what they have, and whether that still holds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from msgspec import structs

from server.rooms.directory import (
    BEAT_SECONDS,
    Directory,
    DirectoryAway,
    Elsewhere,
    Node,
    View,
)
from server.storage.port import StorageError

log = structlog.get_logger()

# A room that neither the directory nor its stored document has confirmed for so long is closed: it
# may be open elsewhere, and nothing of it can be stored.
DOUBT_SECONDS: Final = 10.0


async def none() -> Collection[str]:
    return ()


@dataclass(slots=True)
class Nodes:
    """`rooms` names the open rooms, `figures` what is told of them and of this process.

    While the directory is away, open rooms go on, none are opened, and each one's stored fence is
    looked at instead (`taken`: the rooms that were opened elsewhere since; raises StorageError).
    """

    directory: Directory
    me: Node
    rooms: Callable[[], Collection[str]] = tuple
    people: Callable[[], int] = int  # with a seat, or a place to watch from
    figures: Callable[[], dict[str, Any]] = dict  # further members of Node
    taken: Callable[[], Awaitable[Collection[str]]] = none
    lost: Callable[[Collection[str]], None] = lambda _: None  # told of rooms of other nodes
    time: Callable[[], float] = time.monotonic  # seconds
    view: View = field(init=False)
    away: bool = False  # the directory, when it was asked last
    _confirmed_at: float = 0.0

    def __post_init__(self) -> None:
        self.view = View({self.me.id: self.me}, {})
        self._confirmed_at = self.time()

    # ---- who has what ----

    @property
    def draining(self) -> bool:
        return self.me.draining

    def all(self) -> list[Node]:
        """As they said last, oneself as one is now; by name."""
        others = [node for node in self.view.nodes.values() if node.id != self.me.id]
        return sorted([*others, self.now()], key=lambda node: (node.name, node.started_at))

    def now(self) -> Node:
        """This one."""
        return structs.replace(self.me, people=self.people(), **self.figures())

    def owner(self, room: str) -> Node | None:
        """Another node that has the room, as far as is known here."""
        owner = self.view.owner(room)
        return None if owner is None or owner.id == self.me.id else owner

    def for_new_room(self, failed: str = "") -> Node:
        """Where the next one is opened: with those who have the fewest people, at home if in doubt.
        A node that drains takes none, unless there is no other; one that has just `failed` (its id)
        comes last."""
        here = structs.replace(self.me, people=self.people())
        others = [node for node in self.view.nodes.values() if node.id != here.id]
        fit = [node for node in (here, *others) if not node.draining]

        def worth(node: Node) -> tuple[bool, int, bool]:
            return node.id == failed, node.people, node.id != here.id

        return min(fit, key=worth, default=here)

    # ---- claims ----

    async def claim(self, room: str) -> None:
        """Raises Elsewhere, DirectoryAway."""
        try:
            owner = await self.directory.claim(self.me.id, room)
            if owner not in self.view.nodes:
                await self.beat()
        except DirectoryAway:
            known = self.owner(room)
            if known is not None:
                raise Elsewhere(known, room) from None
            raise
        if owner == self.me.id:
            return
        if owner not in self.view.nodes:  # it died at this very moment
            raise DirectoryAway(retry_after=1)
        raise Elsewhere(self.view.nodes[owner], room)

    async def release(self, room: str) -> None:
        """As soon as the directory hears it; who asks for the room before comes here."""
        with suppress(DirectoryAway):
            await self.directory.release(self.me.id, [room])

    # ---- the beat ----

    async def arrive(self) -> None:
        """Before the first one comes in."""
        if self.directory.many:
            with suppress(DirectoryAway):
                await self.beat()

    async def run(self) -> None:
        """As long as the server lives."""
        while self.directory.many:
            began = self.time()
            try:
                await self.beat()
            except DirectoryAway:
                await self.doubt()
            await asyncio.sleep(max(0.0, BEAT_SECONDS - (self.time() - began)))

    async def beat(self) -> None:
        """Say what there is here and hear of the rest; let go of what another node has.

        Raises DirectoryAway."""
        mine = list(self.rooms())
        try:
            self.view = await self.directory.beat(self.now(), mine)
        except DirectoryAway:
            if not self.away:
                log.warning("directory.away")
            self.away = True
            raise
        if self.away:
            log.info("directory.back")
        self.away, self._confirmed_at = False, self.time()
        self._let_go([room for room in mine if self.owner(room)])

    async def doubt(self) -> None:
        """Without the directory: whether the rooms' documents still say that they are here."""
        try:
            taken = await self.taken()
        except StorageError:
            if self.time() - self._confirmed_at > DOUBT_SECONDS:
                self._let_go(list(self.rooms()))
            return
        self._confirmed_at = self.time()
        self._let_go(taken)

    async def drain(self, on: bool = True) -> None:
        """Take no new rooms from now on, or take them again."""
        self.me = structs.replace(self.me, draining=on)
        with suppress(DirectoryAway):
            await self.beat()

    async def leave(self) -> None:
        """Be gone for the others at once, instead of when the lease ends."""
        with suppress(DirectoryAway):
            await self.directory.leave(self.me.id)

    def _let_go(self, lost: Collection[str]) -> None:
        if lost:
            log.warning("rooms.lost", rooms=list(lost))
            self.lost(lost)
