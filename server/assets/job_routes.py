"""The conversions over HTTP: what waits, what runs, what was given up and why."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from server.assets.asset import Asset, NoSuchAsset, Status
from server.assets.job import WrongState
from server.assets.service import AssetService
from server.auth import HOUSE, OPERATOR, STAFF
from server.routing import Call, Route

LOOK: Final = HOUSE | OPERATOR
CHANGE: Final = STAFF | OPERATOR


class JobView(msgspec.Struct, frozen=True):
    """A model's conversion."""

    asset: str
    filename: str
    sku: str | None
    status: Status
    attempts: int
    progress: float
    step: str
    worker: str
    created_at: datetime
    due_at: datetime  # queued: not before; converting: its worker is thought dead after
    error: dict[str, Any] | None  # why it was given up, or why it waits


class JobList(msgspec.Struct, frozen=True):
    """Conversions by status, those due first coming first."""

    items: list[JobView]


class JobQuery(msgspec.Struct):
    status: Status | None = None  # all but those that are ready
    limit: Annotated[int, Meta(ge=1, le=200)] = 100  # of each status


def job_view(asset: Asset) -> JobView:
    names = [name for name in JobView.__struct_fields__ if name != "asset"]
    return JobView(asset=asset.id, **{name: getattr(asset, name) for name in names})


def routes(assets: AssetService) -> list[Route]:
    async def list_jobs(call: Call) -> JobList:
        found = await assets.jobs(call.query.status, call.query.limit)
        return JobList([job_view(asset) for asset in found])

    async def retry_job(call: Call) -> JobView:
        return job_view(await assets.retry(call.path["asset"]))

    async def cancel_job(call: Call) -> JobView:
        return job_view(await assets.cancel(call.path["asset"], str(call.caller.role)))

    wrong = (NoSuchAsset, WrongState)
    return [
        Route(
            "GET",
            "/api/jobs",
            list_jobs,
            "Conversions that wait, run or were given up",
            roles=LOOK,
            query=JobQuery,
            returns=JobList,
        ),
        Route(
            "POST",
            "/api/jobs/{asset}/retry",
            retry_job,
            "Convert what was given up again, or what waits at once",
            roles=CHANGE,
            returns=JobView,
            errors=wrong,
        ),
        Route(
            "POST",
            "/api/jobs/{asset}/cancel",
            cancel_job,
            "Stop a conversion, until somebody asks for it again",
            roles=CHANGE,
            returns=JobView,
            errors=wrong,
        ),
    ]
