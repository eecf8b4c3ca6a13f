"""A disk without room: what came is kept, the sender is told, and goes on when there is room."""

import errno
import hashlib
import shutil
from io import BytesIO
from pathlib import Path

import pytest

from server.assets.asset import Status
from server.errors import DiskFull, room_on_disk
from tests.faults.house import full, small_disk
from tests.server.assets.house import working
from tests.server.assets.tus_talk import Tus, ended, model, sha256
from tests.server.web import serving

LONG, SPARE = 3_000_000, 1_500_000  # bytes; more than is gathered before it is written


@pytest.fixture
def disk(tmp_path: Path):
    try:
        with small_disk(tmp_path / "small", 8) as folder:
            yield folder
    except PermissionError as error:
        pytest.skip(str(error))


def test_only_a_lack_of_room_is_told_so():
    with pytest.raises(DiskFull), room_on_disk():
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(IsADirectoryError), room_on_disk():
        raise IsADirectoryError(errno.EISDIR, "Is a directory")


@pytest.mark.parametrize("checked", [False, True])
async def test_an_upload_stops_where_the_room_ended_and_goes_on(make_house, disk, checked):
    house = await make_house()
    house.uploads.partials.folder = disk
    content = bytes(range(251)) * (LONG // 251)
    headers = {"Upload-Checksum": sha256(content)} if checked else {}
    async with serving(house.routes) as client:
        tus = Tus(client)
        address = await tus.begin(len(content), filename="a.glb")
        with full(disk, spare=SPARE):
            async with tus.patch(address, 0, BytesIO(content), **headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
                assert answer.headers["Tus-Resumable"] == "1.0.0"
                assert (await answer.json())["type"] == "disk-full"
        offset = await tus.offset(address)
        assert (offset == 0) if checked else (0 < offset < len(content))
        async with tus.patch(address, offset, BytesIO(content[offset:])) as answer:
            asset = await house.assets.get(answer.headers["Vitrine-Asset"])
        assert asset.source == hashlib.sha256(content).hexdigest()


async def test_a_conversion_without_room_waits_and_costs_no_attempt(make_house, disk):
    house = await make_house()
    work = house.jobs.converter.work
    shutil.rmtree(work.folder)
    work.folder = disk
    async with serving(house.routes) as client:
        id = await Tus(client).send(model())
    with full(disk):
        await house.jobs.convert(await house.jobs.claim())
    asset = await house.assets.get(id)
    assert (asset.status, asset.attempts, asset.error["type"]) == (Status.QUEUED, 0, "disk-full")
    async with working(house):
        assert (await ended(house.assets, id)).status is Status.READY
