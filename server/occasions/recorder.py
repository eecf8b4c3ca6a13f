"""Writes down what everybody in an occasion's room sees and hears."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from server.occasions.occasion import Occasion, Status
from server.occasions.recording import Sheet
from server.occasions.repository import Occasions

log = structlog.get_logger()
POSE_SECONDS: Final = 0.1  # between two pose frames, while somebody moves
HEAD_BYTES: Final = 4  # of a pose frame: its time, which says nothing about who moved


class Stage(Protocol):
    """What can be seen of a room from a seat among its visitors."""

    def snapshot(self, occasion: Occasion) -> dict[str, Any]:
        """Who and what is there."""
        ...

    def poses(self, occasion: Occasion) -> bytes | None:
        """A frame with everybody's pose; None while the room is closed."""
        ...

    def tap(
        self, occasion: Occasion, sink: Callable[[str, dict[str, Any]], None]
    ) -> Callable[[], bool] | None:
        """Have the sink told what everybody is told, as event and body. Answers whether the tap
        still stands; None while the room is closed."""
        ...


@dataclass(slots=True)
class Following:
    """One recording that is under way."""

    occasion: Occasion
    sheet: Sheet
    stands: Callable[[], bool] | None = None
    last: bytes = b""
    task: asyncio.Task[None] | None = None
    over: bool = False


@dataclass(slots=True)
class Recorder:
    """Records live occasions that were announced as recorded, and no others."""

    documents: Occasions
    stage: Stage
    clock: Callable[[], datetime]  # UTC, aware
    _followed: dict[str, Following] = field(default_factory=dict)

    async def follow(self, occasion: Occasion) -> None:
        """Record from now on, or go on, or store what is left of one that is over."""
        known = self._followed.get(occasion.id)
        if occasion.status is not Status.LIVE or not occasion.recorded:
            if known is not None:
                await self._end(known)
            return
        if known is None:
            last = await self.documents.last(occasion.id)
            if occasion.id in self._followed:  # somebody else was told at the same moment
                return
            known = Following(occasion, Sheet(self._now(), number=last))
            self._followed[occasion.id] = known
            known.task = asyncio.create_task(self._record(known))
        self._attach(known)

    async def close(self) -> None:
        """Store what is left; occasions go on being recorded after a restart."""
        await asyncio.gather(*(self._end(known) for known in list(self._followed.values())))

    def _attach(self, known: Following) -> None:
        """To the room as it is open now: one that closed and opened again is another one."""
        if known.stands is not None and known.stands():
            return

        def sink(event: str, body: dict[str, Any]) -> None:
            if not known.over:
                known.sheet.write(self._now(), event, body)

        known.stands = self.stage.tap(known.occasion, sink)
        if known.stands is not None:
            known.sheet.write(self._now(), "snapshot", self.stage.snapshot(known.occasion))
            known.last = b""

    async def _record(self, known: Following) -> None:
        while not known.over:
            await asyncio.sleep(POSE_SECONDS)
            if known.over:
                return
            frame = self.stage.poses(known.occasion)
            if frame is not None and frame[HEAD_BYTES:] != known.last:
                known.last = frame[HEAD_BYTES:]
                known.sheet.write(self._now(), "poses", b64encode(frame).decode())
            if known.sheet.is_due(self._now()):
                await self._store(known)

    async def _store(self, known: Following) -> None:
        chunk = known.sheet.take()
        if chunk is None:
            return
        number, lines = chunk
        try:
            while not await self.documents.keep(known.occasion.id, number, lines):
                number = await self.documents.last(known.occasion.id) + 1
            known.sheet.number = number
        except Exception:  # storage is away: the gap is a few seconds, and the visit goes on
            log.exception("occasion.not_recorded", occasion=known.occasion.id)

    async def _end(self, known: Following) -> None:
        """What is being stored is waited for: without that chunk those after it are not found."""
        known.over = True
        self._followed.pop(known.occasion.id, None)
        if known.task is not None:
            await asyncio.wait([known.task])
        await self._store(known)

    def _now(self) -> float:
        return self.clock().timestamp()
