"""The AsyncAPI document: the messages of a room, made from the structs that check them."""

from collections.abc import Mapping

from server.rooms.acts import Act
from server.rooms.messages import Up
from server.routing import Route


def routes(acts: Mapping[type[Up], Act], public_url: str) -> list[Route]:
    """Where it is served; `public_url` empty: the address that the call came to."""
    return []
