"""Browsers and programs share a room over a bad network, and never disagree.

`make soak-rooms` (MINUTES=10). Every client is behind a link that loses 3 % of all packets and
delays and reorders the rest, and that goes down for some seconds each minute, so that lines break
and are mended. In between all are quiet for a moment: then each must believe the same of the room
as a witness who sits beside the server, and everybody must still be the same avatar.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import async_playwright

from tests.flows.browser import ARGUMENTS, enter
from tests.flows.lossy_link import HERE, Link, Weather, bad_network, missing
from tests.flows.process import ROOT, Running, running
from tests.flows.small_house import GUIDE, furnish, session
from tests.flows.soak_play import Game
from tests.flows.soak_seats import Page, Remote, Witness, wrapped
from vitrine_client.visitor import Visitor as Client

CALM = Weather(loss=0.0, delay_seconds=0.005, jitter_seconds=0.0, reorder=0.0)
SMALL = {"viewport": {"width": 320, "height": 240}}


async def share(
    server: Running, link: Link, inside: list[str], options: argparse.Namespace
) -> Counter[str]:
    url, token = server.url, session(server.data, GUIDE)
    async with AsyncExitStack() as stack:
        witness = await stack.enter_async_context(Client.enter(url, "Witness", token=token))
        pages: list[Page] = []
        if options.browsers:
            playwright = await stack.enter_async_context(async_playwright())
            path = wrapped(inside, server.data.parent)
            for number in range(options.browsers):
                browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
                stack.push_async_callback(browser.close)
                name = f"Browser {number + 1}"
                pages.append(Page(name, await enter(browser, url, name, **SMALL)))
        remotes = [
            await stack.enter_async_context(Remote.start(name, command, inside, url))
            for name, command in PROGRAMS.items()
        ]
        game = Game([Witness(witness), *pages, *remotes], await variants(url))
        await game.go_on(link, 60 * options.minutes, **(SHORT if options.short else {}))
        errors = [error for page in pages for error in page.visitor.errors]
        game.counts["page errors"] = len([one for one in errors if "ERR_" not in one])
        return game.counts


PROGRAMS = {
    "Python": [sys.executable, "-m", "tests.flows.soak_client"],
    "JavaScript": ["node", "tests/flows/soak_client.mjs"],
}
SHORT: dict[str, Any] = {"rounds": (4.0, 6.0), "outages": (11.0, 12.0), "often": 0.0}


async def variants(url: str) -> dict[str, list[str]]:
    """Of everything on display."""
    async with ClientSession(url) as http, http.get("/api/showrooms/demo") as answer:
        showroom = await answer.json()
    of = {one["sku"]: [v["id"] for v in one["variants"]] for one in showroom["products"]}
    displays = showroom["scene"]["displays"]
    return {one["id"]: of[one["sku"]] for one in displays if one["sku"] in of}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--data", type=Path, help="a folder that `make demo` has filled")
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="rounds of seconds, and one outage")
    options = parser.parse_args()
    if reason := missing():
        sys.exit(f"No bad network can be made: {reason}.")
    if os.environ.get("VITRINE_SOAK") != "inside":
        os.environ["VITRINE_SOAK"] = "inside"
        command = [sys.executable, "-m", "tests.flows.soak", *sys.argv[1:]]
        sys.exit(subprocess.call(["unshare", "--net", *command], cwd=ROOT))
    with tempfile.TemporaryDirectory() as made, bad_network(CALM) as (link, inside):
        data = options.data or Path(made, "data")
        arguments = ["--demo"] if options.browsers else []
        if not options.browsers:  # programs need no models
            asyncio.run(furnish(data))
        with running(data, *arguments, VITRINE_HOST=HERE) as server:
            link.carried = link.lost = 0
            counts = asyncio.run(share(server, link, inside, options))
        lost = link.lost / max(1, link.carried + link.lost)
        print(f"soak-rooms: {dict(counts)}, {lost:.1%} of {link.carried + link.lost} packets lost")
        assert counts["agreed"] > 0
        assert counts["page errors"] == 0


if __name__ == "__main__":
    main()
