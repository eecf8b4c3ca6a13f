"""A fulfilment system: a real HTTP server that checks every signature with `standardwebhooks`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from standardwebhooks import Webhook

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering(status: int, text: str = "", **headers: str) -> Behaviour:
    async def behave(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return behave


@dataclass
class Receiver:
    """`plan`: what to do with the first calls; later ones are answered with 204."""

    plan: list[Behaviour] = field(default_factory=list)
    always: Behaviour = field(default_factory=lambda: answering(204))
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # webhook-ids answered with 2xx
    paths: list[str] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        """The webhook-id of every call, in the order of arrival."""
        return [headers["webhook-id"] for headers, _ in self.calls]

    def verified(self, secret: str) -> list[Any]:
        """Every body, read by the reference implementation. Raises when a signature is wrong."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.calls]

    async def hang(self, _: web.Request) -> web.Response:
        await self.released.wait()
        return web.Response()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        json.loads(body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append((headers, body))
        self.paths.append(request.path)
        behave = self.plan.pop(0) if self.plan else self.always
        response = await behave(request)
        if 200 <= response.status < 300:
            self.accepted.append(headers["webhook-id"])
        return response
