"""An occasion: a visit to a showroom that was announced, with a host and an end."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from server.errors import Conflict, NotFound, Unprocessable

OPENS_BEFORE: Final = timedelta(minutes=15)
ENDS_AFTER: Final = timedelta(minutes=30)  # past its end, when the host forgot to end it
LONGEST: Final = timedelta(hours=12)
FARTHEST: Final = timedelta(days=400)
MAX_CAPACITY: Final = 250
LANGUAGES: Final = frozenset({"en", "fr", "it"})

Title = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class Status(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"  # its room lets people in
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Action(StrEnum):
    OPEN = "open"
    START = "start"
    END = "end"
    CANCEL = "cancel"


# scheduled --open--> open --start--> live --end--> ended
#     \--cancel--> cancelled <--cancel--/
NEXT: Final = {
    (Status.SCHEDULED, Action.OPEN): Status.OPEN,
    (Status.SCHEDULED, Action.START): Status.LIVE,
    (Status.OPEN, Action.START): Status.LIVE,
    (Status.LIVE, Action.END): Status.ENDED,
    (Status.OPEN, Action.END): Status.ENDED,
    (Status.SCHEDULED, Action.CANCEL): Status.CANCELLED,
    (Status.OPEN, Action.CANCEL): Status.CANCELLED,
}
TAKES_PLACE: Final = frozenset({Status.OPEN, Status.LIVE})


class UnknownOccasion(NotFound):
    type = "unknown-occasion"
    title = "There is no such occasion"
    detail = "`{occasion}` is not one of ours. GET /api/occasions lists them."


class WrongState(Conflict):
    type = "wrong-state"
    title = "The occasion is past that, or not there yet"
    detail = "It is {status}, so one cannot {action} it."


class NotOpenYet(Conflict):
    type = "not-open-yet"
    title = "The doors are still closed"
    detail = "They open at {opens_at}."


class BadPlan(Unprocessable):
    type = "bad-plan"
    title = "An occasion cannot be planned like this"


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What the house decides. Times are RFC 3339 with an offset."""

    showroom: Annotated[str, Meta(min_length=1, max_length=64)]
    title: dict[Literal["en", "fr", "it"], Title]
    host: Title  # the name that is shown
    starts_at: datetime
    ends_at: datetime
    capacity: Annotated[int, Meta(ge=1, le=MAX_CAPACITY)] = 24
    recorded: bool = False
    replay: Literal["house", "everyone"] = "house"  # who may look at the recording


class Occasion(Struct, frozen=True):
    """As it is stored and shown; `version` counts the changes of the plan."""

    id: str
    showroom: str
    room: str
    title: dict[str, str]
    host: str
    host_role: str  # of whoever planned it, never the person
    starts_at: str  # RFC 3339, UTC
    ends_at: str
    capacity: int
    recorded: bool
    replay: str
    status: Status = Status.SCHEDULED
    version: int = 0

    @property
    def starts(self) -> datetime:
        return datetime.fromisoformat(self.starts_at)

    @property
    def ends(self) -> datetime:
        return datetime.fromisoformat(self.ends_at)

    @property
    def opens(self) -> datetime:
        return self.starts - OPENS_BEFORE

    def due(self, now: datetime) -> Action | None:
        """What happens by itself by now: the doors open, and what was forgotten ends."""
        if self.status is Status.SCHEDULED and now >= self.ends:
            return Action.CANCEL  # nobody was here to open it
        if self.status is Status.SCHEDULED and now >= self.opens:
            return Action.OPEN
        if self.status in TAKES_PLACE and now >= self.ends + ENDS_AFTER:
            return Action.END
        return None

    def after(self, action: Action) -> "Occasion":
        """Raises WrongState."""
        status = NEXT.get((self.status, action))
        if status is None:
            raise WrongState(status=str(self.status), action=str(action))
        return msgspec.structs.replace(self, status=status, version=self.version + 1)

    def admits(self) -> None:
        """Raises NotOpenYet, WrongState."""
        if self.status is Status.SCHEDULED:
            raise NotOpenYet(opens_at=self.opens.isoformat())
        if self.status not in TAKES_PLACE:
            raise WrongState(status=str(self.status), action="join")


def planned(id: str, plan: Plan, role: str, now: datetime) -> Occasion:
    """A new occasion. Raises BadPlan."""
    return msgspec.structs.replace(
        Occasion(
            id=id,
            showroom=plan.showroom,
            room=f"{plan.showroom[:40]}-occasion-{id}",
            host_role=role,
            **_decided(plan, now),
        )
    )


def replanned(occasion: Occasion, plan: Plan, now: datetime) -> Occasion:
    """The same occasion, decided anew. Raises WrongState, BadPlan."""
    if occasion.status is not Status.SCHEDULED:
        raise WrongState(status=str(occasion.status), action="change")
    if plan.showroom != occasion.showroom:
        raise BadPlan(reason="An occasion stays in its showroom: cancel it and plan another.")
    decided = _decided(plan, now)
    return msgspec.structs.replace(occasion, version=occasion.version + 1, **decided)


def _decided(plan: Plan, now: datetime) -> dict[str, Any]:
    if plan.title.keys() != LANGUAGES:
        raise BadPlan(reason="`title` needs `en`, `fr` and `it`.")
    if plan.starts_at.tzinfo is None or plan.ends_at.tzinfo is None:
        raise BadPlan(reason="Times need an offset, such as 2026-03-01T18:00:00+01:00.")
    if not timedelta(0) < plan.ends_at - plan.starts_at <= LONGEST:
        raise BadPlan(reason="It ends after it starts, and within 12 hours.")
    if not now < plan.ends_at <= now + FARTHEST:
        raise BadPlan(reason="It lies ahead, and within 400 days.")
    return {
        "title": dict(plan.title),
        "host": plan.host,
        "starts_at": plan.starts_at.astimezone(UTC).isoformat(timespec="seconds"),
        "ends_at": plan.ends_at.astimezone(UTC).isoformat(timespec="seconds"),
        "capacity": plan.capacity,
        "recorded": plan.recorded,
        "replay": plan.replay,
    }


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many are there now."""

    present: int = 0
    watching: int = 0
