"""`/metrics` for Prometheus, `/readyz` for load balancers."""

import hmac
from typing import Final

from aiohttp import web
from msgspec import Struct

from server.auth import OPERATOR, STAFF
from server.errors import Forbidden, Unauthenticated
from server.routing import Call, Route
from server.telemetry.backlog import Backlog
from server.telemetry.readiness import NotReady
from server.telemetry.watch import Watch

TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
READERS: Final = STAFF | OPERATOR


class Ready(Struct, frozen=True):
    status: str
    engines: list[str]


def routes(watch: Watch, backlog: Backlog, metrics_token: str) -> list[Route]:
    """For programs that look after programs."""

    async def show_readiness(_: Call) -> Ready:
        return Ready("ready", await watch.readiness.check())

    async def show_metrics(call: Call) -> web.Response:
        check_reader(call, metrics_token)
        await backlog.refresh()
        return web.Response(body=watch.metrics.text(), headers={"Content-Type": TEXT_FORMAT})

    return [
        Route(
            "GET",
            "/readyz",
            show_readiness,
            "Can it work? 503 names the engines that are away",
            returns=Ready,
            errors=(NotReady,),
        ),
        Route(
            "GET",
            "/metrics",
            show_metrics,
            "Figures for Prometheus, as text",
            errors=(Unauthenticated, Forbidden),
        ),
    ]


def check_reader(call: Call, metrics_token: str) -> None:
    """Raises Unauthenticated, Forbidden."""
    if metrics_token == "open":  # noqa: S105 - a word that means: no token
        return
    _, _, token = call.headers.get("Authorization", "").partition(" ")
    if metrics_token and hmac.compare_digest(token.strip().encode(), metrics_token.encode()):
        return
    if call.caller.role not in READERS:
        raise Forbidden(role=str(call.caller.role))
