"""Sending somebody away for a while, and reports of misconduct."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.rooms.acts import Act
from server.rooms.messages import Up
from server.rooms.open_rooms import OpenRooms
from server.rooms.repository import Moderation


@dataclass(slots=True)
class ModerationService:
    """What safety in a room needs storage for."""

    documents: Moderation
    rooms: OpenRooms
    clock: Callable[[], datetime]  # UTC, aware
    new_id: Callable[[], str]
    ban_minutes: int  # somebody who was sent away stays out
    report_days: int  # a report is kept

    def acts(self) -> dict[type[Up], Act]:
        """Those that wait for storage."""
        return {}
