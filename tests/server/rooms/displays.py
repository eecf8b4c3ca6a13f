"""Displays of the demo's showroom with more to them, and somebody who guides there."""

from server.rooms.messages import Avatar
from tests.server.rooms.house import (
    SHOWROOM,
)

GUIDE = Avatar("g", 2, "Gina", "designer", "#333333")


def with_display(id: str, **facts) -> dict:
    """The demo's showroom where this display has more to it."""
    scene = SHOWROOM["scene"]
    displays = [one | facts if one["id"] == id else one for one in scene["displays"]]
    return SHOWROOM | {"scene": scene | {"displays": displays}}
