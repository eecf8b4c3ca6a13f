"""What every request passes: who it is, and errors turned into problem documents once."""

import errno
import re
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from server.auth import Person
from server.errors import (
    NO_ROOM,
    BadRequest,
    DiskFull,
    InternalError,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    VitrineError,
)
from server.routing import MAX_JSON_BYTES, PERSON, REFUSAL, problem_response, template
from server.storage.port import Unavailable as StorageAway
from server.storage.port import Unknown

log = structlog.get_logger()
RETRY_SECONDS: Final = 1  # the engines reconnect by themselves, within about that
AWAY: Final = (StorageAway, Unknown)
NOT_UTF8: Final = re.compile("[\ud800-\udfff]")  # how aiohttp hands on other bytes
Identify = Callable[[str], Awaitable[Person]]  # raises Unauthenticated
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StorageUnavailable(Unavailable):
    type = "storage-unavailable"
    title = "The records cannot be reached right now"
    detail = (
        "It was not done. Send the same again in {retry_after} s, "
        "with the same Idempotency-Key where there is one."
    )


class OutcomeUnknown(Unavailable):
    type = "outcome-unknown"
    title = "It may or may not have happened"
    detail = "The records failed in the middle. Read again, then send the same, with the same key."


class NoSuchPage(NotFound):
    type = "no-such-path"
    title = "Nothing answers at this address"
    detail = "{method} {path} is not part of this server. /openapi.json lists what is."


def errors() -> Middleware:
    """Every exception becomes one problem document; the unexpected is logged with its trace."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check_headers(request)
            return await handler(request)
        except VitrineError as error:
            return problem_response(error)
        except web.HTTPRequestEntityTooLarge:
            return problem_response(TooLarge(limit_bytes=MAX_JSON_BYTES))
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return problem_response(NoSuchPage(method=request.method, path=request.path))
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            return problem_response(BadRequest(reason=answer.reason))
        except AWAY as error:
            return problem_response(away(error, route=template(request)))
        except Exception as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                log.error("disk.full", method=request.method, path=request.path)
                return problem_response(DiskFull(retry_after=5))
            if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
                return problem_response(NoSuchPage(method=request.method, path=request.path))
            log.exception("request.failed", method=request.method, route=template(request))
            return problem_response(InternalError())

    return middleware


def away(error: Exception, **where: str) -> Unavailable:
    """What a caller is told of one of AWAY; `where` it met it is logged."""
    if isinstance(error, Unknown):
        log.error("storage.unknown", reason=str(error), **where)
        return OutcomeUnknown(retry_after=RETRY_SECONDS)
    log.warning("storage.unavailable", reason=str(error), **where)
    return StorageUnavailable(retry_after=RETRY_SECONDS)


def check_headers(request: web.Request) -> None:
    """Raises BadRequest for a value that is no text: it could be neither stored nor sent on."""
    for name, value in request.headers.items():
        if not value.isascii() and NOT_UTF8.search(value):
            raise BadRequest(reason=f"The header {name} is not UTF-8.")


def identify(who: Identify) -> Middleware:
    """Reads `Authorization: Bearer …` where there is one; routes say whether they need it.

    A token that is refused counts as none until a route asks: with an old one in hand, everybody
    may still do what everybody may.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            try:
                request[PERSON] = await who(token.strip())
            except Unauthenticated as error:
                request[REFUSAL] = error
        return await handler(request)

    return middleware
