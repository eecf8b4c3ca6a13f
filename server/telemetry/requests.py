"""Every request gets an id, one line in the log, and is counted by its route.

The id comes from the caller's `X-Request-Id` when that is one, and goes back in the answer; every
log line of the request carries it, and the order's id where there is one. The line names the
route's template and neither path, query, address nor person: paths hold codes that open doors, and
who did what is not written down.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from structlog.contextvars import bind_contextvars, clear_contextvars

from server.routing import template
from server.telemetry.metrics import METHODS, OTHER, Metrics
from server.telemetry.traces import Tracer

log = structlog.get_logger()
REQUEST_ID: Final = web.RequestKey("request_id", str)
HEADER: Final = "X-Request-Id"
ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
ORDER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
HUNG_UP: Final = 499  # nobody waited for the answer; nginx's word for it
PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})  # every few seconds: debug only
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Traffic:
    """The requests under way; sockets, which last for hours, do not count."""

    def __init__(self) -> None:
        self.open = 0
        self.ending = False  # answers close their connections
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def under_way(self, request: web.Request) -> Iterator[None]:
        if is_socket(request):
            yield
            return
        self.open += 1
        self._idle.clear()
        try:
            yield
        finally:
            self.open -= 1
            if not self.open:
                self._idle.set()

    async def end(self, seconds: float) -> int:
        """Wait until all have been answered, so long at most; how many were not.

        aiohttp waits for handlers as well, and drops what their clients still send meanwhile.
        """
        self.ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        return self.open

    async def prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """For `on_response_prepare`, which streams and files pass as well."""
        if id := request.get(REQUEST_ID):
            response.headers[HEADER] = id
        if self.ending:
            response.force_close()


def observe(metrics: Metrics, tracer: Tracer, traffic: Traffic) -> Middleware:
    """The outermost middleware; `traffic.prepare` puts the id on every answer."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status = time.perf_counter(), 500
        route = template(request)
        request[REQUEST_ID] = request_id(request.headers.get(HEADER, ""))
        clear_contextvars()  # a connection's task goes from request to request
        bind_contextvars(request_id=request[REQUEST_ID])
        if ORDER.fullmatch(order := request.match_info.get("order", "")):
            bind_contextvars(order=order)
        method = request.method if request.method in METHODS else OTHER
        metrics.requests_open.inc()
        try:
            with traffic.under_way(request), tracer.request(method, route, request) as span:
                response = await handler(request)
                status = response.status
                span.set_attribute("http.response.status_code", status)
                return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        except BaseException:  # cancelled: whoever asked is gone
            status = HUNG_UP
            raise
        finally:
            seconds = time.perf_counter() - began
            metrics.requests_open.dec()
            metrics.requests.labels(method, route, str(status)).inc()
            if not is_socket(request):  # those last for hours
                metrics.request_seconds.labels(route).observe(seconds)
            told = log.debug if route in PROBES else log.info
            told(
                "request",
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )
            clear_contextvars()

    return middleware


def is_socket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def request_id(sent: str) -> str:
    """The caller's, when it is short and plain: it ends up in log lines and headers."""
    return sent if ID.fullmatch(sent) else uuid.uuid4().hex
