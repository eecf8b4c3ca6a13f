"""The Python client at the far end of a bad network: does what each line of its input says."""

import asyncio
import json
import sys
from typing import Any

import msgspec

from server.rooms.messages import UP, read_message
from vitrine_client.visitor import Refused, Unreachable, Visitor
from vitrine_client.world import World

LOOKS = ("index", "name", "color", "figure")


def told(world: World) -> dict[str, Any]:
    """What somebody believes of the room, as JSON values; a page's is put together in soak.py."""
    here = [*world.avatars.values(), *([world.you] if world.you else [])]
    things = {id: msgspec.to_builtins(thing) for id, thing in world.objects.items()}
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


async def main(url: str) -> None:
    async with Visitor.enter(url, "Python") as visitor:
        loop = asyncio.get_running_loop()
        print("inside", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            event, payload = json.loads(line)
            answer = told(visitor.world) if event == "told" else await act(visitor, event, payload)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
