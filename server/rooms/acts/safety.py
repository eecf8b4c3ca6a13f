"""Keeping others at a distance; and what is looked at before any act."""

from typing import Final

from server.rooms.acts.act import Act, Guard
from server.rooms.messages import Up

ACTS: Final[dict[type[Up], Act]] = {}
GUARDS: Final[tuple[Guard, ...]] = ()
