"""The fast lane of public files: a known file goes out the moment its request comes in.

A megabyte over a local line costs the kernel 100 to 200 µs, and a request through aiohttp's parser,
router, middlewares and log 400 µs. So a plain GET for a file that was served before is answered
where its bytes arrive. Whatever is not exactly that (a range, a condition, a body, half a request,
another one before it) takes the way it always took.

This leans on names inside of aiohttp's connection handler; `attach` looks whether they are there,
and does nothing where they are not.
"""

import contextlib
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from server.assets.blobs import Blobs
from server.assets.file import File
from server.assets.sending import AT_ONCE, STALLED_SECONDS, in_memory, sendfile
from server.assets.service import AssetService
from server.assets.serving import FOR_GOOD, PUBLIC

MAX_REQUEST: Final = 4096  # bytes
MAX_LENGTH: Final = 8 << 20  # of a file; larger ones take long anyway
MAX_OPEN: Final = 64  # files
HEADERS: Final = rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}:[\t\x20-\x7e]*\r\n){1,40})\r\n"
PLAIN: Final = re.compile(
    rb"GET /assets/([0-9A-Za-z_-]{1,64})/([0-9A-Za-z_.-]{1,80}) HTTP/1\.1\r\n" + HEADERS
)
WHOLE: Final = re.compile(rb"(?:GET|HEAD) [!-~]{1,2000} HTTP/1\.1\r\n" + HEADERS)
LONGER: Final = re.compile(  # what follows such headers
    rb"^(?:content-length|transfer-encoding|expect|upgrade|trailer)\b",
    re.IGNORECASE | re.MULTILINE,
)
# What would make the answer another one, or the request more than it seems.
SPECIAL: Final = re.compile(
    rb"^(?:(?:range|if-[a-z-]+|content-length|transfer-encoding|expect|upgrade|te|trailer"
    rb"|x-request-id|traceparent)\b|connection:(?!\s*keep-alive\s*\r))",
    re.IGNORECASE | re.MULTILINE,
)
HOST: Final = re.compile(rb"^host:", re.IGNORECASE | re.MULTILINE)
NAMES: Final = frozenset(
    {"_waiter", "_messages", "_close", "_force_close", "_upgraded", "_payload_parser"}
    | {"_request_count", "_next_keepalive_close_time", "_keepalive_timeout"}
)
log = structlog.get_logger()


@dataclass
class FileLane:
    """Which requests it takes, and what it answers."""

    assets: AssetService
    blobs: Blobs
    served: Callable[[float], None] = lambda seconds: None  # told of each answer that began
    open: dict[str, int] = field(default_factory=dict)  # by key; contents never change
    taken: int = 0  # requests
    ending: bool = False  # the server stops: the long way tells clients so

    def find(self, data: bytes) -> tuple[bytes, int, int] | None:
        """Status line and headers, an open file and its length."""
        if self.ending or len(data) > MAX_REQUEST or (found := PLAIN.fullmatch(data)) is None:
            return None
        asset, name, headers = found.groups()
        file = self.assets.known(asset.decode(), name.decode())
        if file is None or file.gzip_sha256 or not 0 < file.bytes <= MAX_LENGTH:
            return None
        if SPECIAL.search(headers) or len(HOST.findall(headers)) != 1:
            return None
        handle = self._open(file.sha256)
        if handle is None or not in_memory(handle, 0, file.bytes):
            return None
        return head_of(file), handle, file.bytes

    def _open(self, key: str) -> int | None:
        handle = self.open.get(key)
        if handle is None and (path := self.blobs.path(key)) is not None:
            if len(self.open) >= MAX_OPEN:
                self._forget()
            with contextlib.suppress(OSError):
                handle = self.open[key] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return handle

    def close(self) -> None:
        """Take no more."""
        self.ending = True
        self._forget()

    def _forget(self) -> None:
        for handle in self.open.values():
            os.close(handle)
        self.open.clear()


def head_of(file: File) -> bytes:
    """The same headers as on the long way."""
    headers = PUBLIC | {
        "ETag": f'"{file.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": FOR_GOOD,
        "Content-Type": file.media_type,
        "Content-Length": str(file.bytes),
        "Date": rfc822_formatted_time(),
        "Server": SERVER_SOFTWARE,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()


@dataclass(slots=True)
class Rest:
    """What a connection could not take at once."""

    file: int  # a number of its own
    start: int
    end: int


class LaneHandler(RequestHandler):
    """aiohttp's connection, with a look at what arrives before it is parsed."""

    __slots__ = ("_between", "_held", "_lane", "_line", "_rest", "_told")

    def __init__(self, lane: FileLane, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._lane = lane
        self._between = True  # nothing of an earlier request is still in the parser
        self._line: socket.socket | None = None  # a second number of the same connection
        self._rest: Rest | None = None  # of the file that is on its way
        self._told = 0.0  # when the reader last took something; the loop's time
        self._held = b""  # what came meanwhile

    def data_received(self, data: bytes) -> None:
        if self._rest is not None:
            self._held += data
            if len(self._held) > MAX_REQUEST and self.transport is not None:
                self.transport.pause_reading()
            return
        if self._between and self._idle() and (found := self._lane.find(data)):
            self._send(*found)
            return
        before = self._request_count
        super().data_received(data)
        if self._between:  # once it is not, nobody but the parser knows where a request begins
            whole = WHOLE.fullmatch(data) is not None and not LONGER.search(data)
            self._between = whole and self._request_count == before + 1

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._end_rest()
        if self._line is not None:
            self._line.close()

    def _idle(self) -> bool:
        """Waiting for a request, and nothing of a former answer is still to be written."""
        return (
            self._waiter is not None
            and not self._waiter.done()
            and not (self._messages or self._close or self._force_close or self._upgraded)
            and self._payload_parser is None
            and self.transport is not None
            and not self.transport.is_closing()
            and not self.transport.get_write_buffer_size()
        )

    def _send(self, head: bytes, file: int, length: int) -> None:
        """As much as the connection takes; the rest when it takes more."""
        began = time.perf_counter()
        self._awake()
        self._lane.taken += 1
        if self._line is None:
            assert self.transport is not None  # noqa: S101 - see _idle
            number = os.dup(self.transport.get_extra_info("socket").fileno())
            self._line = socket.socket(fileno=number)
        try:
            # The connection had nothing to write, so the headers fit. They wait for the file: by
            # themselves they would wake the reader, who then takes the file in crumbs.
            sent = self._line.send(head, socket.MSG_MORE | socket.MSG_DONTWAIT)
            if sent != len(head):
                raise ConnectionAbortedError
            sent = sendfile(self._line.fileno(), file, 0, min(length, AT_ONCE))
        except OSError:  # the reader has left
            self.force_close()
            return
        self._lane.served(time.perf_counter() - began)
        if sent < length:
            self._rest = Rest(os.dup(file), sent, length)
            self._loop.add_writer(self._line.fileno(), self._send_more)
            self._loop.call_later(STALLED_SECONDS, self._look, self._rest)

    def _send_more(self) -> None:
        """The connection takes something again."""
        rest = self._rest
        assert rest is not None  # noqa: S101 - nobody calls this otherwise
        assert self._line is not None  # noqa: S101
        try:
            count = min(rest.end - rest.start, AT_ONCE)
            rest.start += sendfile(self._line.fileno(), rest.file, rest.start, count)
        except OSError:
            self._end_rest()
            self.force_close()
            return
        self._awake()
        if rest.start == rest.end:
            self._end_rest()
            held, self._held = self._held, b""
            if self.transport is not None:
                self.transport.resume_reading()
            if held:
                self.data_received(held)

    def _end_rest(self) -> None:
        if self._rest is not None and self._line is not None:
            self._loop.remove_writer(self._line.fileno())
            os.close(self._rest.file)
            self._rest = None

    def _look(self, rest: "Rest") -> None:
        """Has this reader left without a word?"""
        if rest is not self._rest:
            return
        left = self._told + STALLED_SECONDS - self._loop.time()
        if left > 0:
            self._loop.call_later(left, self._look, rest)
        else:
            self._end_rest()
            self.force_close()

    def _awake(self) -> None:
        """The connection is not idle: aiohttp's clock for those begins anew."""
        self._told = self._loop.time()
        self._next_keepalive_close_time = self._told + self._keepalive_timeout


class LaneServer(Server):
    """Makes such connections."""

    lane: FileLane

    def __call__(self) -> RequestHandler:
        return LaneHandler(self.lane, self, loop=self._loop, **self._kwargs)


def attach(runner: web.AppRunner, lane: FileLane) -> bool:
    """To a runner that is set up and does not listen yet; whether this aiohttp allows it."""
    server = runner.server
    slots = {name for kind in RequestHandler.__mro__ for name in getattr(kind, "__slots__", ())}
    if type(server) is not Server or lane.blobs.folder is None or not slots >= NAMES:
        return False
    server.__class__ = LaneServer
    server.lane = lane  # type: ignore[attr-defined]
    return True
