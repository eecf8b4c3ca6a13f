"""A relay in a process of its own that kills itself at a chosen write.

python -m tests.server.webhooks.dying_relay DATABASE WRITES before|after
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from server.storage.embedded import EmbeddedStore
from server.storage.port import Doc, Op
from server.webhooks.repository import INDEXES
from server.webhooks.sender import HttpSender
from tests.server.webhooks import outbox
from tests.server.webhooks.quick_relay import relay_on


class Fatal:
    """A store whose n-th write is the last thing that its process does, or does not do."""

    def __init__(self, store: EmbeddedStore, writes: int, when: str) -> None:
        self.store, self.left, self.when = store, writes, when
        self.get, self.find, self.close = store.get, store.find, store.close

    async def run(self, *ops: Op) -> list[Doc | None]:
        self.left -= 1
        last = self.left == 0  # asked now: others may write meanwhile
        if last and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        documents = await self.store.run(*ops)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return documents


async def main(database: str, writes: str, when: str) -> Any:
    store = await EmbeddedStore.open(Path(database), (*INDEXES, *outbox.INDEXES))
    async with HttpSender(allow_http=True, allow_private=True) as sender:
        await relay_on(Fatal(store, int(writes), when), sender, lease_seconds=0.1).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
