"""Figures for avatars over HTTP."""

from server.rooms.figures import FigureService
from server.routing import Route


def routes(figures: FigureService) -> list[Route]:
    """The operations on figures."""
    return []
