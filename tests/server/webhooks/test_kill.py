"""kill -9 between any two writes of the relay: every event is told at least once."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.storage.embedded import EmbeddedStore
from server.webhooks.repository import INDEXES
from tests.server.webhooks import outbox
from tests.server.webhooks.conftest import House, until
from tests.server.webhooks.outbox import event


# Writes 1 and 2 make the rows of two documents, 3 and 4 mark them, the rest are attempts.
@pytest.mark.parametrize(
    ("writes", "when"), [(1, "after"), (3, "before"), (4, "after"), (7, "before"), (8, "after")]
)
async def test_a_killed_relay_loses_no_event(writes: int, when: str, tmp_path: Path, root: Path):
    database, indexes = tmp_path / "documents.db", (*INDEXES, *outbox.INDEXES)
    async with AsyncExitStack() as stack:
        store = await EmbeddedStore.open(database, indexes)
        house = House(store, stack)
        receiver = await house.receiver()
        endpoint = await house.endpoint(receiver)
        await house.happen("o-1", event("evt_1"), event("evt_2"))
        await house.happen("o-2", event("evt_3"))
        await store.close()

        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *["-m", "tests.server.webhooks.dying_relay", str(database), str(writes), when],
            cwd=root,
        )
        async with asyncio.timeout(20):
            assert await child.wait() == -signal.SIGKILL

        reopened = await EmbeddedStore.open(database, indexes)
        stack.push_async_callback(reopened.close)
        after = House(reopened, stack)
        await after.start()
        await until(lambda: set(receiver.accepted) == {"evt_1", "evt_2", "evt_3"})
        receiver.verified(endpoint.secrets[0].text)
        assert await after.told()
