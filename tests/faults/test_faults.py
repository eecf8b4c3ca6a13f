"""Whatever is away, killed, full or wrong: nothing that was promised is lost or done twice.

One house for all of these, in use all the time. `make soak` does the same for long, at random.
"""

import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.house import House, standing
from tests.faults.use import Use, in_use

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def use(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Use]:
    folder = tmp_path_factory.mktemp("house")
    with contextlib.ExitStack() as stack:
        house: House = stack.enter_context(standing(folder))
        async with in_use(house) as use:
            yield use


async def test_mongodb_is_killed_and_started_again(use):
    await use.hurt("mongo_killed")
    await use.well()


async def test_redis_is_killed_and_comes_back_empty(use):
    await use.hurt("redis_killed")
    await use.well()


async def test_redis_is_emptied(use):
    await use.hurt("redis_emptied")
    await use.well()


async def test_the_files_are_out_of_reach(use):
    await use.hurt("s3_away")
    await use.well()


async def test_a_node_is_killed_with_its_room_and_half_an_upload(use):
    await use.hurt("node_killed")
    await use.well()


async def test_a_worker_is_killed_in_the_middle_of_a_model(use):
    await use.hurt("worker_killed")
    await use.well()


async def test_a_node_that_was_thought_dead_wakes_up_and_has_no_room(use):
    await use.hurt("node_frozen")
    await use.well()


async def test_two_nodes_are_asked_for_one_room_at_once(use):
    await use.hurt("room_claimed_by_two")
    await use.well()


async def test_a_clock_jumps_by_hours(use):
    if use.house.clock is None:
        pytest.skip("a clock that jumps needs a C compiler")
    await use.hurt("clock_jumps")
    await use.well()


async def test_a_disk_is_full(use):
    if not use.house.small_disks:
        pytest.skip("a small disk needs root, and leave to mount one")
    await use.hurt("disk_full")
    await use.well()
