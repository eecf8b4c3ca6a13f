"""Rooms as those see them who run the house."""

from server.rooms.moderation import ModerationService
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.routing import Route


def routes(
    hub: RoomHub, sockets: Sockets, moderation: ModerationService, metrics_token: str
) -> list[Route]:
    """Operations for staff; /metrics also for who has the token."""
    return []
