"""Occasions over HTTP."""

from server.occasions.service import OccasionService
from server.routing import Route


def routes(occasions: OccasionService) -> list[Route]:
    """The feature's operations."""
    return []
