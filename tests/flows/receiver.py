"""A fulfilment system: a real HTTP server that verifies each webhook and may fail at first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """`failures` answers are 500 first, for each event anew."""

    failures: int = 0
    url: str = ""
    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)  # accepted, in order
    refused: dict[str, int] = field(default_factory=dict)  # webhook-id → how often 500
    doubted: int = 0  # calls that were refused for their signature or its time
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = Webhook(self.secret).verify(body, dict(request.headers))
        except WebhookVerificationError as error:  # forged, or of a wrong time
            self.doubted += 1
            return web.Response(status=400, text=str(error))
        id = request.headers["webhook-id"]
        if self.refused.get(id, 0) < self.failures:
            self.refused[id] = self.refused.get(id, 0) + 1
            return web.Response(status=500)
        self.events.append({"id": id, **event})
        self._news.set()
        return web.Response(status=204)

    async def wait_for(self, kind: str, order: str, seconds: float = 30) -> dict[str, Any]:
        """The event of that type about that order."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if event["type"] == kind and event["data"]["order"]["id"] == order:
                        return event
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def receiving(failures: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver(failures)
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
