"""How browsers that are in a call reach each other: relays, and a server for large calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.rooms.acts import Act
from server.rooms.messages import Up
from server.rooms.open_rooms import OpenRooms


@dataclass(slots=True)
class CallService:
    """What it knows comes from the settings of the same names; empty: there is none."""

    rooms: OpenRooms
    clock: Callable[[], datetime]  # UTC, aware
    stun_urls: str
    turn_urls: str
    turn_secret: str
    turn_seconds: int
    livekit_url: str
    livekit_key: str
    livekit_secret: str
    voice_mesh: int

    def acts(self) -> dict[type[Up], Act]:
        """Those that need it."""
        return {}
