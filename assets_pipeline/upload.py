"""Sends models to a Vitrine server and follows their conversion; goes on where a line broke.

Source: tus resumable upload protocol 1.0.0.
"""

import asyncio
import base64
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

BLOCK = 64 * 1024  # bytes handed to the socket at a time
QUIET_SECONDS = 60.0  # a line that takes no block for so long is dead; TCP would wait 15 minutes
POLL_SECONDS = 0.4  # between two looks at a conversion
PATIENCE_SECONDS = 90.0  # without any progress, once the server has answered
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds between attempts; doubles
REMEMBERED_SECONDS = 7 * 24 * 3600.0
AGAIN = {409, 423, 429, 500, 502, 503, 504}  # statuses that another attempt may change

Json = dict[str, Any]
Report = Callable[[float, str], None]  # fraction 0..1 of the step, step


class UploadError(Exception):
    """Something that the command's user can act on: `title`, `detail`."""

    code = 1  # of the command's exit

    def __init__(self, type: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.type, self.title, self.detail = type, title, detail

    def problem(self) -> dict[str, str]:
        return {"type": self.type, "title": self.title, "detail": self.detail}


class Refused(UploadError):
    """The server said no, and would again."""


class Unreachable(UploadError):
    """No answer, or none any more."""

    code = 3

    def __init__(self, server: str, why: str) -> None:
        detail = (
            f"{server} does not answer ({why}). Is it running? `vitrine serve` starts one; "
            "another one is named by --server or VITRINE_SERVER."
        )
        super().__init__("server-unreachable", "The server cannot be reached", detail)


class Again(Exception):
    """Not now; perhaps in a moment."""


@dataclass(frozen=True)
class Source:
    """A file to send, and what is said about it."""

    path: Path
    size: int
    sha256: str
    sku: str | None

    @classmethod
    def of(cls, path: Path, sku: str | None) -> "Source":
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(path, file.tell(), digest, sku)

    def metadata(self) -> str:
        facts = {"filename": self.path.name} | ({"sku": self.sku} if self.sku else {})
        return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())


class Memory:
    """Which uploads have begun: a small file, so that a command started again goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_user(cls) -> "Memory":
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(base) / "vitrine" / "uploads.json")

    def get(self, key: str) -> str | None:
        found = self._read().get(key)
        return found["upload"] if found else None

    def put(self, key: str, upload: str | None) -> None:
        """None forgets. What is old goes, too."""
        now = time.time()
        kept = {k: v for k, v in self._read().items() if now - v["at"] < REMEMBERED_SECONDS}
        kept.pop(key, None)
        if upload:
            kept[key] = {"upload": upload, "at": now}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(kept))
            beside.replace(self.path)
        except OSError:
            return  # a home that cannot be written: uploads work, a new start begins anew

    def _read(self) -> dict[str, Json]:
        try:
            found = json.loads(self.path.read_text())
            return {k: v for k, v in found.items() if isinstance(v["at"], float) and v["upload"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # absent, or somebody else's: start anew


class Uploader:
    """One server, one key; gives up after `patience_seconds` without any progress."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        key: str,
        memory: Memory,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.session = session
        self.server = server.rstrip("/")
        self.memory = memory
        self.patience_seconds = patience_seconds
        self.headers = {"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"}
        self._answered = False
        self._moved = time.monotonic()

    async def deliver(self, source: Source, report: Report) -> Json:
        """Send and wait for the conversion: the asset, ready. Raises UploadError."""
        key = f"{self.server} {source.sha256} {source.path.name} {source.sku or ''}"
        id = await self.persist(lambda: self._send(key, source, report))
        asset: Json = await self.persist(lambda: self._follow(id, report))
        self.memory.put(key, None)
        if asset["status"] == "failed":
            error = asset["error"]
            raise UploadError(error["type"], error["title"], error["detail"])
        files = [file | {"url": self.server + file["url"]} for file in asset["files"]]
        return asset | {"files": files}

    async def persist(self, attempt: Callable[[], Any]) -> Any:
        """Try again while there is hope. Raises Unreachable when there is none."""
        pause, self._moved = FIRST_PAUSE, time.monotonic()
        while True:
            before = self._moved
            try:
                return await attempt()
            except (aiohttp.ClientError, OSError, TimeoutError, Again) as error:
                lost = time.monotonic() - self._moved > self.patience_seconds
                if lost or (not self._answered and not isinstance(error, Again)):
                    raise Unreachable(self.server, _why(error)) from error
                pause = FIRST_PAUSE if self._moved > before else min(pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(pause)

    async def _send(self, key: str, source: Source, report: Report) -> str:
        """One attempt to bring the rest; the asset's id."""
        report(0.0, "upload")
        upload = self.memory.get(key)
        asset, offset = await self._ask_offset(upload) if upload else (None, None)
        if upload is None or offset is None:
            upload, offset = await self._begin(source), 0
            self.memory.put(key, upload)
        if asset is None:
            asset = await self._patch(upload, source, offset, report)
        report(1.0, "upload")
        await self._compare(upload, source)
        return asset

    async def _begin(self, source: Source) -> str:
        headers = {"Upload-Length": str(source.size), "Upload-Metadata": source.metadata()}
        async with self._call("POST", "/api/uploads", headers) as answer:
            await self._check(answer)
            return str(urlsplit(answer.headers["Location"]).path.rsplit("/", 1)[-1])

    async def _ask_offset(self, upload: str) -> tuple[str | None, int | None]:
        """The asset if all is there, and the offset; None when the server has forgotten it."""
        async with self._call("HEAD", f"/api/uploads/{upload}") as answer:
            if answer.status in {404, 410}:
                return None, None
            await self._check(answer)
            return answer.headers.get("Vitrine-Asset"), int(answer.headers["Upload-Offset"])

    async def _patch(self, upload: str, source: Source, offset: int, report: Report) -> str:
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(source.size - offset),
        }
        async with asyncio.timeout(QUIET_SECONDS) as limit:

            def sent(offset: int) -> None:
                limit.reschedule(asyncio.get_running_loop().time() + QUIET_SECONDS)
                self._moved = time.monotonic()
                report(offset / source.size, "upload")

            body = _rest(source, offset, sent)
            async with self._call("PATCH", f"/api/uploads/{upload}", headers, body) as answer:
                await self._check(answer)
                return str(answer.headers["Vitrine-Asset"])

    async def _compare(self, upload: str, source: Source) -> None:
        async with self._call("GET", f"/api/uploads/{upload}") as answer:
            await self._check(answer)
            if (await answer.json())["sha256"] == source.sha256:
                return
        detail = f"{source.path.name} arrived changed. Was it written to meanwhile? Send it again."
        raise UploadError("upload-damaged", "The upload is damaged", detail)

    async def _follow(self, id: str, report: Report) -> Json:
        """Look at the asset until its conversion has ended."""
        while True:
            async with self._call("GET", f"/api/assets/{id}") as answer:
                await self._check(answer)
                asset: Json = await answer.json()
            self._moved = time.monotonic()
            report(asset["progress"], asset["step"] or asset["status"])
            if asset["status"] in {"ready", "failed"}:
                return asset
            await asyncio.sleep(POLL_SECONDS)

    def _call(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: AsyncIterator[bytes] | None = None,
    ) -> Any:
        given = self.headers | (headers or {})
        return self.session.request(
            method, self.server + path, headers=given, data=body, allow_redirects=False
        )

    async def _check(self, answer: aiohttp.ClientResponse) -> None:
        """Raises Refused with the server's words, Again where another attempt may help."""
        self._answered = True
        if answer.status < 300:
            return
        problem = await _problem(answer)
        if answer.status in AGAIN or problem.get("type") == "upload-interrupted":
            raise Again(problem.get("title") or f"status {answer.status}")
        if "title" not in problem and answer.method != "HEAD":
            detail = f"{self.server} answered {answer.status}. Is it a Vitrine server?"
            raise Refused("not-a-vitrine-server", "The answer is not understood", detail)
        title = problem.get("title") or f"The server refused ({answer.status})"
        detail = problem.get("detail") or "It gave no reason."
        if answer.status in {401, 403}:
            detail += " `vitrine keys create --role designer` makes a key; pass it by --key."
        raise Refused(problem.get("type") or "refused", title, detail)


async def _rest(source: Source, offset: int, sent: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The file from `offset` on; `sent` is told how far the socket has taken it."""
    with source.path.open("rb") as file:
        file.seek(offset)
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
            offset += len(block)
            sent(offset)


async def _problem(answer: aiohttp.ClientResponse) -> Json:
    try:
        found = await answer.json(content_type=None)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return (str(error) or type(error).__name__).splitlines()[0]
