"""Asking for what one missed."""

from typing import Final

from server.rooms.acts.act import Act
from server.rooms.messages import Up

ACTS: Final[dict[type[Up], Act]] = {}
