"""Conversions: done, failed, tried again, given up, taken over; in a process of their own."""

import asyncio
import os
from pathlib import Path

import pytest

from server.assets.asset import Status
from tests.server.assets.house import build, working
from tests.server.assets.tus_talk import ended, metadata, model, until


async def bring(house, content: bytes, sku: str | None = None) -> str:
    """A model by the front door, without HTTP; the asset's id."""
    facts = {"filename": "shoe.glb"} | ({"sku": sku} if sku else {})
    upload = await house.uploads.begin("designer-1", len(content), metadata(**facts))

    async def body():
        yield content

    upload, _ = await house.uploads.receive("designer-1", upload.id, 0, body(), None, None)
    assert upload.done
    return upload.asset


async def test_a_model_becomes_files_and_its_product_is_told(at_work, tmp_path):
    id = await bring(at_work, model(), "SHOE-01")
    asset = await ended(at_work.assets, id)
    await until(lambda: at_work.shelf.attached == {"SHOE-01": id})
    assert asset.status is Status.READY
    assert asset.built.warnings == ("Texture wood.png is missing.",)
    assert asset.built.variants == ("Night",)
    file, *_ = await at_work.assets.files(id)
    assert (file["url"], file["profile"], file["lod"]) == (f"/assets/{id}/web.glb", "web", 0)
    assert await at_work.blobs.has(file["sha256"])
    assert await at_work.blobs.has(asset.built.proof.sha256)
    assert [path for path in (tmp_path / "work").glob("*/*") if path.name != ".lock"] == []


async def test_its_event_waits_until_the_relay_has_taken_it(at_work):
    id = await bring(at_work, model(), "SHOE-01")
    await ended(at_work.assets, id)
    ((document, (event,)),) = await at_work.assets.unsent(10)
    assert (document, event["type"], event["data"]["asset"]) == (id, "asset.ready", id)
    assert event["data"]["sku"] == "SHOE-01"
    await at_work.assets.mark_sent(id, [event["id"]])
    assert await at_work.assets.unsent(10) == []
    await at_work.assets.mark_sent(id, [event["id"]])


async def test_a_broken_model_fails_once_with_the_pipelines_own_words(at_work, tmp_path):
    id = await bring(at_work, model(do="fail", count=str(tmp_path / "count")))
    asset = await ended(at_work.assets, id)
    assert asset.error == {
        "type": "invalid-model",
        "title": "Broken",
        "status": 422,
        "detail": "shoe.glb is cut off.",
    }
    assert (tmp_path / "count").stat().st_size == 1
    ((_, (event,)),) = await at_work.assets.unsent(10)
    assert (event["type"], event["data"]["error"]["type"]) == ("asset.failed", "invalid-model")


async def test_a_crash_inside_the_pipeline_is_tried_again_too(make_house, clock, tmp_path):
    house = await make_house(clock=clock)
    id = await bring(house, model(do="fail", type="converter-crashed"))
    await house.jobs.convert(await house.jobs.claim())
    assert (await house.assets.get(id)).status is Status.QUEUED


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("crash", "by signal SIGKILL"),
        ("babble", "not understood"),
        ("escape", "/etc/hostname"),
        ("lie", "not the file that was reported"),
    ],
)
async def test_a_model_that_kills_its_converter_is_given_up_after_three(
    make_house, clock, tmp_path, do, words
):
    house = await make_house(clock=clock)
    id = await bring(house, model(do=do, count=str(tmp_path / "count")))
    for _ in range(3):
        clock.forward(seconds=10)
        await house.jobs.convert(await house.jobs.claim())
    asset = await house.assets.get(id)
    assert asset.status is Status.FAILED
    assert words in asset.error["detail"]
    assert (asset.error["type"], asset.error["attempts"]) == ("conversion-crashed", 3)
    assert (tmp_path / "count").stat().st_size == 3
    clock.forward(hours=1)
    assert await house.jobs.claim() is None


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_conversion_that_hangs_ends_with_everything_it_started(
    make_house, tmp_path, monkeypatch
):
    monkeypatch.setattr("server.assets.converter.GRACE_SECONDS", 0.5)
    house = await make_house(seconds=0.5)
    pids = tmp_path / "pids"
    id = await bring(house, model(do="hang", pids=str(pids)))
    async with working(house):
        asset = await ended(house.assets, id)
    assert asset.error["type"] == "conversion-timeout"
    await until(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))


async def test_progress_is_seen_while_it_converts(at_work, tmp_path):
    id = await bring(at_work, model(gate=str(tmp_path / "gate")))
    async with asyncio.timeout(60):
        while (await at_work.assets.get(id)).progress != 0.25:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    asset = await at_work.assets.get(id)
    assert (asset.status, asset.step) == (Status.CONVERTING, "web: textures")
    await asyncio.sleep(2)  # longer than a lease: the heartbeat keeps it
    assert (await at_work.assets.get(id)).attempts == 1
    (tmp_path / "gate").touch()
    assert (await ended(at_work.assets, id)).attempts == 1


async def test_a_stopping_server_gives_its_conversion_back(house, tmp_path):
    id = await bring(house, model(gate=str(tmp_path / "gate")))
    async with working(house), asyncio.timeout(60):
        while (await house.assets.get(id)).status is Status.QUEUED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    asset = await house.assets.get(id)
    assert (asset.status, asset.attempts, asset.lease) == (Status.QUEUED, 0, None)
    (tmp_path / "gate").touch()
    async with working(house):
        assert (await ended(house.assets, id)).status is Status.READY


async def test_a_lapsed_lease_is_taken_over_and_the_late_result_dropped(
    make_house, clock, tmp_path
):
    house = await make_house(clock=clock, lease_seconds=1000)
    id = await bring(house, model(gate=str(tmp_path / "gate"), count=str(tmp_path / "count")))
    slow = asyncio.create_task(house.jobs.convert(await house.jobs.claim()))
    await until((tmp_path / "count").exists)
    clock.forward(seconds=1001)
    await house.jobs.mend()
    clock.forward(seconds=10)
    taken = await house.jobs.claim()
    (tmp_path / "gate").touch()
    await slow
    assert (await house.assets.get(id)).lease == taken.lease
    await house.jobs.convert(taken)
    asset = await house.assets.get(id)
    assert (asset.status, asset.attempts, len(asset.history)) == (Status.READY, 2, 1)


async def test_a_moment_that_a_wrong_clock_set_is_not_waited_for(make_house, clock):
    house = await make_house(clock=clock)
    id = await bring(house, model())
    clock.forward(hours=2)
    assert (await house.jobs.claim()).id == id
    clock.forward(hours=-2)  # it was wrong, and its worker is gone
    await house.jobs.mend()
    assert (await house.assets.get(id)).status is Status.QUEUED
    assert (await house.jobs.claim()).id == id
    assert await house.jobs.claim() is None


async def test_as_many_at_once_as_allowed_and_each_only_once(make_house, tmp_path):
    house = await make_house(at_once=2)
    counts = [tmp_path / f"count-{n}" for n in range(3)]
    gate = str(tmp_path / "gate")
    ids = [await bring(house, model(gate=gate, count=str(count))) for count in counts]
    async with working(house):
        await until(lambda: sum(count.exists() for count in counts) == 2)
        await asyncio.sleep(0.5)
        assert sum(count.exists() for count in counts) == 2
        (tmp_path / "gate").touch()
        for id in ids:
            assert (await ended(house.assets, id)).status is Status.READY
    assert [count.stat().st_size for count in counts] == [1, 1, 1]


async def test_two_workers_share_the_queue_without_doubling(make_house, open_store, tmp_path):
    house = await make_house()
    other = build(tmp_path / "other", house.assets.assets.store)
    other.jobs.converter.blobs = house.blobs
    counts = [tmp_path / f"count-{n}" for n in range(6)]
    ids = [await bring(house, model(count=str(count))) for count in counts]
    async with working(house), working(other):
        for id in ids:
            await ended(house.assets, id)
    assert [count.stat().st_size for count in counts] == [1] * 6


async def test_an_asset_that_was_ready_before_its_product_knew_is_attached_later(house):
    id = await bring(house, model(), "SHOE-01")
    asset = await house.jobs.claim()

    async def killed(_):
        raise asyncio.CancelledError

    house.jobs.attach, real = killed, house.jobs.attach
    with pytest.raises(asyncio.CancelledError):
        await house.jobs.convert(asset)
    assert house.shelf.attached == {}
    house.jobs.attach = real
    await house.jobs.mend()
    assert house.shelf.attached == {"SHOE-01": id}
    assert not (await house.assets.get(id)).unattached


async def test_the_houses_own_models_are_converted_once(house, tmp_path):
    source, count = tmp_path / "lamp.glb", tmp_path / "count"
    source.write_bytes(model(count=str(count)))
    id = await house.assets.ingest(source, "SHOE-01")
    async with working(house):
        assert (await ended(house.assets, id)).status is Status.READY
        assert await house.assets.ingest(source, "SHOE-01") == id
        assert await house.assets.state(id) == ("ready", 1.0, "")
        assert await house.assets.ingest(source, None) != id
        source.write_bytes(model(count=str(count), other=1))
        changed = await house.assets.ingest(source, "SHOE-01")
        assert changed != id
        await ended(house.assets, changed)
    assert count.stat().st_size == 3


async def test_another_recipe_converts_anew(make_house, open_store, tmp_path):
    source = tmp_path / "lamp.glb"
    source.write_bytes(model())
    house = await make_house()
    newer = build(tmp_path, house.assets.assets.store, recipe="2")
    assert await house.assets.ingest(source) != await newer.assets.ingest(source)


async def test_a_failed_model_of_the_house_is_tried_again_when_it_is_brought_again(house, tmp_path):
    source, gate = tmp_path / "lamp.glb", tmp_path / "count"
    source.write_bytes(model(do="fail", count=str(gate)))
    id = await house.assets.ingest(source)
    async with working(house):
        await ended(house.assets, id)
        assert (await house.assets.state(id))[2] == "lamp.glb is cut off."
        await house.assets.ingest(source)
        await until(lambda: gate.stat().st_size == 2)
        assert (await ended(house.assets, id)).status is Status.FAILED


async def test_the_child_does_not_get_the_servers_secrets(make_house, monkeypatch, tmp_path):
    for name in ("VITRINE_SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "MONGO_URL"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    from server.assets.converter import _environment

    assert "hush" not in _environment().values()
    assert _environment()["PATH"] == os.environ["PATH"]
    assert _environment()["OMP_NUM_THREADS"] == "2"


async def test_furniture_gets_what_a_room_needs_and_goods_get_everything(make_house, tmp_path):
    house = await make_house(profiles=("web", "quick-look"))
    source = tmp_path / "curtain.glb"
    source.write_bytes(model(echo=True))
    async with working(house):
        curtain = await ended(house.assets, await house.assets.ingest(source))
        shoe = await ended(house.assets, await house.assets.ingest(source, "SHOE-01"))
    assert {"web", "--no-levels"} <= set(curtain.built.warnings)
    assert "quick-look" not in curtain.built.warnings
    assert {"web", "quick-look"} <= set(shoe.built.warnings)
    assert "--no-levels" not in shoe.built.warnings
