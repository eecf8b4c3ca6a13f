"""The seats of a room that is shared over a bad network: who sits where, and how they are asked."""

import asyncio
import json
import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.flows.browser import NAMES, Visitor
from tests.flows.process import ROOT
from tests.flows.soak_client import act, told
from vitrine_client.visitor import Visitor as Client

BELIEVED = """({...vitrine.told, hands: vitrine.company.hands,
    following: vitrine.company.following, spotlight: vitrine.display.spotlight,
    pointing: Object.fromEntries(
        vitrine.display.pointing.map(({by, object}) => [by, object ?? null]))})"""


class Page:
    """A browser's view and hand."""

    def __init__(self, name: str, visitor: Visitor) -> None:
        self.name, self.visitor = name, visitor

    async def told(self) -> dict[str, Any]:
        return dict(await self.visitor.page.evaluate(BELIEVED))

    async def act(self, event: str, payload: dict[str, Any]) -> bool:
        script = "([e, p]) => window.vitrine.ask(e, p).then(() => true, () => false)"
        return bool(await self.visitor.page.evaluate(script, [event, payload]))


class Remote:
    """A program in its own process, at the far end."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name, self.process = name, process
        self.turn = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def start(
        cls, name: str, command: list[str], inside: list[str], url: str
    ) -> AsyncIterator["Remote"]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *inside, *command, url, name, stdin=pipe, stdout=pipe, cwd=ROOT
        )
        try:
            assert process.stdout is not None
            assert (await process.stdout.readline()).strip() == b"inside"
            yield cls(name, process)
        finally:
            process.kill()
            await process.wait()

    async def _ask(self, event: str, payload: Any) -> Any:
        async with self.turn:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps([event, payload]).encode() + b"\n")
            return json.loads(await self.process.stdout.readline())

    async def told(self) -> dict[str, Any]:
        return dict(await self._ask("told", {}))

    async def act(self, event: str, payload: dict[str, Any]) -> bool:
        return bool(await self._ask(event, payload))


class Witness:
    """A client on the near side, where nothing is lost."""

    name = "witness"

    def __init__(self, client: Client) -> None:
        self.client = client

    async def told(self) -> dict[str, Any]:
        return told(self.client.world)

    async def act(self, event: str, payload: dict[str, Any]) -> bool:
        return await act(self.client, event, payload)


def wrapped(inside: list[str], folder: Path) -> Path:
    """Chromium, started at the far end of the link."""
    found = next(path for name in NAMES if name and (path := shutil.which(name)))
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {found} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script
