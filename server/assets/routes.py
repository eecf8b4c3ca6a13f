"""Assets over HTTP: their state for those who upload, their files for everybody."""

from contextlib import aclosing, suppress
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from server.assets.asset import NoSuchAsset
from server.assets.blobs import Blobs
from server.assets.conditional import RangeNotSatisfiable, byte_range, matches
from server.assets.file import FilesAway, NoSuchFile
from server.assets.service import AssetService
from server.assets.tus import UPLOADERS
from server.assets.view import AssetView, view
from server.auth import HOUSE
from server.errors import BadRequest, VitrineError
from server.routing import Call, Reply, Route, problem_response

FOR_GOOD: Final = "public, max-age=31536000, immutable"
OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    # A file opened as a page of its own, whatever a model made of it, runs no script and reaches
    # nothing. A proof shows its style and the pictures beside it.
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'; sandbox"
    ),
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


class AssetPage(msgspec.Struct):
    """A page of assets; `next` goes into `after` for the following one."""

    items: list[AssetView]
    next: str | None = None


class AssetQuery(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    after: str | None = None


def routes(assets: AssetService, blobs: Blobs) -> list[Route]:
    async def list_assets(call: Call) -> AssetPage:
        try:
            items, cursor = await assets.page(call.query.limit, call.query.after)
        except ValueError as error:
            raise BadRequest(reason=str(error)) from error
        return AssetPage([view(asset) for asset in items], cursor)

    async def show_asset(call: Call) -> Reply:
        asset = await assets.get(call.path["id"])
        return Reply(view(asset), headers={"Cache-Control": "no-store"})

    async def get_asset_file(call: Call) -> web.StreamResponse:
        try:
            return await serve(call.request)
        except VitrineError as error:
            response = problem_response(error)
            response.headers.update(OPEN)
            if isinstance(error, RangeNotSatisfiable):
                response.headers["Content-Range"] = f"bytes */{error.facts['length']}"
            return response

    async def head_asset_file(call: Call) -> web.StreamResponse:
        return await get_asset_file(call)

    async def allow_asset_file(_: Call) -> web.Response:
        allowed = {
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-None-Match, If-Range, Range",
            "Access-Control-Max-Age": "86400",
        }
        return web.Response(status=204, headers=OPEN | allowed)

    async def serve(request: web.Request) -> web.StreamResponse:
        file = await assets.file(request.match_info["asset"], request.match_info["name"])
        etag = f'"{file.sha256}"'
        headers = OPEN | {
            "ETag": etag,
            "Accept-Ranges": "bytes",
            "Cache-Control": FOR_GOOD,
        }
        if matches(etag, request.headers.get("If-None-Match")):
            return web.Response(status=304, headers=headers)
        wanted = None
        if request.method == "GET":
            asked = request.headers.get("Range"), request.headers.get("If-Range")
            wanted = byte_range(*asked, etag, file.bytes)
        start, end = wanted or (0, file.bytes)
        headers |= {"Content-Type": file.media_type, "Content-Length": str(end - start)}
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
        response = web.StreamResponse(status=206 if wanted else 200, headers=headers)
        return await send(request, response, blobs, file.sha256, start, end)

    path = "/assets/{asset}/{name}"
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
            path,
            get_asset_file,
            "A file of a model",
            returns=bytes,
            errors=(*missing, RangeNotSatisfiable, FilesAway),
        ),
        Route("HEAD", path, head_asset_file, "A file of a model, headers only", errors=missing),
        Route("OPTIONS", path, allow_asset_file, "Any page may read these files", status=204),
    ]


async def send(
    request: web.Request,
    response: web.StreamResponse,
    blobs: Blobs,
    key: str,
    start: int,
    end: int,
) -> web.StreamResponse:
    """The bytes in blocks, at the reader's pace; one way for folders and object stores alike."""
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    async with aclosing(blobs.read(key, start, end)) as blocks:
        block = await anext(
            blocks
        )  # before the headers: a blob that is lost is an error, not a 200
        with suppress(ConnectionError):  # the reader has left
            await response.prepare(request)
            await response.write(block)
            async for block in blocks:
                await response.write(block)
            await response.write_eof()
    return response
