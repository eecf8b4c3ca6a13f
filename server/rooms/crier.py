"""Carries news to all nodes, and does on this one what they say."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog

from server.rooms import news
from server.rooms.acts import Outcome
from server.rooms.directory import DirectoryAway
from server.rooms.messages.nodes import Broadcast
from server.rooms.moderation import ModerationService
from server.rooms.mover import Mover
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets

log = structlog.get_logger()

MAX_WAITING: Final = 10_000  # news that wait for a directory that is slow: the oldest are dropped
AGAIN_SECONDS: Final = 0.5  # until it listens again


@dataclass(slots=True)
class Crier:
    """On the event loop."""

    hub: RoomHub
    sockets: Sockets
    moderation: ModerationService
    mover: Mover
    _out: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))

    def __post_init__(self) -> None:
        self.hub.nodes.lost = self.mover.lost
        self.hub.keeper.lost.append(lambda live: self.mover.relocate(live, None))
        if self.hub.directory.many:
            self.hub.others_hear = self._others_hear
            self.moderation.others_hear = self._sent_out_elsewhere

    @property
    def me(self) -> str:
        """This node, as news say it."""
        return self.hub.nodes.me.id

    # ---- out ----

    async def broadcast(self, text: dict[str, str], showroom: str | None) -> int:
        """In every room of every node, or those of one showroom; how many nodes heard it.

        Raises DirectoryAway: nobody did.
        """
        said = news.ToEverybody(self.me, text, int(self.hub.now() * 1000), showroom)
        return await self._tell(said)

    async def _tell(self, said: news.News) -> int:
        return await self.hub.directory.tell(news.encode(said))

    def _others_hear(self, person: str, event: str, body: dict[str, Any]) -> None:
        plain = msgspec.to_builtins(body)
        self._later(news.ForPerson(self.me, person, event, plain))

    def _sent_out_elsewhere(self, showroom: str, person: str, until: str, reason: str) -> None:
        self._later(news.SentOut(self.me, showroom, person, until, reason))

    def _later(self, said: news.News) -> None:
        """In the order of the calls, without waiting."""
        if self._out.full():
            self._out.get_nowait()
        self._out.put_nowait(news.encode(said))

    async def speak(self) -> None:
        """Send what is for others, as long as the server lives."""
        while True:
            text = await self._out.get()
            try:
                await self.hub.directory.tell(text)
            except DirectoryAway:  # carts and orders are in the next welcome, bans are stored
                log.warning("news.not_told")

    # ---- in ----

    async def listen(self) -> None:
        """As long as the server lives."""
        while True:
            try:
                await self.hub.directory.listen(self.hear)
            except DirectoryAway:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def hear(self, text: bytes) -> None:
        """What another node says, or this one."""
        heard = news.decode(text)
        own = heard is not None and heard.by == self.me
        match heard:
            case news.ForPerson() if not own:
                self.hub.deliver(heard.person, heard.event, heard.body)
            case news.SentOut() if not own:
                self._send_out(heard)
            case news.ToEverybody():
                self._say(heard)

    def _say(self, said: news.ToEverybody) -> None:
        message = Broadcast(said.text, said.at)
        for live in self.hub.rooms():
            if said.showroom in (None, live.showroom):
                self.sockets.carry_out(live, Outcome(loose=[message]))

    def _send_out(self, said: news.SentOut) -> None:
        for live in self.hub.rooms():
            if live.showroom == said.showroom:
                endings = self.moderation.endings(
                    said.showroom, said.person, said.until, said.reason
                )
                self.sockets.carry_out(live, Outcome(endings=endings))
                return  # one call ends them in all rooms of the showroom
