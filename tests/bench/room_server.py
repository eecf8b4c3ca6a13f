"""Our house, as `bench_rooms` measures it.

    python -m tests.bench.room_server rooms|whole|plain --avatars 10 [--showrooms 10]

Says where it listens in a line of JSON, then serves until its standard input ends.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

import uvloop

from server.process import listening, opened, set_up_log
from server.rooms import wire
from server.settings import Settings
from tests.server.rooms.house import SHOWROOM

CROWD = 24  # avatars; the setting's default
EVERYBODY = 250


async def house(options: argparse.Namespace) -> None:
    """The whole server as it is installed, with showrooms and nothing else in it. Everybody comes
    from one address, so that there are no limits for an address."""
    if options.kind == "plain":
        wire.works = lambda: False
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            port=0,
            data=Path(folder),
            room_capacity=options.avatars,
            room_crowd=EVERYBODY if options.kind == "whole" else CROWD,
            address_sockets=0,
            address_joins_per_minute=0,
            log_level="warning",
        )
        set_up_log(settings)
        async with opened(settings) as rooms, listening(rooms, settings) as url:
            for id in ("demo", *(f"demo{number}" for number in range(options.showrooms))):
                await rooms.showrooms.put_showroom({**SHOWROOM, "id": id})
            if rooms.sockets.fast == (options.kind == "plain"):
                raise SystemExit("The fast lane does not work on these versions.")
            await serve_until_closed(url, folder)


async def serve_until_closed(url: str, data: str) -> None:
    """Say where, then wait for the end of standard input."""
    print(json.dumps({"url": url, "data": data}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("rooms", "whole", "plain"))
    parser.add_argument("--avatars", type=int, default=10, help="in one room")
    parser.add_argument("--showrooms", type=int, default=0, help="besides `demo`")
    uvloop.run(house(parser.parse_args()))
