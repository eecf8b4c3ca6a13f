"""One file as an answer: kept for good, in parts, compressed, or not at all when it is known."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from server.assets.blobs import Blobs
from server.assets.conditional import RangeNotSatisfiable, byte_range, matches
from server.assets.file import File
from server.assets.sending import send
from server.errors import VitrineError
from server.routing import problem_response

# A file opened as a page of its own, whatever a model made of it, runs no script and reaches
# nothing. A proof shows its style and the pictures beside it.
SANDBOXED: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'; sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
}
PUBLIC: Final = SANDBOXED | {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
PRIVATE: Final = SANDBOXED | {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address itself is the key
}
FOR_GOOD: Final = "public, max-age=31536000, immutable"
FOR_ONE: Final = "private, max-age=600"
GZIP: Final = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored form of a file, as the request wants it."""

    key: str
    length: int
    etag: str
    headers: dict[str, str]


def answer_of(file: File, accept: str, whole: bool) -> Answer:
    """The compressed form where there is one, the client takes it and wants the whole."""
    vary = {"Vary": "Accept-Encoding"} if file.gzip_sha256 else {}
    if file.gzip_sha256 and whole and GZIP.search(accept.lower()):
        how = vary | {"Content-Encoding": "gzip"}
        return Answer(file.gzip_sha256, file.gzip_bytes, f'"{file.sha256}-gzip"', how)
    return Answer(file.sha256, file.bytes, f'"{file.sha256}"', vary)


async def serve(
    request: web.Request, blobs: Blobs, file: File, *, public: bool, attachment: bool = False
) -> web.StreamResponse:
    """Raises RangeNotSatisfiable, FilesAway, FileNotFoundError before anything is sent."""
    asked = request.headers
    answer = answer_of(file, asked.get("Accept-Encoding", ""), "Range" not in asked)
    headers = (PUBLIC if public else PRIVATE) | answer.headers
    headers["ETag"] = answer.etag
    headers["Accept-Ranges"] = "bytes"
    headers["Cache-Control"] = FOR_GOOD if public else FOR_ONE
    if matches(answer.etag, asked.get("If-None-Match")):
        return web.Response(status=304, headers=headers)
    wanted = None
    if request.method == "GET":
        wanted = byte_range(asked.get("Range"), asked.get("If-Range"), answer.etag, answer.length)
    start, end = wanted or (0, answer.length)
    headers["Content-Type"] = file.media_type
    headers["Content-Length"] = str(end - start)
    if attachment:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{answer.length}"
    response = web.StreamResponse(status=206 if wanted else 200, headers=headers)
    return await send(request, response, blobs, answer.key, start, end)


def refusal(error: VitrineError, *, public: bool) -> web.StreamResponse:
    """A page of somebody else's may read why, too, where the file is for everybody."""
    response = problem_response(error)
    response.headers.update(PUBLIC if public else PRIVATE)
    if isinstance(error, RangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{error.facts['length']}"
    return response
