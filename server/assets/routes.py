"""Assets over HTTP: their state for those who upload, their files for everybody."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from server.assets.asset import SOURCE, Asset, NoSuchAsset
from server.assets.blobs import Blobs
from server.assets.conditional import RangeNotSatisfiable
from server.assets.file import FilesAway, NoSuchFile
from server.assets.grant import GrantRefused, Grants
from server.assets.service import AssetService
from server.assets.serving import PUBLIC, refusal, serve
from server.assets.tus import UPLOADERS
from server.assets.view import AssetView, view
from server.auth import HOUSE
from server.errors import BadRequest, VitrineError
from server.routing import Call, Reply, Route

FILE_PATH: Final = "/assets/{asset}/{name}"


class AssetPage(msgspec.Struct):
    """A page of assets; `next` goes into `after` for the following one."""

    items: list[AssetView]
    next: str | None = None


class AssetQuery(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    after: str | None = None


def routes(assets: AssetService, blobs: Blobs, grants: Grants) -> list[Route]:
    def shown(asset: Asset) -> AssetView:
        return view(asset, grants.issue(asset.id, assets.clock()))

    async def list_assets(call: Call) -> AssetPage:
        try:
            items, cursor = await assets.page(call.query.limit, call.query.after)
        except ValueError as error:
            raise BadRequest(reason=str(error)) from error
        return AssetPage([shown(asset) for asset in items], cursor)

    async def show_asset(call: Call) -> Reply:
        asset = await assets.get(call.path["id"])
        return Reply(shown(asset), headers={"Cache-Control": "no-store"})

    async def get_asset_file(call: Call) -> web.StreamResponse:
        try:
            file = await assets.file(call.path["asset"], call.path["name"])
            return await serve(call.request, blobs, file, public=True)
        except VitrineError as error:
            return refusal(error, public=True)

    async def head_asset_file(call: Call) -> web.StreamResponse:
        return await get_asset_file(call)

    async def allow_asset_file(_: Call) -> web.Response:
        allowed = {
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-None-Match, If-Range, Range",
            "Access-Control-Max-Age": "86400",
        }
        return web.Response(status=204, headers=PUBLIC | allowed)

    async def get_private_file(call: Call) -> web.StreamResponse:
        id, name = call.path["asset"], call.path["name"]
        try:
            grants.check(id, call.path["grant"], assets.clock())
            file = await assets.private_file(id, name)
            return await serve(call.request, blobs, file, public=False, attachment=name == SOURCE)
        except VitrineError as error:
            return refusal(error, public=False)

    missing = (NoSuchAsset, NoSuchFile)
    return [
        Route(
            "GET",
            "/api/assets",
            list_assets,
            "All models that were uploaded",
            roles=HOUSE,
            query=AssetQuery,
            returns=AssetPage,
        ),
        Route(
            "GET",
            "/api/assets/{id}",
            show_asset,
            "A model: how far its conversion has come, its files",
            roles=UPLOADERS,
            returns=AssetView,
            errors=(NoSuchAsset,),
        ),
        Route(
            "GET",
            FILE_PATH,
            get_asset_file,
            "A file of a model",
            returns=bytes,
            errors=(*missing, RangeNotSatisfiable, FilesAway),
        ),
        Route(
            "HEAD", FILE_PATH, head_asset_file, "A file of a model, headers only", errors=missing
        ),
        Route(
            "GET",
            "/assets/{asset}/private/{grant}/{name}",
            get_private_file,
            "The proof of a conversion, or `source`: what was uploaded. Links are in the asset",
            returns=bytes,
            errors=(*missing, GrantRefused, RangeNotSatisfiable, FilesAway),
        ),
        Route("OPTIONS", FILE_PATH, allow_asset_file, "Any page may read these files", status=204),
    ]
