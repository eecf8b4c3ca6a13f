"""The S3 server goes away: uploads stay, conversions wait, readers are told when to come back."""

import pytest

from server.assets.asset import Status
from tests.server.assets.house import working
from tests.server.assets.tus_talk import Tus, ended, model, until
from tests.server.web import serving
from tests.servers.s3 import s3_server


@pytest.fixture
def own_s3(tmp_path, monkeypatch):
    """A server that may be stopped without harm to other tests."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with s3_server(folder) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


async def says_later(request) -> None:
    async with request as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await answer.json())["type"] == "files-away"


async def test_nothing_is_lost_while_the_files_are_out_of_reach(own_s3, make_house, tmp_path):
    house = await make_house(blobs_url=own_s3.url("house"), lease_seconds=5)
    async with serving(house.routes) as client, working(house):
        tus = Tus(client)
        early = await tus.send(model(), sku="SHOE-01")
        await ended(house.assets, early)
        url = f"/assets/{early}/web.glb"
        async with client.get(url) as answer:
            tag, whole = answer.headers["ETag"], await answer.read()

        gate, count = tmp_path / "gate", tmp_path / "count"
        under_way = await tus.send(model(gate=str(gate), count=str(count)))
        await until(count.exists)
        own_s3.kill()
        gate.touch()  # it ends, and finds no place for its files

        address = await tus.begin(2, sku="SHOE-01")
        await says_later(tus.patch(address, 0, b"{}"))
        async with tus.head(address) as answer:
            # 200: all of it is here, and being handed over at this moment
            assert answer.status in {200, 503}
            assert "Vitrine-Asset" not in answer.headers
        await says_later(client.get(url))
        assert (await client.get(url)).headers["Access-Control-Allow-Origin"] == "*"
        async with client.get(url, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304  # what the browser has needs no file
        assert (await house.assets.get(under_way)).status is not Status.FAILED

        own_s3.start()
        late = (await ended(house.assets, under_way)).attempts
        assert late == 1
        await until(lambda: house.uploads.partials.ids() == [])  # nobody has asked for it
        async with tus.head(address) as answer:
            assert (answer.status, answer.headers["Upload-Offset"]) == (200, "2")
            asset = await ended(house.assets, answer.headers["Vitrine-Asset"])
        assert asset.status is Status.READY
        async with client.get(url) as answer:
            assert await answer.read() == whole


async def test_a_conversion_that_cannot_have_its_model_waits_and_costs_no_attempt(
    own_s3, make_house
):
    house = await make_house(blobs_url=own_s3.url("house"))
    async with serving(house.routes) as client:
        id = await Tus(client).send(model())
        own_s3.kill()
        await house.jobs.convert(await house.jobs.claim())
        asset = await house.assets.get(id)
        assert (asset.status, asset.attempts) == (Status.QUEUED, 0)
        assert asset.error["type"] == "files-away"
        assert asset.due_at > house.assets.clock()
        assert await house.jobs.claim() is None
        own_s3.start()
        async with working(house):
            assert (await ended(house.assets, id)).attempts == 1


async def test_an_expired_upload_that_is_whole_is_handed_over_and_not_swept(make_house, clock):
    house = await make_house(clock=clock)
    async with serving(house.routes) as client:
        address = await Tus(client).begin(2)
        id = address.rsplit("/", 1)[1]
        house.uploads.partials.path(id).write_bytes(b"{}")
        clock.forward(days=2)
        await house.uploads.sweep()
        await house.uploads.hand_over()
        items = (await house.assets.page(10, None))[0]
        assert [item.source_bytes for item in items] == [2]
