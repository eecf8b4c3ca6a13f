"""The conversions from the terminal, beside running servers and workers as well."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec

from server.access import ask
from server.assets.asset import Status
from server.assets.converter import recipe_version
from server.assets.job_routes import job_view
from server.assets.repository import INDEXES, Assets
from server.assets.service import AssetService
from server.auth import Role
from server.composition.world import new_id, utc_now
from server.engines import BadEngine, open_blobs, open_store
from server.errors import VitrineError
from server.folder import Stopped
from server.settings import Settings
from server.storage.port import InUse, StorageError

Job = dict[str, Any]  # of job_routes.JobView


async def list_jobs(settings: Settings, status: str, limit: int) -> list[Job]:
    """`status` empty: all but those that are ready. Raises Stopped."""
    try:
        async with _assets(settings) as assets:
            found = await assets.jobs(Status(status) if status else None, limit)
            return [dict(msgspec.to_builtins(job_view(asset))) for asset in found]
    except InUse:
        query = f"?limit={limit}" + (f"&status={status}" if status else "")
        return list((await ask(settings, "GET", f"/api/jobs{query}"))["items"])


async def retry(settings: Settings, asset: str) -> Job:
    """Raises Stopped."""
    try:
        async with _assets(settings) as assets:
            return dict(msgspec.to_builtins(job_view(await assets.retry(asset))))
    except InUse:
        return await ask(settings, "POST", f"/api/jobs/{quote(asset, safe='')}/retry")


async def cancel(settings: Settings, asset: str) -> Job:
    """Raises Stopped."""
    try:
        async with _assets(settings) as assets:
            cancelled = await assets.cancel(asset, str(Role.OPERATOR))
            return dict(msgspec.to_builtins(job_view(cancelled)))
    except InUse:
        return await ask(settings, "POST", f"/api/jobs/{quote(asset, safe='')}/cancel")


@contextlib.asynccontextmanager
async def _assets(settings: Settings) -> AsyncIterator[AssetService]:
    """The service on the records themselves. Raises InUse; Stopped for all that it refuses."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        store = await open_store(settings, INDEXES)
    except InUse:
        raise
    except (BadEngine, StorageError) as error:
        raise Stopped(str(error)) from error
    try:
        # A worker finds what changed within a second: nobody has to be woken.
        yield AssetService(
            Assets(store), open_blobs(settings), recipe_version(), clock=utc_now, new_id=new_id
        )
    except VitrineError as error:
        raise Stopped(f"{error.title}: {error.message}") from error
    except StorageError as error:
        raise Stopped(str(error)) from error
    finally:
        await store.close()
