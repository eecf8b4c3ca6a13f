"""Two browsers and a Python client share a room over a bad network, and never disagree.

`make soak-rooms` (MINUTES=10). Every client is behind a link that loses 3 % of all packets and
delays and reorders the rest, and that goes down for some seconds each minute, so that lines break
and are mended. In between all are quiet for a moment: then each must believe the same of the room
as a witness who sits beside the server, and everybody must still be the same avatar.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.flows.browser import ARGUMENTS, NAMES, Visitor, enter
from tests.flows.lossy_link import HERE, Link, Weather, bad_network, missing
from tests.flows.process import ROOT, running
from tests.flows.soak_client import act, told
from vitrine_client.visitor import Visitor as Client

SETTLE_SECONDS = 90.0
BELIEVED = """({...vitrine.told, hands: vitrine.company.hands,
    following: vitrine.company.following, spotlight: vitrine.display.spotlight,
    pointing: Object.fromEntries(
        vitrine.display.pointing.map(({by, object}) => [by, object ?? null]))})"""
CALM = Weather(loss=0.0, delay_seconds=0.005, jitter_seconds=0.0, reorder=0.0)


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
    """The Python client in its own process, at the far end."""

    name = "Python"

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.turn = asyncio.Lock()

    @classmethod
    async def start(cls, inside: list[str], url: str) -> "Remote":
        command = [*inside, sys.executable, "-m", "tests.flows.soak_client", url]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
        assert process.stdout is not None
        assert (await process.stdout.readline()).strip() == b"inside"
        return cls(process)

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


async def play(one: Any, things: list[str], dice: random.Random, counts: Counter[str]) -> None:
    """Something that visitors do."""
    thing = dice.choice(things)
    if dice.random() < 0.3:
        counts["said"] += await one.act("say", {"text": f"{one.name} {dice.random():.3f}"})
    elif await one.act("grab", {"object": thing}):
        counts["grabbed"] += 1
        for _ in range(dice.randrange(4)):
            position = [dice.uniform(-2, 2), dice.uniform(0, 2), dice.uniform(-2, 2)]
            counts["moved"] += await one.act("move", {"object": thing, "position": position})
        counts["released"] += await one.act("release", {"object": thing})


async def agree(everybody: list[Any], counts: Counter[str]) -> None:
    """All believe the same, soon after everybody is quiet."""
    ends = time.monotonic() + SETTLE_SECONDS
    while True:
        views = {one.name: await one.told() for one in everybody}
        compared = [{k: v for k, v in view.items() if k != "me"} for view in views.values()]
        if all(view == compared[0] for view in compared):
            counts["agreed"] += 1
            return
        if time.monotonic() > ends:
            raise AssertionError(f"they disagree: {json.dumps(views, indent=1)[:6000]}")
        await asyncio.sleep(0.5)


async def soak(everybody: list[Any], link: Link, minutes: float, bad: Weather) -> Counter[str]:
    dice, counts = random.Random(9), Counter[str]()
    link.weather = bad
    things = sorted((await everybody[0].told())["things"])
    before = [(await one.told())["me"] for one in everybody]
    ends = time.monotonic() + 60 * minutes
    while time.monotonic() < ends:
        until = min(ends, time.monotonic() + dice.uniform(15, 40))
        while time.monotonic() < until:
            await asyncio.gather(*(play(one, things, dice, counts) for one in everybody))
            await asyncio.sleep(dice.random())
        if dice.random() < 0.7:
            bad.down = True
            counts["blackouts"] += 1
            await play(everybody[0], things, dice, counts)  # which the others must miss
            await asyncio.sleep(dice.uniform(4, 14))
            bad.down = False
        await agree(everybody, counts)
        assert [(await one.told())["me"] for one in everybody] == before, "not the same avatars"
        print(f"{max(0, ends - time.monotonic()):4.0f} s left: {dict(counts)}", flush=True)
    return counts


def wrapped(inside: list[str], folder: Path) -> Path:
    """Chromium, started at the far end of the link."""
    found = next(path for name in NAMES if name and (path := shutil.which(name)))
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {found} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


async def share(url: str, link: Link, inside: list[str], folder: Path, minutes: float) -> Counter:
    async with async_playwright() as playwright, Client.enter(url, "Witness") as client:
        path = wrapped(inside, folder)
        pages = []
        browsers = []
        for name in ("Ada", "Bo"):
            browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            browsers.append(browser)
            small = {"viewport": {"width": 320, "height": 240}}
            pages.append(Page(name, await enter(browser, url, name, **small)))
        remote = await Remote.start(inside, url)
        everybody = [Witness(client), *pages, remote]
        counts = await soak(everybody, link, minutes, Weather())
        errors = [error for page in pages for error in page.visitor.errors]
        counts["page errors"] = len([one for one in errors if "ERR_" not in one])
        for browser in browsers:
            await browser.close()
        remote.process.kill()
        await remote.process.wait()
        return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--data", type=Path, help="a folder that `make demo` has filled")
    options = parser.parse_args()
    if reason := missing():
        sys.exit(f"No bad network can be made: {reason}.")
    if os.environ.get("VITRINE_SOAK") != "inside":
        os.environ["VITRINE_SOAK"] = "inside"
        command = [sys.executable, "-m", "tests.flows.soak", *sys.argv[1:]]
        sys.exit(subprocess.call(["unshare", "--net", *command], cwd=ROOT))
    with tempfile.TemporaryDirectory() as made, bad_network(CALM) as (link, inside):
        folder = Path(made)
        data = options.data or folder / "data"
        with running(data, "--demo", VITRINE_HOST=HERE) as server:
            counts = asyncio.run(share(server.url, link, inside, folder, options.minutes))
        share_lost = link.lost / max(1, link.carried + link.lost)
        print(f"soak-rooms: {dict(counts)}, {share_lost:.1%} of {link.carried} packets lost")
        assert counts["page errors"] == 0


if __name__ == "__main__":
    main()
