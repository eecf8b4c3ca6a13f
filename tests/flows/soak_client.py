"""The Python client at the far end of a bad network: does what each line of its input says."""

import asyncio
import json
import sys
from typing import Any

from server.rooms.messages import UP, read_message
from vitrine_client.visitor import Refused, Unreachable, Visitor


def told(visitor: Visitor) -> dict[str, Any]:
    """As `window.vitrine.told` of the page."""
    world = visitor.world
    things = {
        thing.id: {
            "position": list(thing.position),
            "variant": thing.variant,
            "held_by": thing.held_by,
        }
        for thing in world.objects.values()
    }
    avatars = sorted({*world.avatars, world.me})
    return {
        "rev": world.rev,
        "epoch": world.epoch,
        "me": world.me,
        "avatars": avatars,
        "things": things,
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
            answer = told(visitor) if event == "told" else await act(visitor, event, payload)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
