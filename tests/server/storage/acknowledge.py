"""A process that writes without end and says on stdout what is durable; tests kill it.

Usage: python -m tests.server.storage.acknowledge FILE
"""

import asyncio
import contextlib
import sys
from pathlib import Path

from server.storage.embedded import EmbeddedStore
from server.storage.port import Change, Exists, Insert
from tests.server.storage.contract import INDEXES, counted

WRITERS = 16


async def write(store: EmbeddedStore, name: str) -> None:
    """A line `<name> <n>` means: document `<name>` counts at least n, and `<name>-<n>` exists."""
    with contextlib.suppress(Exists):  # a former life of this process made it
        await store.run(Insert("shoe", name, {"id": name, "count": 0}))
    while True:
        (doc,) = await store.run(Change("shoe", name, counted))
        n = (doc or {})["count"]
        await store.run(Insert("shoe", f"{name}-{n}", {"id": f"{name}-{n}"}))
        sys.stdout.write(f"{name} {n}\n")
        sys.stdout.flush()


async def main() -> None:
    store = await EmbeddedStore.open(Path(sys.argv[1]), INDEXES)
    await asyncio.gather(*(write(store, f"w{n}") for n in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main())
