"""Spans, as a real receiver of OTLP over HTTP gets them."""

import sys
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from server.telemetry.traces import NoTracing, NotTracing, open_tracer
from tests.server.telemetry.shopping import buy, guest, shopping

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector:
    """What came to /v1/traces."""

    def __init__(self) -> None:
        self.batches: list[ExportTraceServiceRequest] = []

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.batches.append(ExportTraceServiceRequest.FromString(body))
        return web.Response(content_type="application/x-protobuf")

    def spans(self) -> list:
        return [
            span
            for batch in self.batches
            for resource in batch.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def text(self) -> str:
        return "".join(str(batch) for batch in self.batches)


@pytest.fixture
async def collector(monkeypatch) -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    yield collector
    await runner.cleanup()


def attributes(span) -> dict:
    return {each.key: each.value.int_value or each.value.string_value for each in span.attributes}


async def test_requests_are_spans_of_the_callers_trace_and_name_nobody(tmp_path, collector):
    async with shopping(tmp_path) as (_, client):
        ada = await guest(client, "Ada Byron")
        parent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        status, order, _ = await buy(client, ada, "k", **parent)
        assert status == 201
        async with client.get(f"/api/orders/{order['id']}?secret=hidden", headers=ada):
            pass
    spans = {span.name: span for span in collector.spans()}
    placed, seen = spans["POST /api/orders"], spans["GET /api/orders/{order}"]
    assert (placed.trace_id.hex(), placed.parent_span_id.hex()) == (TRACE, PARENT)
    assert seen.trace_id.hex() != TRACE
    assert attributes(placed) == {
        "http.request.method": "POST",
        "http.route": "/api/orders",
        "http.response.status_code": 201,
    }
    assert placed.end_time_unix_nano > placed.start_time_unix_nano
    written = collector.text()
    assert "vitrine" in written
    for private in ("Ada", "hidden", "127.0.0.1", order["id"]):
        assert private not in written


async def test_a_collector_that_is_away_holds_nothing_up(tmp_path, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")  # left alone, it tries for a minute
    async with shopping(tmp_path) as (_, client):
        ada = await guest(client)
        assert (await buy(client, ada, "k"))[0] == 201
        began = time.monotonic()
    assert time.monotonic() - began < 15


def test_without_a_collector_nothing_is_traced():
    assert isinstance(open_tracer({}), NotTracing)


def test_a_collector_without_the_packages_is_told_in_a_line(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(NoTracing, match=r"vitrine\[observability\]"):
        open_tracer({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
