"""What is remembered of a room for a short while, and a report made of it."""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from msgspec import Struct

from server.errors import Conflict, NotFound
from server.rooms.messages import Change, body_of, event_of

MEMORY_SECONDS: Final = 600.0
MAX_REMEMBERED: Final = 400  # changes of a room: half of them words, half what was done
MAX_EVIDENCE: Final = 50
WORDS: Final = frozenset({"said"})  # remembered apart, so that no bustle pushes them out
# They say nothing about conduct, or too often the same.
UNTOLD: Final = frozenset({"moved", "left", "passed", "shielded", "silenced", "followed"})


class NoSuchReport(NotFound):
    type = "no-such-report"
    title = "There is no such report"
    detail = "`{report}` is unknown here, not yours to read, or was kept long enough."


class ReportClosed(Conflict):
    type = "report-closed"
    title = "This report is closed already"
    detail = "`{report}` needs no further decision."


class About(Struct, frozen=True):
    """Whom a report is about. A guest's person ends with their session."""

    person: str
    name: str


class Report(Struct, frozen=True):
    """One visitor's, of another. `closed_by_role` names a role and never who had it."""

    id: str
    showroom: str
    room: str
    reporter: str  # a person
    about: About
    reason: str
    text: str
    evidence: list[dict[str, Any]]
    at: str  # RFC 3339
    status: Literal["open", "closed"] = "open"
    closed_by_role: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One change, whose doing it was, and whom their own shields kept from it."""

    at: float  # seconds since 1970
    person: str
    change: Change
    deaf: Collection[str]  # avatars

    def told(self) -> dict[str, Any]:
        """As evidence."""
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        return {"told_at": at, "event": event_of(self.change), **body_of(self.change)}


def doer(change: Change) -> str | None:
    """The avatar whose doing a change is."""
    if event_of(change) in UNTOLD:
        return None
    avatar = getattr(change, "avatar", None)
    by = getattr(change, "by", None) or getattr(avatar, "id", avatar)
    return by if isinstance(by, str) else None


@dataclass(slots=True)
class Memory:
    """The last ten minutes of a room, in memory only, for who reports what happened in them."""

    _words: deque[Heard] = field(default_factory=lambda: deque(maxlen=MAX_REMEMBERED // 2))
    _deeds: deque[Heard] = field(default_factory=lambda: deque(maxlen=MAX_REMEMBERED // 2))

    def add(self, heard: Heard) -> None:
        """One more was told."""
        (self._words if event_of(heard.change) in WORDS else self._deeds).append(heard)

    def forget(self, now: float) -> None:
        """What is too old."""
        for kept in (self._words, self._deeds):
            while kept and kept[0].at <= now - MEMORY_SECONDS:
                kept.popleft()

    def evidence(
        self, person: str, viewer: str, since: int, withheld: Callable[[Change], Collection[str]]
    ) -> list[dict[str, Any]]:
        """What the avatar `viewer`, here since revision `since`, was told of a person's doings.

        `withheld`: avatars that were not told of a change for another reason than shields.
        """
        seen = sorted(
            (
                heard
                for heard in self._of(person)
                if heard.change.rev >= since
                and viewer not in heard.deaf
                and viewer not in withheld(heard.change)
            ),
            key=lambda heard: heard.change.rev,
        )
        return [heard.told() for heard in seen[-MAX_EVIDENCE:]]

    def _of(self, person: str) -> Iterator[Heard]:
        for kept in (self._words, self._deeds):
            yield from (heard for heard in kept if heard.person == person)
