"""`vitrine worker`: killed, frozen, stopped in good order, looked after from the terminal."""

import asyncio
import json
import signal
import sys
import time
import uuid

import pytest

from tests.server.assets.process import triangle
from tests.server.assets.stack import Stack
from tests.server.assets.tus_talk import Tus, model, until

TAKE_OVER_SECONDS = 15.0  # with the conversion itself, which takes two of them on an idle machine
NOTICED_SECONDS = 9.0  # of those, until another worker has begun


@pytest.fixture
async def stack(tmp_path, root, mongo_url, s3, redis):
    environment = {
        **s3.environment(),
        "VITRINE_DATABASE_URL": mongo_url,
        "VITRINE_BLOBS_URL": s3.url(uuid.uuid4().hex),
        "VITRINE_REDIS_URL": redis.url(),
        "VITRINE_SECRET": uuid.uuid4().hex,
    }
    stack = Stack(tmp_path, root, environment)
    yield stack
    await stack.close()


async def jobs(stack: Stack, **wanted: str) -> list[dict]:
    options = [part for name, value in wanted.items() for part in (f"--{name}", value)]
    return json.loads(await stack.say("jobs", "list", "--json", *options))


async def state(stack: Stack, tus: Tus, id: str, *statuses: str, seconds: float = 60) -> dict:
    """The asset once it is in one of these."""
    async with asyncio.timeout(seconds):
        while True:
            asset = await stack.asset(tus, id)
            if asset["status"] in statuses:
                return asset
            await asyncio.sleep(0.05)


async def under_way(stack: Stack, tus: Tus, id: str) -> dict:
    """Once the pipeline has said something: the uploader sees how far it is."""
    async with asyncio.timeout(60):
        while (asset := await stack.asset(tus, id))["progress"] == 0:
            assert asset["status"] in {"queued", "converting"}
            await asyncio.sleep(0.02)
    return asset


def hashes(asset: dict) -> dict[str, str]:
    return {file["name"]: file["sha256"] for file in asset["files"]}


async def test_a_worker_is_killed_and_another_brings_the_same_result(stack):
    tus = await stack.server()
    workers = {name: await stack.worker(name) for name in ("first", "second")}
    began = time.monotonic()
    undisturbed = hashes(await state(stack, tus, await tus.send(triangle()), "ready", "failed"))
    alone = time.monotonic() - began
    assert "web.glb" in undisturbed
    await until(lambda: all("converts models" in stack.log(name) for name in workers))

    id = await tus.send(triangle())
    asset = await under_way(stack, tus, id)
    assert asset["status"] == "converting"
    (victim,) = [name for name in workers if f"asset={id}" in stack.log(name)]
    workers.pop(victim).kill()
    killed = time.monotonic()
    asset = await state(stack, tus, id, "ready", "failed")
    assert asset["status"] == "ready", asset["error"]
    assert time.monotonic() - killed < max(TAKE_OVER_SECONDS, NOTICED_SECONDS + 2 * alone)
    assert hashes(asset) == undisturbed
    async with tus.client.get(asset["files"][0]["url"]) as answer:
        assert len(await answer.read()) == asset["files"][0]["bytes"]
    (job,) = [job for job in await jobs(stack, status="ready") if job["asset"] == id]
    assert (job["attempts"], job["worker"].split("#")[0]) == (2, *workers)


async def test_a_worker_that_wakes_up_late_changes_nothing(stack):
    tus = await stack.server()
    frozen = await stack.worker("frozen")
    id = await tus.send(triangle())
    await under_way(stack, tus, id)
    frozen.send_signal(signal.SIGSTOP)
    await stack.worker("awake")
    asset = await state(stack, tus, id, "ready", "failed")
    (job,) = [job for job in await jobs(stack, status="ready") if job["asset"] == id]
    assert (job["attempts"], job["worker"].split("#")[0]) == (2, "awake")
    frozen.send_signal(signal.SIGCONT)
    await until(lambda: "conversion.lease_lost" in stack.log("frozen"))
    later = await stack.asset(tus, id)
    assert (hashes(later), later["status"]) == (hashes(asset), "ready")


async def test_a_stopped_worker_gives_back_and_jobs_are_looked_after_from_the_terminal(stack):
    tus = await stack.server()
    broken = await tus.send(model(), filename="broken.glb")
    waiting = await tus.send(triangle())
    assert {job["asset"]: job["status"] for job in await jobs(stack)} == {
        broken: "queued",
        waiting: "queued",
    }
    await stack.say("jobs", "cancel", waiting)
    cancelled = await stack.asset(tus, waiting)
    assert (cancelled["status"], cancelled["error"]["type"]) == ("failed", "conversion-cancelled")

    worker = await stack.worker("worker")
    failed = await state(stack, tus, broken, "failed")
    assert failed["error"]["detail"]
    table = await stack.say("jobs", "list", "--status", "failed")
    assert failed["error"]["detail"][:40] in table
    assert "It was cancelled by operator." in table

    await stack.say("jobs", "retry", waiting)
    await under_way(stack, tus, waiting)
    worker.send_signal(signal.SIGTERM)
    assert await worker.wait() == 0
    (job,) = [job for job in await jobs(stack) if job["asset"] == waiting]
    assert (job["status"], job["attempts"]) == ("queued", 0)
    await stack.worker("next")
    assert (await state(stack, tus, waiting, "ready", "failed"))["status"] == "ready"


async def test_a_worker_without_shared_records_says_what_to_do(tmp_path, root):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "worker", "--data", str(tmp_path)),
        cwd=root,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complained = await process.communicate()
    assert process.returncode == 1
    assert b"VITRINE_DATABASE_URL" in complained
