"""The one tree of errors a caller can meet; the edges turn it into problem documents once.

VitrineError
├── BadRequest 400          the request cannot be understood
├── Unauthenticated 401     who are you?
├── Forbidden 403           we know you, and you may not
├── NotFound 404
├── Conflict 409            right, but not in the present state
├── Gone 410
├── PreconditionFailed 412  you looked at an older version
├── TooLarge 413
├── UnsupportedMedia 415
├── Unprocessable 422       understood, and wrong
├── TooMany 429
└── Unavailable 503         try again later

A feature's own errors live in its pure file and derive from one of these:

    class OutOfStock(Conflict):
        type = "out-of-stock"
        title = "Not enough in stock"
        detail = "{left} of {sku} left, {wanted} wanted."

    raise OutOfStock(sku="SHOE-01", wanted=3, left=1)

Source: RFC 9457, Problem Details for HTTP APIs.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class VitrineError(Exception):
    """A problem with a stable `type`; the facts it is raised with become members of it."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong here"
    detail: ClassVar[str] = ""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The detail with its facts filled in."""
        return self.detail.format_map(self.facts) if self.detail else self.title

    def problem(self) -> dict[str, Any]:
        """RFC 9457 members; the same document answers a Socket.IO message."""
        own = {"type": self.type, "title": self.title, "status": self.status}
        return {**self.facts, **own, "detail": self.message}


class InternalError(VitrineError):
    detail = "The error has been logged; nothing you sent is needed again to report it."


class BadRequest(VitrineError):
    status = 400
    type = "bad-request"
    title = "The request cannot be understood"
    detail = "{reason}"


class Unauthenticated(VitrineError):
    status = 401
    type = "unauthenticated"
    title = "Please sign in"
    detail = "Send a token from POST /api/sessions, or an API key, as `Authorization: Bearer …`."


class Forbidden(VitrineError):
    status = 403
    type = "forbidden"
    title = "Not for this role"
    detail = "A {role} may not do this."


class NotFound(VitrineError):
    status = 404
    type = "not-found"
    title = "There is nothing here"


class Conflict(VitrineError):
    status = 409
    type = "conflict"
    title = "This does not fit the present state"


class Gone(VitrineError):
    status = 410
    type = "gone"
    title = "It is no longer here"


class PreconditionFailed(VitrineError):
    status = 412
    type = "stale-version"
    title = "It has changed since you looked"
    detail = "You sent version {sent}, the present one is {current}. Read it again, then decide."


class TooLarge(VitrineError):
    status = 413
    type = "too-large"
    title = "That is too large"
    detail = "The limit is {limit_bytes} bytes."


class UnsupportedMedia(VitrineError):
    status = 415
    type = "unsupported-media"
    title = "That kind of content is not accepted here"


class Unprocessable(VitrineError):
    status = 422
    type = "invalid"
    title = "A value is not acceptable"
    detail = "{reason}"


class TooMany(VitrineError):
    status = 429
    type = "too-many-requests"
    title = "That was a bit fast"


class Unavailable(VitrineError):
    status = 503
    type = "unavailable"
    title = "Not available right now, please try again"


class DiskFull(Unavailable):
    type = "disk-full"
    title = "There is no room left to keep this"
    detail = "What was acknowledged is kept. Send the rest again in {retry_after} s."


@contextmanager
def room_on_disk() -> Iterator[None]:
    """What is done inside raises DiskFull where the system says that a disk or a quota is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFull(retry_after=5) from error
