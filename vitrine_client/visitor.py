"""Somebody in a room who is a program."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec
import socketio
from aiohttp import ClientError, ClientSession
from socketio.exceptions import ConnectionError as NotConnected
from socketio.exceptions import SocketIOError

from server.rooms.messages import (
    DOWN,
    Down,
    Grab,
    Move,
    Problem,
    Release,
    Say,
    SetVariant,
    Up,
    Welcome,
)
from server.rooms.messages.entry import Leave, Resumed
from server.rooms.messages.nodes import Relocated
from server.rooms.pose import BadPose, Pose, encode
from vitrine_client.returning import ELSEWHERE, ENDED, GONE, pause
from vitrine_client.world import World

ANSWER_SECONDS: Final = 8.0
LEAVE_SECONDS: Final = 2.0  # whoever goes does not wait longer for a house that does not answer
PATIENCE: Final = 10.0  # seconds until a join without a welcome counts as failed
CONNECT_SECONDS: Final = 5  # for the namespace: a lost packet costs one of them
SEND_HZ: Final = 20.0
UNHEARD: Final = 10_000  # messages that wait for a listener


class Refused(Exception):
    """The house said no. `problem` is its RFC 9457 problem; decide by `type`."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "refused")
        self.problem = problem
        self.type = str(problem.get("type", ""))


class Unreachable(Exception):
    """No answer came: whether the house did it is unknown."""


class Visitor:
    """A visit to one room, over any number of lost lines.

    `world` is what the room is like now. Coming back takes the same avatar for 30 s, and a new one
    after that. Where the room has moved to another server meanwhile, the house is asked for it.
    When the house has ended the visit, or another device has it, `ended` is the problem that says
    why.
    """

    def __init__(self, http: ClientSession, url: str, showroom: str, token: str) -> None:
        self._http, self._url, self._showroom, self._token = http, url, showroom, token
        self.world = World()
        self.cart: dict[str, Any] = {}
        self.ended: dict[str, Any] | None = None
        self._resume, self._room_url = "", ""
        self._inside = asyncio.Event()
        self._closed = False
        self._listeners: set[asyncio.Queue[Down | None]] = set()
        self._pose_at = 0.0
        self._mending: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()  # the line that the socket has, or had
        self._socket = self._new_socket()

    @classmethod
    @asynccontextmanager
    async def enter(
        cls, url: str, name: str, *, showroom: str = "demo", token: str = ""
    ) -> AsyncIterator[Self]:
        """Walk in as a guest of this name, or as who the token belongs to.

        Raises Refused, Unreachable.
        """
        async with ClientSession() as http:
            url = url.rstrip("/")
            if not token:
                session = await _post(http, f"{url}/api/sessions", json={"name": name})
                token = session["token"]
            visitor = cls(http, url, showroom, token)
            try:
                await visitor._join()
                yield visitor
            finally:
                await visitor.leave()

    async def ask(self, message: Up, *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Send it; gives the acknowledgement. Raises Refused, and Unreachable after so long."""
        body = {k: v for k, v in msgspec.to_builtins(message).items() if k != "event"}
        name = str(message.__struct_config__.tag)
        try:
            answer = await self._answer(name, body, seconds)
        except SocketIOError as error:
            raise Unreachable(str(error) or "no answer") from error
        if not answer.get("ok"):
            raise Refused(answer["error"])
        found: dict[str, Any] = answer
        return found

    async def _answer(self, name: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
        """None comes over a line that is lost. Raises SocketIOError."""
        answer = asyncio.ensure_future(self._socket.call(name, body, timeout=seconds))
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({answer, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise NotConnected("the line was lost")
            found: dict[str, Any] = answer.result()
            return found
        finally:
            answer.cancel()
            lost.cancel()

    async def say(self, text: str) -> None:
        await self.ask(Say(text))

    async def grab(self, thing: str) -> None:
        """A lease of 3 s that `move` renews."""
        await self.ask(Grab(thing))

    async def move(self, thing: str, position: tuple[float, float, float]) -> None:
        """Metres."""
        await self.ask(Move(thing, position))

    async def release(self, thing: str) -> None:
        await self.ask(Release(thing))

    async def show(self, thing: str, variant: str) -> None:
        await self.ask(SetVariant(thing, variant))

    async def pose(self, pose: Pose) -> bool:
        """Tell where one's head and hands are. False, and not sent, within 1/20 s of the last."""
        now = asyncio.get_running_loop().time()
        if now - self._pose_at < 1 / SEND_HZ or not self._socket.connected:
            return False
        self._pose_at = now
        with suppress(SocketIOError):
            await self._socket.emit("pose", encode(pose, self.world.bounds))
        return True

    async def messages(self) -> AsyncIterator[Down]:
        """All that the room says from now on, when the world has it already; ends with the visit.

        Who listens too slowly misses the oldest.
        """
        heard: asyncio.Queue[Down | None] = asyncio.Queue(UNHEARD)
        self._listeners.add(heard)
        try:
            while (message := await heard.get()) is not None:
                yield message
        finally:
            self._listeners.discard(heard)

    async def leave(self) -> None:
        """Go for good: the place is free at once. Without a line it is kept for half a minute."""
        self._closed = True
        for task in (self._mending, self._renewing):
            if task is not None:
                task.cancel()
        if self._socket.connected and self.ended is None:
            with suppress(Refused, Unreachable):
                await self.ask(Leave(), seconds=LEAVE_SECONDS)
        await self._socket.disconnect()
        self._tell(None)

    async def _join(self) -> None:
        seat = await self._seat({})
        self._room_url, self._resume = seat["url"], ""
        await self._connect({"ticket": seat["ticket"]})

    async def _go_on(self) -> None:
        """Take one's own place again, wherever the room is now. Raises Refused, Unreachable."""
        known = {"rev": self.world.rev, "epoch": self.world.epoch} if self.world.whole else {}
        if self._room_url:
            with suppress(Unreachable):
                await self._connect({"resume": self._resume, **known})
                return
        seat = await self._seat({"resume": self._resume})
        self._room_url = seat["url"]
        await self._connect({"resume": self._resume, **known})

    async def _seat(self, wish: dict[str, Any]) -> dict[str, Any]:
        path = f"{self._url}/api/showrooms/{self._showroom}/join"
        headers = {"Authorization": f"Bearer {self._token}"}
        return await _post(self._http, path, headers=headers, json=wish)

    async def _connect(self, auth: dict[str, Any]) -> None:
        """Raises Refused, Unreachable."""
        self._inside.clear()
        self._socket = self._new_socket()
        refused: list[Any] = []
        self._socket.on("connect_error", refused.append)
        try:
            address = urlsplit(self._room_url)  # its path goes before Socket.IO's own
            await self._socket.connect(
                f"{address.scheme}://{address.netloc}",
                auth=auth,
                transports=["websocket"],
                socketio_path=f"{address.path}/socket.io",
                wait_timeout=CONNECT_SECONDS,
            )
            async with asyncio.timeout(PATIENCE):
                await self._inside.wait()
        except NotConnected as error:
            for said in refused:
                if isinstance(said, dict) and isinstance(said.get("data"), dict):
                    raise Refused(said["data"]) from error
            raise Unreachable(str(error)) from error
        except TimeoutError as error:
            await self._socket.disconnect()
            raise Unreachable("no welcome") from error

    def _new_socket(self) -> socketio.AsyncClient:
        """A used one still hears what its old line had to say."""
        # A session of its own would stay open after each dial that fails.
        socket = socketio.AsyncClient(reconnection=False, http_session=self._http)
        self._lost = cut = asyncio.Event()

        async def hear(name: str, payload: Any) -> None:
            if socket is self._socket:
                self._hear(name, payload)

        async def lost(*_: Any) -> None:
            cut.set()
            if socket is not self._socket or self._closed or not self._inside.is_set():
                return
            if self.ended is not None:
                self._tell(None)
                return
            self._mending = asyncio.create_task(self._come_back())

        socket.on("*", hear)
        socket.on("disconnect", lost)
        return socket

    def _hear(self, name: str, payload: Any) -> None:
        if name == "poses":
            with suppress(BadPose):
                self.world.frame(payload)
            return
        kind = DOWN.get(name)
        if kind is None:
            return  # of a younger house
        message: Down = msgspec.convert({**payload, "event": name}, kind, strict=False)
        if isinstance(message, Welcome):
            self.world.welcome(message)
        if isinstance(message, Welcome | Resumed):
            self._resume, self.cart = message.resume, message.cart
            self.world.epoch = message.epoch
            self._inside.set()
        elif isinstance(message, Relocated):
            self._room_url, self._resume = message.url or "", message.resume
        elif not self.world.apply(message):
            return
        if isinstance(message, Problem) and message.error.get("type") in ENDED:
            self.ended = message.error
        if name == "cart":
            self.cart = payload["cart"]
        if not self.world.whole and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renew())
        self._tell(message)

    def _tell(self, message: Down | None) -> None:
        for heard in self._listeners:
            if heard.full():
                heard.get_nowait()
            heard.put_nowait(message)

    async def _renew(self) -> None:
        """A revision is missing. A line keeps the order, so this is a fault of somebody: take the
        whole room anew, as the same avatar."""
        await self._socket.disconnect()

    async def _come_back(self) -> None:
        tries, problem = 0, dict[str, Any]()
        while not self._closed:
            await asyncio.sleep(pause(tries, problem))
            tries += 1
            problem = {}
            try:
                return await self._try_again()
            except Refused as no:
                problem = no.problem
                if no.type in ENDED:
                    return self._end(problem)
                if no.type in ELSEWHERE:
                    self._room_url = ""  # ask where it is
                if no.type in GONE:
                    self._resume = ""  # a new seat, then
            except Unreachable:
                continue

    def _end(self, problem: dict[str, Any]) -> None:
        self.ended = problem
        self._tell(None)

    async def _try_again(self) -> None:
        """Raises Refused, Unreachable."""
        if self._resume:
            await self._go_on()
        else:
            await self._join()


async def _post(http: ClientSession, url: str, **call: Any) -> dict[str, Any]:
    try:
        async with http.post(url, **call) as answer:
            found: dict[str, Any] = await answer.json()
            if answer.status >= 400:
                raise Refused(found)
            return found
    except (ClientError, ValueError, TimeoutError) as error:
        raise Unreachable(str(error)) from error
