"""Traces for OpenTelemetry, when a collector is named: one span a request, conversion, webhook.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set; needs the extra
`observability`. The other OTEL_… variables (headers, timeout, sampler, service name) mean what
OpenTelemetry says they mean. The spans are our own: the instrumentation of aiohttp that one can
install writes down raw paths and callers' addresses, and ours hold neither; nor the texts of
errors, which quote what people wrote.
Source: OpenTelemetry semantic conventions for HTTP, 1.29.
"""

import asyncio
import os
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

from aiohttp import web

from server import __version__

CLOSE_SECONDS: Final = 2.0  # a collector has, to take what is left
ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class NoTracing(RuntimeError):
    """A collector is named, and the packages that talk to it are not installed."""


class Span(Protocol):
    def set_attribute(self, key: str, value: Any, /) -> object: ...


class Tracer(Protocol):
    """What can be traced."""

    def request(
        self, method: str, route: str, request: web.Request
    ) -> AbstractContextManager[Span]:
        """A span of the caller's trace, where it names one."""
        ...

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:
        """A span inside the present one."""
        ...

    async def close(self) -> None:
        """Send what is left."""
        ...


class NoSpan:
    def set_attribute(self, key: str, value: Any, /) -> None:
        """Nobody reads it."""


class NotTracing:
    """A Tracer for whom nobody listens."""

    nothing: Final = nullcontext(NoSpan())

    def request(
        self, method: str, route: str, request: web.Request
    ) -> AbstractContextManager[Span]:
        return self.nothing

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:
        return self.nothing

    async def close(self) -> None:
        """There is nothing to send."""


class Traces:
    """A Tracer that sends spans to a collector over OTLP/HTTP, in batches, from a thread."""

    def __init__(self) -> None:
        from opentelemetry import propagate
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind

        named = os.environ.get("OTEL_SERVICE_NAME", "vitrine")
        resource = Resource.create({"service.name": named, "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._exporter = OTLPSpanExporter()
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("vitrine", __version__)
        self._extract, self._server = propagate.extract, SpanKind.SERVER

    def request(
        self, method: str, route: str, request: web.Request
    ) -> AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(
            f"{method} {route}",
            context=self._extract(request.headers),
            kind=self._server,
            attributes={"http.request.method": method, "http.route": route},
            record_exception=False,
            set_status_on_exception=False,
        )

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        )

    async def close(self) -> None:
        late = threading.Timer(CLOSE_SECONDS, self._exporter.shutdown)  # ends its retries
        late.start()
        await asyncio.to_thread(self._provider.shutdown)
        late.cancel()


def open_tracer(environment: Mapping[str, str] = os.environ) -> Tracer:
    """Raises NoTracing."""
    if not any(environment.get(name) for name in ENDPOINTS):
        return NotTracing()
    try:
        return Traces()
    except ImportError as error:
        raise NoTracing(
            f"{ENDPOINTS[0]} is set, and OpenTelemetry is not installed: "
            "pip install 'vitrine[observability]', or unset it."
        ) from error
