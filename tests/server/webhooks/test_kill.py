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
from tests.server.webhooks.conftest import House, now, until
from tests.server.webhooks.outbox import event


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("writes", [1, 2, 3, 5])
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
        await expire_leases(after)
        await after.start()
        await until(lambda: set(receiver.accepted) == {"evt_1", "evt_2", "evt_3"})
        receiver.verified(endpoint.secrets[0].text)
        assert await after.told()


async def expire_leases(house: House) -> None:
    """What the killed process had under way would wait for half a minute."""
    rows, _ = await house.webhooks.deliveries()
    for row in rows:
        if row.lease:
            await house.webhooks.change_delivery(row.id, lambda one: one.replay(now()))
