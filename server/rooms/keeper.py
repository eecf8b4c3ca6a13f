"""What is stored of a room, and how it comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.rooms.open_rooms import Live, OpenRooms
from server.rooms.repository import Documents


def restore(live: Live, saved: Mapping[str, Any]) -> None:
    """Make a room that opens as its document says; an empty one is a new room's."""
    live.room.restore(saved)
    live.kept = live.room.changes


@dataclass(slots=True)
class Keeper:
    """Stores rooms as they change."""

    documents: Documents
    rooms: OpenRooms

    async def keep(self) -> None:
        """Store what changed since the last time, then close rooms without seats."""
        for live in self.rooms:
            changes = live.room.changes
            if live.kept != changes:
                await self.documents.showrooms.keep(live.room.id, live.showroom, live.room.kept())
                live.kept = changes
            if not len(live.seats) and live.kept == live.room.changes:
                self.rooms.close(live)
