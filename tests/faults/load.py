"""People who use the house all the time: they order, cancel, upload and move things."""

import asyncio
import hashlib
import itertools
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from server.rooms.grips import LEASE_SECONDS
from tests.faults.promises import Promises
from tests.server.assets.process import triangle
from tests.server.assets.tus_talk import STREAM, metadata
from vitrine_client import Visitor
from vitrine_client.visitor import Refused, Unreachable

SHOPPERS: Final = 4
PAUSE_SECONDS: Final = 0.12  # of a shopper between two orders
ANSWER_SECONDS: Final = 20.0  # nobody waits longer for an answer
THINGS: Final = (("Anna", "shoe"), ("Bruno", "lamp"))  # visitors, and what each arranges
CHUNKS: Final = 3  # of an upload
PIECE_BYTES: Final = 16_000  # about; more than a disk gives away at once
BODY: Final = {
    "lines": [{"sku": "TEA-01", "quantity": 1}],
    "fulfilment": {"kind": "pickup", "store": "milano"},
}
# What a room may say while something is away; it was not done then.
PATIENT: Final = frozenset({"room-moving", "room-elsewhere", "storage-unavailable"})


@dataclass
class Load:
    """Goes on while `going` is set; `last` says when each kind was done last."""

    site: str
    promises: Promises
    staff: dict[str, str]  # headers
    going: asyncio.Event = field(default_factory=asyncio.Event)
    busy: set[str] = field(default_factory=set)
    slowest: str = ""  # who was served last
    last: dict[str, float] = field(default_factory=dict)  # who → when the last one *began*
    visitors: list[Visitor] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def begun(
        cls, site: str, promises: Promises, staff: dict[str, str], visitors: bool = True
    ) -> AsyncIterator["Load"]:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        load = cls(site, promises, staff)
        load.going.set()
        async with AsyncExitStack() as stack:
            load.http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            for name, thing in THINGS if visitors else ():
                visitor = await stack.enter_async_context(Visitor.enter(site, name))
                load.visitors.append(visitor)
                load.start(name, load.arrange(name, visitor, thing))
            for number in range(SHOPPERS):
                load.start(f"shopper {number}", load.shop(f"shopper {number}"))
            stack.push_async_callback(load.end)
            yield load

    http: aiohttp.ClientSession = field(init=False)

    def start(self, name: str, work: Any) -> None:
        self.last[name] = 0.0
        self.tasks.append(asyncio.create_task(work, name=name))

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """Everybody has an answer, and asks for nothing more."""
        self.going.clear()
        try:
            async with asyncio.timeout(60):
                while self.busy:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            yield
        finally:
            self.going.set()

    async def all_served(self, since: float, seconds: float = 30.0) -> float:
        """Until all have been served who asked after that moment; how long that took."""
        late = list(self.last)
        try:
            async with asyncio.timeout(seconds):
                while still := [name for name in late if self.last[name] <= since]:
                    late = still
                    await self.nap()
        except TimeoutError:
            raise AssertionError(f"still not served: {late} {self.promises.refused}") from None
        self.slowest = late[0]
        return time.monotonic() - since

    async def nap(self) -> None:
        """Between two looks; raises what a task of theirs has died of."""
        for task in self.tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)

    # ---- calls, repeated until they are answered ----

    async def ask(self, method: str, path: str, **call: Any) -> tuple[int, dict[str, str], Any]:
        """The first answer that is not `come back later`.

        A kept connection may be closed before it has taken the call; then the call is repeated at
        once, which must be answered (RFC 9112 section 9.3.1). A call that was taken must be, too.
        """
        again = False
        while True:
            url = path if "://" in path else self.site + path
            try:
                async with self.http.request(method, url, **call) as answer:
                    plain = "json" not in answer.headers.get("Content-Type", "")
                    body = await (answer.text() if plain else answer.json(content_type=None))
                    status, headers = answer.status, dict(answer.headers)
            except (aiohttp.ClientError, TimeoutError) as error:
                if not again and was_unsent(error):
                    again = True
                    continue
                self.promises.unclear.append(f"{method} {path}: {error!r}")
                await asyncio.sleep(1)
                continue
            again = False
            if status < 500:
                return status, headers, body
            wait = self.promises.refusal(f"{method} {path}", status, headers, body)
            await asyncio.sleep(min(wait, 1.0))

    async def joined(self, via: str, showroom: str = "demo") -> dict[str, Any]:
        """A seat for a guest who asks there."""
        _, _, session = await self.ask("POST", f"{via}/api/sessions", json={"name": "Guest"})
        headers = {"Authorization": f"Bearer {session['token']}"}
        path = f"{via}/api/showrooms/{showroom}/join"
        status, _, seat = await self.ask("POST", path, headers=headers, json={})
        assert status == 201, seat
        return dict(seat)

    # ---- who they are ----

    async def shop(self, name: str) -> None:
        _, _, session = await self.ask("POST", "/api/sessions", json={"name": name})
        own = {"Authorization": f"Bearer {session['token']}"}
        for number in itertools.count(1):
            await self.going.wait()
            self.busy.add(name)
            began = time.monotonic()
            order = await self.order(own)
            if order is not None and number % 6 == 0:
                await self.cancel(own, order)
            self.last[name] = began
            self.busy.discard(name)
            await asyncio.sleep(PAUSE_SECONDS)

    async def order(self, own: dict[str, str]) -> dict[str, Any] | None:
        key = uuid.uuid4().hex
        headers = {**own, "Idempotency-Key": key}
        while True:
            status, _, body = await self.ask("POST", "/api/orders", headers=headers, json=BODY)
            if status in {200, 201}:
                self.promises.ordered(body["id"], key)
                return dict(body)
            if body["type"] == "order-abandoned":  # said clearly, and nothing was taken
                self.promises.refused["order-abandoned"] += 1
                return None
            if body["type"] != "order-in-progress":
                self.promises.unclear.append(f"an order: {status} {body}")
                return None
            await asyncio.sleep(0.2)

    async def cancel(self, own: dict[str, str], order: dict[str, Any]) -> None:
        """A second try may find that the first one did it."""
        id = order["id"]
        path, seen = f"/api/orders/{id}", {"If-Match": f'"{order["version"]}"'}
        status, _, body = await self.ask("POST", f"{path}/cancel", headers=own | seen)
        if status in {409, 412}:
            _, _, body = await self.ask("GET", path, headers=own)
        if body.get("status") != "cancelled":
            self.promises.unclear.append(f"cancelling: {status} {body}")
        self.promises.cancelled.add(id)

    async def arrange(self, name: str, visitor: Visitor, thing: str) -> None:
        """Puts a thing elsewhere, again and again."""
        for number in itertools.count():
            await self.going.wait()
            self.busy.add(name)
            began, x = time.monotonic(), round(-4 + number % 800 / 100, 2)
            try:
                await visitor.grab(thing)
                await visitor.move(thing, (x, 1.0, 2.0 if thing == "shoe" else -2.0))
                self.promises.moved(thing, x)
                await visitor.release(thing)
                self.last[name] = began
            except Unreachable:
                pass  # the line is mended meanwhile
            except Refused as no:
                # A node that stood still for so long has to be asked for the piece again.
                lapsed = no.type == "not-held" and time.monotonic() - began > LEASE_SECONDS
                if no.type not in PATIENT and not lapsed:
                    self.promises.unclear.append(f"{name}, moving: {no.problem}")
                self.promises.refused[no.type] += 1
            self.busy.discard(name)
            await asyncio.sleep(0.1)

    async def upload(
        self, via: str = "", meanwhile: Callable[[], Any] | None = None, pause: float = 0.2
    ) -> str:
        """In pieces; gives the asset. `meanwhile` is called once there is one piece."""
        content = triangle(uuid.uuid4().hex, spaces=CHUNKS * PIECE_BYTES)
        own = {**self.staff, "Tus-Resumable": "1.0.0"}
        begun = {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata(filename="sign.glb"),
        }
        status, headers, body = await self.ask(
            "POST", f"{via}/api/uploads", headers={**own, **begun}
        )
        assert status == 201, body
        address = headers["Location"]
        acknowledged, asset = 0, None
        while asset is None:
            end = acknowledged + -(-len(content) // CHUNKS)
            given = {"Upload-Offset": str(acknowledged), "Content-Type": STREAM}
            status, headers, body = await self.ask(
                "PATCH", address, headers={**own, **given}, data=content[acknowledged:end]
            )
            if status == 409:  # what we did not hear of arrived
                status, headers, _ = await self.ask("HEAD", address, headers=own)
            if status == 423:  # what broke off is just being put away, or handed over
                await asyncio.sleep(0.2)
                continue
            assert status in {200, 204}, (status, body)
            offset = int(headers["Upload-Offset"])
            if offset < acknowledged:
                self.promises.unclear.append(f"{address}: {acknowledged} bytes, then {offset}")
            acknowledged, asset = offset, headers.get("Vitrine-Asset")
            if meanwhile is not None:
                meanwhile()
                meanwhile = None
            await asyncio.sleep(pause)
        self.promises.uploads[asset] = hashlib.sha256(content).hexdigest()
        return asset


def was_unsent(error: Exception) -> bool:
    """Whether a connection ended before it had taken the whole call: only aiohttp's words tell."""
    return isinstance(error, aiohttp.ClientOSError) and "Can not write" in str(error)
