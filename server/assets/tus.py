"""The tus protocol over HTTP: how browsers and tools send large models over bad lines."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import format_datetime
from typing import Any, Final

from aiohttp import ClientError, web

from server.assets import upload as noun
from server.assets.file import FilesAway, UnknownFormat
from server.assets.upload import Upload, UploadView
from server.assets.uploads import UploadService
from server.auth import Role
from server.errors import DiskFull, VitrineError
from server.routing import Call, Reply, Route, problem_response

UPLOADERS: Final = frozenset({Role.DESIGNER, Role.STAFF, Role.INTEGRATION})
OFFSET_STREAM: Final = "application/offset+octet-stream"
# A line that has gone quiet is given up, so that its owner can go on over another one.
IDLE_SECONDS: Final = 20.0
ERRORS: Final = (
    noun.BadUpload,
    noun.NoSuchUpload,
    noun.UploadExpired,
    noun.WrongTusVersion,
    FilesAway,
)
WRITE_ERRORS: Final = (
    *ERRORS,
    noun.WrongOffset,
    noun.UploadBusy,
    noun.MoreThanAnnounced,
    noun.WrongChecksum,
    noun.UploadInterrupted,
    DiskFull,
)
BEGIN_ERRORS: Final = (
    *WRITE_ERRORS,
    noun.UploadTooLarge,
    noun.UnknownProduct,
    noun.TooManyUploads,
    UnknownFormat,
)


class WrongMethod(VitrineError):
    status = 405
    type = "wrong-method"
    title = "This method does not apply here"
    detail = "POST to an upload needs X-HTTP-Method-Override: PATCH or DELETE."


def routes(
    uploads: UploadService, idle_seconds: float = IDLE_SECONDS, node_url: str = ""
) -> list[Route]:
    """`node_url`: where this very node is reached, which keeps the bytes of what it began."""
    limit = uploads.limits.bytes

    async def describe_uploads(_: Call) -> web.Response:
        return _answer(
            204,
            **{
                "Tus-Version": noun.VERSION,
                "Tus-Extension": noun.EXTENSIONS,
                "Tus-Max-Size": str(limit),
                "Tus-Checksum-Algorithm": ",".join(noun.ALGORITHMS),
            },
        )

    async def begin_upload(call: Call) -> web.Response:
        if "Upload-Defer-Length" in call.headers:
            raise noun.BadUpload(reason="Upload-Defer-Length is not supported here.")
        length = noun.read_length(call.headers.get("Upload-Length"), limit)
        with_bytes = call.request.content_type == OFFSET_STREAM and call.request.can_read_body
        if with_bytes:  # refuse before anything is created
            announced = call.request.content_length
            checksum = noun.read_checksum(call.headers.get("Upload-Checksum"))
        metadata = call.headers.get("Upload-Metadata")
        upload, offset = await uploads.begin(call.caller.id, length, metadata), 0
        if with_bytes:
            body = _body(call.request, upload.id, idle_seconds)
            upload, offset = await uploads.receive(
                call.caller.id, upload.id, 0, body, announced, checksum
            )
        return _answer(
            201, Location=f"{node_url}/api/uploads/{upload.id}", **_headers(upload, offset)
        )

    async def continue_upload(call: Call) -> web.Response:
        if call.request.content_type != OFFSET_STREAM:
            raise noun.BadUpload(reason=f"The Content-Type must be {OFFSET_STREAM}.")
        sent = noun.read_number("Upload-Offset", call.headers.get("Upload-Offset"))
        id = call.path["id"]
        upload, offset = await uploads.receive(
            call.caller.id,
            id,
            sent,
            _body(call.request, id, idle_seconds),
            call.request.content_length,
            noun.read_checksum(call.headers.get("Upload-Checksum")),
        )
        return _answer(204, **_headers(upload, offset))

    async def upload_offset(call: Call) -> web.Response:
        upload, offset = await uploads.state(call.caller.id, call.path["id"])
        known = {"Upload-Length": str(upload.length), "Upload-Metadata": upload.metadata}
        return _answer(200, **known, **_headers(upload, offset), **{"Cache-Control": "no-store"})

    async def show_upload(call: Call) -> Reply:
        view = noun.view(*await uploads.state(call.caller.id, call.path["id"]))
        return Reply(view, headers={"Cache-Control": "no-store"})

    async def end_upload(call: Call) -> web.Response:
        await uploads.give_up(call.caller.id, call.path["id"])
        return _answer(204)

    async def override_upload(call: Call) -> web.Response:
        method = call.headers.get("X-HTTP-Method-Override")
        if method == "PATCH":
            return await continue_upload(call)
        if method == "DELETE":
            return await end_upload(call)
        raise WrongMethod

    def route(method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
        return Route(method, path, _spoken(handler, limit), summary, roles=UPLOADERS, **more)

    one = "/api/uploads/{id}"
    return [
        Route(
            "OPTIONS",
            "/api/uploads",
            describe_uploads,
            "What this tus server can do",
            status=204,
        ),
        route(
            "POST",
            "/api/uploads",
            begin_upload,
            "Begin an upload (tus creation)",
            body=bytes,
            status=201,
            errors=BEGIN_ERRORS,
        ),
        route("HEAD", one, upload_offset, "How many bytes are here", errors=ERRORS),
        route(
            "PATCH",
            one,
            continue_upload,
            "Send bytes; the last ones make the asset, named by the header Vitrine-Asset",
            body=bytes,
            status=204,
            errors=WRITE_ERRORS,
        ),
        route(
            "POST",
            one,
            override_upload,
            "PATCH or DELETE, for clients that cannot send them",
            body=bytes,
            status=204,
            errors=(*WRITE_ERRORS, WrongMethod),
        ),
        route(
            "DELETE",
            one,
            end_upload,
            "Give an upload up",
            status=204,
            errors=(*ERRORS, noun.UploadBusy),
        ),
        Route(
            "GET",
            one,
            show_upload,
            "An upload and, when complete, its asset",
            roles=UPLOADERS,
            returns=UploadView,
            errors=(noun.NoSuchUpload, noun.UploadExpired, FilesAway),
        ),
    ]


def _spoken(
    handler: Callable[[Call], Awaitable[web.Response]], limit: int
) -> Callable[[Call], Awaitable[web.Response]]:
    """Checks the protocol version before, and adds the protocol's headers to problems after."""

    async def spoken(call: Call) -> web.Response:
        try:
            sent = call.headers.get("Tus-Resumable")
            if sent != noun.VERSION:
                raise noun.WrongTusVersion(sent=sent)
            return await handler(call)
        except VitrineError as error:
            response = problem_response(error)
            response.headers["Tus-Resumable"] = noun.VERSION
            if isinstance(error, noun.WrongTusVersion):
                response.headers["Tus-Version"] = noun.VERSION
            if isinstance(error, noun.UploadTooLarge):
                response.headers["Tus-Max-Size"] = str(limit)
            return response

    spoken.__name__ = handler.__name__  # the operation's id in the OpenAPI document
    return spoken


async def _body(request: web.Request, id: str, idle_seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes. Raises UploadInterrupted when the line breaks or goes quiet."""
    try:
        while True:
            async with asyncio.timeout(idle_seconds):
                block = await request.content.readany()
            if not block:
                return
            yield block
    except (ConnectionError, ClientError, web.RequestPayloadError, TimeoutError) as error:
        raise noun.UploadInterrupted(upload=id) from error


def _headers(upload: Upload, offset: int) -> Mapping[str, str]:
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.done:
        headers["Vitrine-Asset"] = upload.asset
    return headers


def _answer(status: int, **headers: str) -> web.Response:
    return web.Response(status=status, headers={"Tus-Resumable": noun.VERSION, **headers})
