"""The assets feature put together on real storage, as the composition root does it.

Run as a process it serves a data folder: tests kill it and start it again.
"""

import asyncio
import contextlib
import json
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from server.assets import job_routes, tus
from server.assets import routes as asset_routes
from server.assets.blobs import Blobs
from server.assets.converter import PipelineConverter
from server.assets.grant import Grants
from server.assets.jobs import Jobs
from server.assets.partials import Partials
from server.assets.repository import INDEXES, Assets, Uploads
from server.assets.service import AssetService
from server.assets.uploads import UploadLimits, UploadService
from server.errors import NotFound
from server.middleware import errors, identify
from server.routing import Route, add_routes
from server.storage.embedded import EmbeddedStore
from tests.server.web import who

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_pipeline.py")))


class NoSuchProduct(NotFound):
    type = "unknown-product"


class Shelf:
    """A catalogue with one product."""

    def __init__(self) -> None:
        self.attached: dict[str, str] = {}

    async def exists(self, sku: str) -> bool:
        return sku == "SHOE-01"

    async def attach(self, sku: str, asset_id: str) -> None:
        if sku != "SHOE-01":
            raise NoSuchProduct
        self.attached[sku] = asset_id


@dataclass
class House:
    assets: AssetService
    uploads: UploadService
    jobs: Jobs
    blobs: Blobs
    shelf: Shelf
    routes: list[Route]


def build(
    data: Path,
    store,
    *,
    clock=lambda: datetime.now(UTC),
    command: Sequence[str] = STAND_IN,
    limits: UploadLimits | None = None,
    lease_seconds: float = 1.5,
    seconds: float = 60.0,
    idle_seconds: float = 20.0,
    at_once: int = 1,
    recipe: str = "1",
    profiles: Sequence[str] = ("web", "preview"),
    blobs_url: str = "",
    hand_over_seconds: float = 0.1,
    worker: str = "",
) -> House:
    blobs = Blobs.at(blobs_url or (data / "blobs").as_uri())
    converter = PipelineConverter(
        blobs,
        data / "work",
        recipe=recipe,
        seconds=seconds,
        memory_mb=2000,
        pictures=False,  # they take seconds a model
        command=command,
        profiles=profiles,
    )
    shared = {"clock": clock, "new_id": lambda: uuid.uuid4().hex}
    assets = AssetService(Assets(store), blobs, recipe, **shared)
    shelf = Shelf()
    jobs = Jobs(
        Assets(store),
        converter,
        shelf,
        assets.queued,
        at_once=at_once,
        lease=timedelta(seconds=lease_seconds),
        poll_seconds=0.2,
        worker=worker,
        **shared,
    )
    uploads = UploadService(
        Uploads(store),
        Partials(data / "uploads"),
        blobs,
        assets,
        shelf,
        limits=limits or UploadLimits(),
        hand_over_seconds=hand_over_seconds,
        **shared,
    )
    routes = [
        *tus.routes(uploads, idle_seconds),
        *asset_routes.routes(assets, blobs, Grants.of(b"tests")),
        *job_routes.routes(assets),
    ]
    return House(assets, uploads, jobs, blobs, shelf, routes)


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """With its background tasks."""
    tasks = [asyncio.create_task(house.jobs.run()), asyncio.create_task(house.uploads.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(data: Path, options: dict) -> None:
    port = options.pop("port", 0)
    store = await EmbeddedStore.open(data / "vitrine.db", INDEXES)
    house = build(data, store, **options)
    app = web.Application(middlewares=[errors(), identify(who)])
    add_routes(app, house.routes)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    async with working(house):
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
