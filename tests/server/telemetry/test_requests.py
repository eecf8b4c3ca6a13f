"""Request ids, log lines and figures of requests, in a whole house over HTTP."""

import json
import random

import pytest
import structlog
from structlog.testing import capture_logs

from tests.server.telemetry.shopping import buy, figures, guest, shopping, value

LINES = [structlog.contextvars.merge_contextvars]


def lines(logs: list[dict], event: str = "request") -> list[dict]:
    return [line for line in logs if line["event"] == event]


async def test_an_answer_carries_the_callers_request_id_whatever_the_answer_is(tmp_path):
    async with shopping(tmp_path) as (_, client):
        for path, status in (
            ("/api/products", 200),
            ("/api/products/none", 404),
            ("/nowhere", 404),
            ("/", 200),  # a file
        ):
            async with client.get(path, headers={"X-Request-Id": "from-nginx.1:a"}) as answer:
                assert answer.status == status
                assert answer.headers["X-Request-Id"] == "from-nginx.1:a"


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "\\x1b[31mred", "a;b", "é"])
async def test_an_id_that_is_long_or_not_plain_is_replaced(tmp_path, sent):
    async with (
        shopping(tmp_path) as (_, client),
        client.get("/healthz", headers={"X-Request-Id": sent}) as answer,
    ):
        given = answer.headers["X-Request-Id"]
    assert given != sent
    assert len(given) == 32
    assert given.isalnum()


async def test_every_request_is_one_line_with_its_ids_and_nothing_of_who_asked(tmp_path):
    async with shopping(tmp_path) as (_, client):
        with capture_logs(processors=LINES) as logs:
            ada = await guest(client, "Ada Byron")
            _, order, _ = await buy(client, ada, "k", **{"X-Request-Id": "r1"})
            path = f"/api/orders/{order['id']}?secret=hidden"
            async with client.get(path, headers={**ada, "X-Request-Id": "r2"}) as answer:
                assert answer.status == 200
            async with client.get("/api/products", headers={"X-Request-Id": "r3"}):
                pass
    placed, seen, after = lines(logs)[-3:]
    assert placed.pop("milliseconds") > 0
    assert placed == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "route": "/api/orders",
        "status": 201,
        "request_id": "r1",
        "order": order["id"],
    }
    assert (seen["route"], seen["order"]) == ("/api/orders/{order}", order["id"])
    assert seen["request_id"] == "r2"
    assert "order" not in after, "the next request of a connection begins anew"
    written = json.dumps(logs)
    for private in ("Ada", "hidden", "127.0.0.1", ada["Authorization"][-20:]):
        assert private not in written


async def test_all_log_lines_of_a_request_carry_its_ids(tmp_path):
    async with shopping(tmp_path) as (house, client):
        ada = await guest(client)

        def break_down(*_: object) -> None:
            raise RuntimeError("a listener that breaks")

        house.orders.service.listeners = [break_down]
        with capture_logs(processors=LINES) as logs:
            _, order, _ = await buy(client, ada, "k", **{"X-Request-Id": "r1"})
    (line,) = lines(logs, "order.listener_failed")
    assert (line["request_id"], line["order"]) == ("r1", order["id"])


async def test_what_fails_is_logged_by_its_route_since_paths_hold_codes(tmp_path):
    async with shopping(tmp_path) as (house, client):

        async def broken(*_: object) -> None:
            raise RuntimeError("no such luck")

        house.catalog.product = broken
        with capture_logs(processors=LINES) as logs:
            async with client.get("/api/products/A-CODE-THAT-OPENS") as answer:
                assert answer.status == 500
    (line,) = lines(logs, "request.failed")
    assert line["route"] == "/api/products/{sku}"
    assert line["request_id"] == lines(logs)[-1]["request_id"]
    assert "A-CODE-THAT-OPENS" not in json.dumps(logs, default=str)


async def test_probes_are_no_noise_in_the_log(tmp_path):
    async with shopping(tmp_path) as (_, client):
        with capture_logs() as logs:
            for path in ("/healthz", "/readyz", "/metrics"):
                async with client.get(path):
                    pass
    assert {line["log_level"] for line in lines(logs)} == {"debug"}


async def test_figures_go_by_the_route_and_no_client_can_make_them_grow(tmp_path):
    chance = random.Random(7)
    async with shopping(tmp_path) as (_, client):
        for sku in ("TEA-01", "none"):
            async with client.get(f"/api/products/{sku}"):
                pass
        before = len(await figures(client))
        for _ in range(150):
            name = f"{chance.getrandbits(64):x}"
            path = chance.choice(["/", "/api/products/", "/api/", "/js/", "/assets/x/"]) + name
            async with client.request(chance.choice(["GET", "PROPFIND", "MKCOL", "REPORT"]), path):
                pass
        found = await figures(client)
    route = "/api/products/{sku}"
    assert value(found, "vitrine_http_requests_total", method="GET", route=route, status="200") == 1
    assert value(found, "vitrine_http_request_seconds_count", route=route) > 2
    assert (
        value(found, "vitrine_http_requests_total", method="other", route="unmatched", status="404")
        > 9
    )
    routes = {dict(labels).get("route", "") for _, labels in found}
    assert len(found) - before < 150, "a few routes and answers were new, each with its buckets"
    assert not [one for one in routes if one not in {"", "unmatched"} and not one.startswith("/")]
    assert len(routes) < 12
