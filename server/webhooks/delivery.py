"""One event on its way to one endpoint: its schedule, its states, its log."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

import msgspec

from server.errors import Conflict, NotFound
from server.events import Event

# Seconds before each attempt, counted from the one before. Source: Standard Webhooks 1.0.0,
# "Deliverability and reliability".
SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER: Final = 0.1  # of each wait, up or down, so that failures together do not return together
MAX_RETRY_AFTER: Final = 86400.0  # seconds that a receiver may ask us to wait
SKEW: Final = timedelta(minutes=1)  # clocks of nodes may differ by; what is further off is wrong
ASTRAY_FAILURES: Final = 4
MAX_LOGGED: Final = 20  # attempts kept; replays may add any number
OK, MULTIPLE_CHOICES, GONE = 200, 300, 410


class NoSuchDelivery(NotFound):
    type = "no-such-delivery"
    title = "There is no such delivery"
    detail = "No delivery has the id {delivery}. GET /api/webhooks/deliveries lists them."


class EndpointRemoved(Conflict):
    type = "endpoint-removed"
    title = "The endpoint of this delivery is gone"
    detail = "{delivery} went to {endpoint}, which has been deleted: nobody is there to be told."


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Step(StrEnum):
    ACCEPT = "accept"
    POSTPONE = "postpone"
    GIVE_UP = "give_up"
    REPLAY = "replay"


#               +--postpone--+
#               v            |
# (fan-out) -> pending ------+--accept---> delivered
#               ^ ^ |                          |
#               | | +--give_up--> failed       |
#               | +-----replay------+          |
#               +-----------replay-------------+
NEXT: Final = {
    (Status.PENDING, Step.ACCEPT): Status.DELIVERED,
    (Status.PENDING, Step.POSTPONE): Status.PENDING,
    (Status.PENDING, Step.GIVE_UP): Status.FAILED,
    (Status.PENDING, Step.REPLAY): Status.PENDING,
    (Status.DELIVERED, Step.REPLAY): Status.PENDING,
    (Status.FAILED, Step.REPLAY): Status.PENDING,
}


class Answer(msgspec.Struct, frozen=True):
    """What came back from one call: a status, or the error that kept it from coming."""

    status: int | None
    ms: int  # from the dial to the answer
    error: str | None = None
    retry_after: str | None = None  # the header as sent

    @property
    def accepted(self) -> bool:
        """2xx and nothing else: a redirect would let the receiver choose whom we call."""
        return self.status is not None and OK <= self.status < MULTIPLE_CHOICES

    @property
    def gone(self) -> bool:
        """The receiver wants no more."""
        return self.status == GONE


class Attempt(msgspec.Struct, frozen=True):
    """One line of a delivery's log."""

    at: str
    status: int | None
    error: str | None
    ms: int


class Delivery(msgspec.Struct, frozen=True):
    """`failures` counts since the delivery was made or replayed.

    Only a pending one has `next_attempt_at` (RFC 3339 UTC of fixed width, so text sorts as time).
    `lease` names the attempt that is on its way; its end is `next_attempt_at`, so that an attempt
    that dies with its process is made again.
    """

    id: str
    endpoint: str
    event: Event
    status: Status
    created_at: str
    attempts: tuple[Attempt, ...] = ()
    failures: int = 0
    next_attempt_at: str | None = None
    lease: str | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether an attempt may begin.

        What a wrong clock wrote down ahead of now is not waited for; a few times only, so that two
        clocks that differ do not use up a schedule between them.
        """
        if self.next_attempt_at is None:
            return False
        if moment(self.next_attempt_at) <= now:
            return True
        written = self.attempts[-1].at if self.attempts else self.created_at
        astray = moment(written) > now + SKEW
        return astray and self.lease is None and self.failures < ASTRAY_FAILURES

    def claim(self, lease: str, now: datetime, until: datetime) -> "Delivery":
        """Mine until then; the same object when it is not due, or somebody else's."""
        if not self.is_due(now):
            return self
        return msgspec.structs.replace(self, lease=lease, next_attempt_at=stamp(until))

    def land(self, lease: str, answer: Answer, now: datetime, wait: float | None) -> "Delivery":
        """After the answer; `wait` in seconds until the next attempt, None when there is none.

        An attempt that lost its lease meanwhile (a replay was asked for) only enters the log.
        """
        logged = self._log(Attempt(stamp(now), answer.status, answer.error, answer.ms))
        if self.lease != lease:
            return logged
        if answer.accepted:
            return logged._step(Step.ACCEPT)
        if answer.gone or wait is None:
            return logged._step(Step.GIVE_UP, failures=self.failures + 1)
        again = stamp(now + timedelta(seconds=wait))
        return logged._step(Step.POSTPONE, again, self.failures + 1)

    def replay(self, now: datetime) -> "Delivery":
        """Due at once, under the same webhook-id, with a whole schedule before it."""
        return self._step(Step.REPLAY, stamp(now))

    def abandon(self, because: str, now: datetime) -> "Delivery":
        """Nobody is left to be told; a delivery that is not pending stays as it is."""
        if self.status is not Status.PENDING:
            return self
        return self._log(Attempt(stamp(now), None, because, 0))._step(Step.GIVE_UP)

    def _step(self, step: Step, again: str | None = None, failures: int = 0) -> "Delivery":
        return msgspec.structs.replace(
            self,
            status=NEXT[self.status, step],
            failures=failures,
            next_attempt_at=again,
            lease=None,
        )

    def _log(self, attempt: Attempt) -> "Delivery":
        kept = (*self.attempts, attempt)[-MAX_LOGGED:]
        return msgspec.structs.replace(self, attempts=kept)


def delivery_of(event: Event, endpoint: str, now: datetime) -> Delivery:
    """Due at once. Its id comes from event and endpoint: making it again finds the first one."""
    at = stamp(now)
    return Delivery(
        f"{event.id}.{endpoint}", endpoint, event, Status.PENDING, at, next_attempt_at=at
    )


def wait_before(
    failures: int, answer: Answer, now: datetime, chance: float, scale: float = 1.0
) -> float | None:
    """Seconds until the next attempt after this many failures, None after the last.

    `chance` in [0, 1) places it within the jitter; `scale` multiplies the schedule. A Retry-After
    can make the wait longer (at most to a day), never shorter.
    """
    if failures >= len(SCHEDULE):
        return None
    jittered = SCHEDULE[failures] * (1 - JITTER + 2 * JITTER * chance)
    return max(jittered * scale, asked_wait(answer.retry_after, now))


def asked_wait(retry_after: str | None, now: datetime) -> float:
    """Seconds that a Retry-After header asks for, from 0 to a day; 0 when it makes no sense.

    Source: RFC 9110, 10.2.3: a number of seconds, or a date.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max((date - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def payload(event: Event) -> bytes:
    """The body, the same bytes at every attempt. Source: Standard Webhooks, "Payload structure"."""
    return msgspec.json.encode({"type": event.type, "timestamp": event.at, "data": event.data})


def stamp(at: datetime) -> str:
    """RFC 3339 UTC of fixed width."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
