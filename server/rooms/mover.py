"""Moving rooms to other nodes without losing anything: before a node stops, or when it must."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from server.rooms.directory import Node, NodeAway
from server.rooms.open_rooms import Live
from server.rooms.role import RoomRole
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.rooms.ways import SeatWish

log = structlog.get_logger()

DRAIN_SECONDS: Final = 10.0  # rooms that have not moved by then are closed where they are
KEEP_TRIES: Final = 20  # to store a room that moves
KEEP_SECONDS: Final = 0.25  # between them


@dataclass(slots=True)
class Mover:
    """On the event loop."""

    hub: RoomHub
    sockets: Sockets
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin_to_drain(self) -> None:
        """Without waiting for it."""
        task = asyncio.get_running_loop().create_task(self.drain())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Take no new rooms, and have others take those there are; within DRAIN_SECONDS."""
        await self.hub.nodes.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.gather(*(self.move(live) for live in self.hub.rooms()))

    async def move(self, live: Live) -> None:
        """To another node; with none there, its people are asked to come again.

        Nothing changes in the room from now on, so that what is stored is all of it; what somebody
        does in between is refused with `retry_after`.
        """
        live.moving = True
        if not await self._stored(live):
            log.warning("room.moved_unsaved", room=live.room.id)
        await self.hub.nodes.release(live.room.id)
        owner = await self._open_elsewhere(live)
        log.info("room.moved", room=live.room.id, to=owner.name if owner else "")
        self.relocate(live, owner.url if owner else None)

    def relocate(self, live: Live, url: str | None) -> None:
        """Tell everybody in it where it goes on, and close it here."""
        if self.hub.open_rooms.find(live.room.id) is live:
            self.sockets.relocate(live, url)
            self.hub.open_rooms.abandon(live)

    def lost(self, rooms: Collection[str]) -> None:
        """Other nodes have these now: what happens here does not count any more."""
        for id in rooms:
            live, owner = self.hub.open_rooms.find(id), self.hub.nodes.owner(id)
            if live is not None:
                self.relocate(live, owner.url if owner else None)

    async def _stored(self, live: Live) -> bool:
        for _ in range(KEEP_TRIES):
            try:
                await self.hub.keeper.keep()
            except Exception:
                log.exception("rooms.not_kept")
            if self.hub.keeper.is_kept(live):
                return True
            await asyncio.sleep(KEEP_SECONDS)
        return False

    async def _open_elsewhere(self, live: Live) -> Node | None:
        node = self.hub.others.for_new_room()
        if node is None:
            return None
        wish = SeatWish(live.showroom, live.room.id, RoomRole.WATCHER, live.seats.capacity)
        try:
            return await self.hub.others.open(node, wish)
        except NodeAway:
            return None
