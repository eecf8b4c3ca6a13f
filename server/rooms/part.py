"""What a room asks of each of its parts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from server.rooms.company import Company
from server.rooms.instant import Instant
from server.rooms.messages import Avatar, Change


@dataclass(frozen=True, slots=True)
class AllBut:
    """Everybody else, whoever they are: also who watches, and who comes later and asks for it."""

    audience: frozenset[str]

    def __contains__(self, avatar_id: object) -> bool:
        return avatar_id not in self.audience


class Part:
    """One concern of a room, in a file of its own. This one does nothing, at every occasion.

    Acts and hooks return the changes that tell everybody what became of it, each numbered by
    `company.next()`, or raise and change nothing. A part's `state(viewer)` is its member of the
    welcome.
    """

    changes = 0  # of what is kept; the room is stored again when it has grown

    def __init__(self, company: Company) -> None:
        self.company = company

    def joined(self, avatar: Avatar) -> list[Change]:
        """Somebody has arrived; told after `joined`."""
        return []

    def left(self, avatar: Avatar) -> list[Change]:
        """Somebody is about to go, and still here; told before `left`."""
        return []

    def expire(self, now: Instant) -> list[Change]:
        """Time has passed: about twice a second, and when an outcome asks for it."""
        return []

    def heard(self, change: Change, now: float) -> None:
        """Each change of the room, once, as it is told (seconds since 1970)."""

    def hidden_from(self, change: Change) -> Collection[str]:
        """Avatars that get `passed` instead of this change."""
        return ()

    def audience(self, change: Change) -> Collection[str] | None:
        """The only avatars that may know of this change; None: everybody may."""
        return None

    def kept(self) -> dict[str, Any]:
        """Members of the room's document, under names that no other part uses."""
        return {}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """The room's document as it was kept, by this version or an older one; empty at first."""
