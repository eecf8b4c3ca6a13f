"""One server process: open the house, fill it, listen, and stop without losing anything."""

import asyncio
import contextlib
import errno
import gc
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO, cast

import structlog
from aiohttp import web
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from server.app import House, open_house
from server.assets.file_lane import FileLane, attach
from server.assets.routes import FILE_PATH
from server.engines import BadEngine
from server.folder import ADDRESS, Stopped
from server.pages import NoPages
from server.seed import BadSeed, Sower, read_seed
from server.settings import Settings
from server.storage.port import InUse, Unavailable
from server.telemetry.traces import NoTracing

log = structlog.get_logger()
CLOSING_SECONDS: Final = 15.0  # beyond stop_seconds: to hand jobs back, land deliveries, close
CUT_SECONDS: Final = 1.0  # those who are late have, to put their things away


async def serve_forever(settings: Settings, demo: Path | None, console: Console) -> None:
    """Until SIGINT or SIGTERM. Raises Stopped."""
    began = time.monotonic()
    set_up_log(settings)
    stop = stopping()
    async with opened(settings) as house, listening(house, settings) as url:
        _print_addresses(console, url, await house.demo_access() if demo else None)
        if demo is not None and not await finished(sow(house, demo, console), stop):
            return
        console.print(f"[dim]Up in {time.monotonic() - began:.1f} s. Ctrl-C stops.[/dim]")
        await stop.wait()
        console.print("[dim]Stopping …[/dim]")
        house.watch.readiness.stopping = True
        limit = settings.stop_seconds + CLOSING_SECONDS
        asyncio.get_running_loop().call_later(limit, give_up, "closing.took_too_long")
        await house.drain()


def stopping() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM; the second ends the process at once."""
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            give_up("closing.cut_short")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    return stop


def give_up(why: str) -> None:
    """End as a power cut would: what was accepted is on disk, and leases run out."""
    log.error(why)
    os._exit(1)


async def finished(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Whether the work came to its end before somebody said stop. Raises what it raises."""
    task, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task.done():
        task.result()
        return True
    task.cancel()
    await asyncio.wait({task})
    return False


async def seed_only(settings: Settings, folder: Path, console: Console) -> None:
    """Fill the data folder and end. Raises Stopped."""
    set_up_log(settings)
    async with opened(settings) as house:
        await house.start()
        await sow(house, folder, console)
        await house.sockets.close()
    console.print(f"{settings.data} holds what {folder} describes.")


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds addresses
        house = await open_house(settings)
    except InUse as error:
        raise Stopped(
            f"{settings.data} is in use by another server. Stop that one, or choose --data."
        ) from error
    except (NoPages, NoTracing, BadEngine, Unavailable) as error:
        raise Stopped(str(error)) from error
    except OSError as error:
        raise Stopped(f"{settings.data} cannot be used: {error.strerror}.") from error
    try:
        yield house
    finally:
        await house.close()


@contextlib.asynccontextmanager
async def listening(house: House, settings: Settings) -> AsyncIterator[str]:
    """Serves while inside; yields the URL to open. Raises Stopped when the port is taken."""
    runner = web.AppRunner(house.web, access_log=None, shutdown_timeout=CUT_SECONDS)
    await runner.setup()
    lane = FileLane(house.assets.service, house.assets.blobs, house.watch.counter(FILE_PATH))
    attach(runner, lane)
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise Stopped(
                f"Cannot listen on {settings.host}:{settings.port}: {_why(error)}. "
                "Choose another --port; 0 lets the system choose."
            ) from error
        port = runner.addresses[0][1]
        host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
        url = f"http://{host}:{port}"
        address = settings.data / ADDRESS
        address.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        try:
            await house.start()
            spare_the_collector()
            yield url
        finally:
            address.unlink(missing_ok=True)
            await site.stop()
            lane.close()
            if late := await house.watch.traffic.end(settings.stop_seconds):
                log.warning("requests.cut_short", count=late)
    finally:
        await runner.cleanup()


def spare_the_collector() -> None:
    """What stands at the start lives as long as the server, and poses leave no cycles behind: with
    1,000 people the collector of cycles took 2 % of the time (perf)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _why(error: OSError) -> str:
    return "another program does" if error.errno == errno.EADDRINUSE else str(error.strerror)


async def sow(house: House, folder: Path, console: Console) -> None:
    """With a bar while models convert. Raises Stopped."""
    try:
        seed = read_seed(folder)
    except BadSeed as error:
        raise Stopped(str(error)) from error
    columns = (
        SpinnerColumn(),
        TextColumn("Converting models, which arrive in the room one by one"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[name]}[/dim]"),
    )
    if not console.is_terminal:
        console.print("Converting the models that are new; they arrive in the room one by one …")
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=None, name="")

        def report(done: float, total: int, name: str) -> None:
            progress.update(bar, completed=int(done), total=total, name=name)

        sower = Sower(
            house.catalog, house.orders.stock, house.showrooms, house.assets.service, report
        )
        for warning in await sower.sow(seed):
            console.print(f"[yellow]Not converted:[/] {escape(warning)}")


def set_up_log(settings: Settings) -> None:
    """Structured lines on stderr; the terminal's stdout is for people."""
    form = structlog.processors.JSONRenderer() if settings.log_json else _for_terminals()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            form,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Lines(sys.stderr))),
        cache_logger_on_first_use=False,
    )


@dataclass(frozen=True)
class Lines:
    """Where log lines go. One that cannot be written is lost: no order fails for want of its line
    on a full disk."""

    stream: TextIO

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self.stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.flush()


def _for_terminals() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _print_addresses(console: Console, url: str, access: dict[str, str] | None) -> None:
    console.print()
    console.print("[bold]Vitrine is open.[/bold]")
    console.print(f"  Showroom   {url}/")
    console.print(f"  Desk       {url}/desk")
    console.print(f"  API        {url}/openapi.json")
    if access:
        console.print(f"  Staff      login {access['login']}, password {access['password']}")
        console.print(f"  API key    {access['key']}")
    console.print()
