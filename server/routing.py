"""A route is a value: what it takes, what it answers, who may call it.

The same value checks a request, and is written into the OpenAPI document: the two cannot disagree.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from server.auth import Person, Role
from server.errors import (
    BadRequest,
    Forbidden,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    UnsupportedMedia,
    VitrineError,
)

MAX_JSON_BYTES = 1_000_000
PERSON = web.RequestKey("person", Person)
REFUSAL = web.RequestKey("refusal", Unauthenticated)  # of the token that was sent


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request, as a handler sees it."""

    request: web.Request
    person: Person | None
    body: Any = None
    query: Any = None

    @property
    def path(self) -> Mapping[str, str]:
        """The path's named parts, percent-decoded."""
        return self.request.match_info

    @property
    def headers(self) -> Mapping[str, str]:
        """Case-insensitive."""
        return self.request.headers

    @property
    def caller(self) -> Person:
        """The person, on a route that has roles."""
        if self.person is None:
            raise Unauthenticated
        return self.person


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its own status or headers; `body` is what msgspec can encode, or None."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    `roles` None: everybody, whatever token comes along. `body`, `query`, `returns`: the msgspec
    types that validate and document; `body=bytes` leaves the raw stream to the handler. With
    `optional_body` a call without one has the body None. `errors`: what it may raise beyond the
    ones every route has.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    roles: frozenset[Role] | None = None
    body: Any = None
    query: Any = None
    returns: Any = None
    status: int = 200
    errors: tuple[type[VitrineError], ...] = ()
    optional_body: bool = False

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Check, call, encode."""
        person = request.get(PERSON)
        self.admit(person, request.get(REFUSAL))
        query = decode_query(request, self.query) if self.query else None
        body = None
        if self.body is not None and self.body is not bytes:
            body = await decode_body(request, self.body, optional=self.optional_body)
        return encode(await self.handler(Call(request, person, body, query)), self.status)

    def admit(self, person: Person | None, refusal: Unauthenticated | None = None) -> None:
        """Raises Unauthenticated or Forbidden."""
        if self.roles is None:
            return
        if person is None:
            raise refusal or Unauthenticated
        if person.role not in self.roles:
            raise Forbidden(role=str(person.role))


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Serve them."""
    for route in routes:
        app.router.add_route(route.method, route.path, route.respond)


async def decode_body(request: web.Request, kind: Any, *, optional: bool = False) -> Any:
    """The JSON body as `kind`, or None when it may be missing and is.

    Raises BadRequest, TooLarge, UnsupportedMedia, Unprocessable."""
    if request.content_type not in {"application/json", "application/octet-stream"}:
        raise UnsupportedMedia(sent=request.content_type, wanted="application/json")
    if (request.content_length or 0) > MAX_JSON_BYTES:
        raise TooLarge(limit_bytes=MAX_JSON_BYTES)
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge(limit_bytes=MAX_JSON_BYTES) from error
    if optional and not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Unprocessable(reason=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(reason=f"The body is not JSON: {error}.") from error


def decode_query(request: web.Request, kind: Any) -> Any:
    """The query string as `kind`; every value arrives as text. Raises Unprocessable."""
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unprocessable(reason=f"In the query string: {error}.") from error


def template(request: web.Request) -> str:
    """The route as it was declared: as many as there are routes, whatever is asked for.

    What logs and figures name; a path may hold a code that opens a door.
    """
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def origin(request: web.Request) -> str:
    """Scheme, host and port that the caller dialled. Raises BadRequest."""
    try:
        return str(request.url.origin())
    except ValueError as error:
        raise BadRequest(reason="The Host header does not name a host.") from error


def encode(answer: Any, status: int) -> web.StreamResponse:
    """What a handler returned, as a response."""
    if isinstance(answer, web.StreamResponse):
        return answer
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    final = reply.status or status
    if reply.body is None:
        return web.Response(status=204 if final == 200 else final, headers=reply.headers)
    return web.Response(
        body=msgspec.json.encode(reply.body),
        status=final,
        content_type="application/json",
        headers=reply.headers,
    )


def problem_response(error: VitrineError) -> web.Response:
    """RFC 9457; Retry-After when the error knows it."""
    headers = {}
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(
        body=json.dumps(error.problem(), default=str).encode(),
        status=error.status,
        content_type="application/problem+json",
        headers=headers,
    )
