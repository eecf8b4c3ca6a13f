"""A process that converts models and serves nobody: as many as one likes, on any machine."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator

import structlog
from rich.console import Console

from server.app import INDEXES
from server.background import Background
from server.composition.assets import Assets, make_assets_and_catalog
from server.engines import BadEngine, open_store
from server.folder import Stopped
from server.process import set_up_log
from server.settings import PREFIX, Settings
from server.storage.port import Unavailable

NOT_SHARED = (
    "A worker needs records that it can share with the server: name a MongoDB by "
    f"{PREFIX}DATABASE_URL. With everything embedded the server converts by itself."
)
FILES_NOT_SHARED = (
    f"{PREFIX}BLOBS_URL is empty: this worker and its servers must have one data folder, {{data}}."
)
log = structlog.get_logger()


async def work_forever(settings: Settings, console: Console) -> None:
    """Until SIGINT or SIGTERM; what is being converted then goes back. Raises Stopped."""
    set_up_log(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(settings):
        if not settings.blobs_url:
            console.print(f"[yellow]{FILES_NOT_SHARED.format(data=settings.data)}[/]")
        name = settings.node or socket.gethostname()
        console.print(f"[bold]{name} converts models[/], {settings.conversions} at a time.")
        console.print("[dim]Ctrl-C stops; what is being converted then goes back.[/dim]")
        await stop.wait()
        console.print("[dim]Stopping …[/dim]")


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Assets]:
    """Converting while inside. Raises Stopped."""
    if not settings.database_url:
        raise Stopped(NOT_SHARED)
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = await open_store(settings, INDEXES)
    except (BadEngine, Unavailable) as error:
        raise Stopped(str(error)) from error
    except OSError as error:
        raise Stopped(f"{settings.data} cannot be used: {error.strerror}.") from error
    background = Background()
    try:
        assets, _ = make_assets_and_catalog(settings, store)
        background.start("conversions", assets.jobs.run)
        if assets.wakeups is not None:
            background.start("wakeups", assets.wakeups.run)
        yield assets
    except BadEngine as error:
        raise Stopped(str(error)) from error
    finally:
        await background.close()
        await store.close()
