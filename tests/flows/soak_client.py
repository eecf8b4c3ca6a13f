"""The Python client at the far end of a bad network: does what each line of its input says."""

import asyncio
import json
import sys
from collections import Counter
from typing import Any

import msgspec

from server.rooms.messages import UP, Welcome, read_message
from server.rooms.messages.entry import Resumed
from vitrine_client.visitor import Refused, Unreachable, Visitor
from vitrine_client.world import World

LOOKS = ("index", "name", "color", "figure")


def told(world: World) -> dict[str, Any]:
    """What somebody believes of the room, as JSON values; a page's is put together in soak.py."""
    here = [*world.avatars.values(), *([world.you] if world.you else [])]
    things = msgspec.json.decode(msgspec.json.encode(world.objects))
    return {
        "rev": world.rev,
        "epoch": world.epoch,
        "me": world.me,
        "avatars": {one.id: {name: getattr(one, name) for name in LOOKS} for one in here},
        "things": {
            id: {k: v for k, v in thing.items() if k not in ("id", "sku")}
            for id, thing in things.items()
        },
        "hands": world.hands,
        "following": world.following,
        "spotlight": world.spotlight,
        "pointing": world.pointing,
    }


async def act(visitor: Visitor, event: str, payload: dict[str, Any]) -> bool:
    """Whether the room agreed."""
    assert event in UP
    try:
        await visitor.ask(read_message(event, payload))
    except (Refused, Unreachable, TimeoutError):
        return False
    return True


async def main(url: str, name: str) -> None:
    async with Visitor.enter(url, name) as visitor:
        loop, lines = asyncio.get_running_loop(), Counter({"lines": 1})
        counting = asyncio.create_task(count(visitor, lines))
        print("inside", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            event, payload = json.loads(line)
            known = {**told(visitor.world), **lines}
            answer = known if event == "told" else await act(visitor, event, payload)
            print(json.dumps(answer), flush=True)
        counting.cancel()


async def count(visitor: Visitor, lines: Counter[str]) -> None:
    """How many lines it took."""
    async for message in visitor.messages():
        lines["lines"] += isinstance(message, Welcome | Resumed)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
