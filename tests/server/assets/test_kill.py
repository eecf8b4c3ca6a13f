"""`kill -9` of the server process, at the worst moments; and the real pipeline behind it."""

import asyncio
import contextlib
import random
import signal
from io import BytesIO

import aiohttp
import pytest

from server.assets.converter import PIPELINE
from tests.server.assets.process import server, triangle
from tests.server.assets.tus_talk import Tus, model, until
from tests.server.web import bearer


async def converted(tus: Tus, id: str) -> dict:
    async with asyncio.timeout(60):
        while True:
            async with tus.client.get(f"/api/assets/{id}", headers=bearer("designer")) as answer:
                asset = await answer.json()
            if asset["status"] in {"ready", "failed"}:
                return asset
            await asyncio.sleep(0.1)


async def trickle(content: bytes, piece: int):
    for start in range(0, len(content), piece):
        yield content[start : start + piece]
        await asyncio.sleep(0.001)


async def test_no_acknowledged_byte_is_lost_however_often_the_server_is_killed(tmp_path, root):
    content = model() + b" " * 3_000_000
    acknowledged, url, kills = 0, None, 0
    dice = random.Random(7)
    while True:
        async with server(tmp_path, root) as (process, tus):
            url = url or await tus.begin(len(content), sku="SHOE-01")
            offset = await tus.offset(url)
            assert offset >= acknowledged
            if kills == 2:
                async with tus.patch(url, offset, BytesIO(content[offset:])) as answer:
                    id = answer.headers["Vitrine-Asset"]
                break
            with contextlib.suppress(aiohttp.ClientError):
                step = content[offset : offset + 300_000]
                async with tus.patch(url, offset, step) as answer:
                    acknowledged = int(answer.headers["Upload-Offset"])
                rest = content[acknowledged:]
                patch = tus.patch(url, acknowledged, trickle(rest, 20_000))
                asyncio.get_running_loop().call_later(dice.uniform(0.01, 0.1), process.kill)
                async with patch as answer:
                    acknowledged = int(answer.headers["Upload-Offset"])
            await process.wait()
            kills += 1
    async with server(tmp_path, root) as (_, tus):
        asset = await converted(tus, id)
    assert asset["status"] == "ready"


async def test_a_conversion_that_was_killed_with_its_server_is_done_after_the_restart(
    tmp_path, root
):
    gate, count = tmp_path / "gate", tmp_path / "count"
    async with server(tmp_path, root) as (process, tus):
        id = await tus.send(model(gate=str(gate), count=str(count)), sku="SHOE-01")
        await until(count.exists)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    gate.touch()
    async with server(tmp_path, root) as (_, tus):
        asset = await converted(tus, id)
        async with tus.client.get(asset["files"][0]["url"]) as answer:
            assert len(await answer.read()) == asset["files"][0]["bytes"]
    assert asset["status"] == "ready"
    assert count.stat().st_size == 2


async def test_the_real_pipeline_converts_and_explains(tmp_path, root):
    async with server(tmp_path, root, command=PIPELINE) as (_, tus):
        good = await tus.send(triangle(), filename="Sign 1.glb")
        cut = await tus.send(triangle()[:-20], filename="cut.glb")
        photo = await tus.send(b"\xff\xd8\xff\xe0" + b"\0" * 100, filename="photo.glb")
        asset = await converted(tus, good)
        assert asset["status"] == "ready", asset
        models = [file for file in asset["files"] if file["name"].endswith(".glb")]
        assert {file["profile"] for file in models} == {"web", "preview"}
        assert {file["triangles"] for file in models} == {1}
        assert asset["dimensions"] == pytest.approx([1, 1, 0], abs=0.001)
        for url in [asset["proof"], *(file["url"] for file in asset["files"])]:
            async with tus.client.get(url) as answer:
                assert answer.status == 200
        for id, type in ((cut, "invalid-model"), (photo, "not-a-model")):
            asset = await converted(tus, id)
            assert (asset["status"], asset["error"]["type"]) == ("failed", type)
            assert asset["error"]["detail"]
