"""Uploads by the tus protocol, against a real server on a real store."""

import asyncio
import contextlib
import hashlib

import pytest

from server.assets.uploads import UploadLimits
from tests.server.assets.house import working
from tests.server.assets.tus_talk import STREAM, Tus, b64, metadata, model, sha256, until
from tests.server.web import bearer, serving

CONTENT = model() + b" " * 300_000


async def test_an_upload_in_pieces_becomes_an_asset(tus, house):
    url = await tus.begin(len(CONTENT), sku="SHOE-01")
    assert await tus.offset(url) == 0
    async with tus.patch(url, 0, CONTENT[:100_000]) as answer:
        assert answer.status == 204
        assert answer.headers["Upload-Offset"] == "100000"
        assert "Vitrine-Asset" not in answer.headers
        assert answer.headers["Upload-Expires"].endswith("GMT")
    async with tus.patch(url, 100_000, CONTENT[100_000:]) as answer:
        asset_id = answer.headers["Vitrine-Asset"]
    async with tus.head(url) as answer:
        assert answer.headers["Vitrine-Asset"] == asset_id
        assert answer.headers["Upload-Length"] == str(len(CONTENT))
        assert answer.headers["Upload-Metadata"] == metadata(filename="shoe.glb", sku="SHOE-01")
        assert answer.headers["Cache-Control"] == "no-store"
    async with tus.client.get(url, headers=tus.headers) as answer:
        shown = await answer.json()
    assert (shown["asset"], shown["done"], shown["offset"]) == (asset_id, True, len(CONTENT))
    assert shown["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    asset = await house.assets.get(asset_id)
    assert (asset.status, asset.sku, asset.filename) == ("queued", "SHOE-01", "shoe.glb")
    blocks = [block async for block in house.blobs.read(asset.source, 0, None)]
    assert b"".join(blocks) == CONTENT
    assert house.uploads.partials.ids() == []


async def test_the_server_says_what_it_can(client):
    async with client.options("/api/uploads") as answer:
        assert answer.status == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation",
            "creation-with-upload",
            "checksum",
            "termination",
            "expiration",
        }
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
        assert int(answer.headers["Tus-Max-Size"]) == UploadLimits().bytes


async def test_bytes_may_come_with_the_creation(tus):
    async with tus.create(len(CONTENT), body=CONTENT[:1000]) as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (201, "1000")
        url = answer.headers["Location"]
    async with tus.patch(url, 1000, CONTENT[1000:]) as answer:
        assert answer.headers["Vitrine-Asset"]
    async with tus.create(len(CONTENT), body=CONTENT) as answer:
        assert answer.headers["Vitrine-Asset"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_bytes_with_the_wrong_checksum_are_dropped(tus, house, algorithm):
    def checksum(content):
        return f"{algorithm} {b64(hashlib.new(algorithm, content).digest())}"

    url = await tus.begin(len(CONTENT))
    half = len(CONTENT) // 2
    wrong = {"Upload-Checksum": checksum(b"else")}
    right = {"Upload-Checksum": checksum(CONTENT[:half])}
    async with tus.patch(url, 0, CONTENT[:half], **right) as answer:
        assert answer.status == 204
    async with tus.patch(url, half, CONTENT[half:], **wrong) as answer:
        assert answer.status == 460
        assert (await answer.json())["type"] == "wrong-checksum"
    assert await tus.offset(url) == half
    unknown = {"Upload-Checksum": "md5 YQ=="}
    async with tus.patch(url, half, CONTENT[half:], **unknown) as answer:
        assert answer.status == 400
    async with tus.patch(url, half, CONTENT[half:]) as answer:
        assert answer.headers["Vitrine-Asset"]


async def test_another_offset_is_a_conflict(tus):
    url = await tus.begin(10)
    async with tus.patch(url, 5, b"12345") as answer:
        assert answer.status == 409
        problem = await answer.json()
    assert (problem["type"], problem["sent"], problem["offset"]) == ("wrong-offset", 5, 0)


async def test_more_bytes_than_announced_are_refused_and_none_kept(tus):
    async def stream():
        yield b"123456"
        yield b"789012"

    url = await tus.begin(10)
    for body in (b"x" * 11, stream()):
        async with tus.patch(url, 0, body) as answer:
            assert answer.status == 413
            assert (await answer.json())["type"] == "more-than-announced"
        assert await tus.offset(url) == 0
    async with tus.create(5, body=b"123456") as answer:
        assert answer.status == 413


async def test_a_model_over_the_limit_is_refused_before_it_is_sent(make_house):
    house = await make_house(limits=UploadLimits(bytes=1000))
    async with serving(house.routes) as client:
        async with Tus(client).create(1001) as answer:
            assert answer.status == 413
            assert answer.headers["Tus-Max-Size"] == "1000"
            assert answer.headers["Tus-Resumable"] == "1.0.0"
            assert (await answer.json())["limit_bytes"] == 1000
        async with Tus(client).create(1000) as answer:
            assert answer.status == 201


async def test_one_person_has_so_many_unfinished_uploads(make_house):
    house = await make_house(limits=UploadLimits(open=3))
    async with serving(house.routes) as client:
        tus = Tus(client)

        async def begin():
            async with tus.create(len(CONTENT)) as answer:
                return answer.status, answer.headers.get("Location")

        answers = await asyncio.gather(*(begin() for _ in range(6)))
        assert sorted(status for status, _ in answers) == [201] * 3 + [429] * 3
        urls = [url for status, url in answers if status == 201]
        async with Tus(client, "staff").create(5) as answer:
            assert answer.status == 201
        async with client.delete(urls[0], headers=tus.headers) as answer:
            assert answer.status == 204
        async with tus.patch(urls[1], 0, CONTENT) as answer:
            assert answer.status == 204
        assert [(await begin())[0] for _ in range(3)] == [201, 201, 429]


async def test_a_deleted_upload_is_gone_with_its_bytes(tus, house):
    url = await tus.begin(10)
    async with tus.patch(url, 0, b"12345"):
        pass
    async with tus.client.delete(url, headers=tus.headers) as answer:
        assert answer.status == 204
    assert house.uploads.partials.ids() == []
    async with tus.head(url) as answer:
        assert answer.status == 404
    async with tus.client.delete(url, headers=tus.headers) as answer:
        assert answer.status == 404


async def test_an_expired_upload_says_gone_until_it_is_swept(make_house, clock):
    house = await make_house(clock=clock)
    async with serving(house.routes) as client:
        tus = Tus(client)
        url = await tus.begin(10)
        async with tus.patch(url, 0, b"12345"):
            pass
        clock.forward(hours=23)
        await house.uploads.sweep()
        assert await tus.offset(url) == 5
        clock.forward(hours=1)
        async with tus.patch(url, 5, b"67890") as answer:
            assert (answer.status, (await answer.json())["type"]) == (410, "upload-expired")
        await house.uploads.sweep()
        assert house.uploads.partials.ids() == []
        async with tus.head(url) as answer:
            assert answer.status == 404


async def test_uploads_are_for_those_who_bring_models_and_for_their_owner_only(client, tus):
    for role, status in (("shopper", 403), ("nobody", 401)):
        async with Tus(client, role).create(10) as answer:
            assert answer.status == status
    url = await tus.begin(10)
    for role in ("staff", "integration"):
        other = Tus(client, role)
        async with other.head(url) as answer:
            assert answer.status == 404
        async with other.patch(url, 0, b"x") as answer:
            assert answer.status == 404
        async with client.delete(url, headers=other.headers) as answer:
            assert answer.status == 404
        async with other.create(10) as answer:
            assert answer.status == 201


async def test_an_unknown_product_is_told_before_the_bytes_are_sent(tus):
    async with tus.create(10, sku="SHOE-99") as answer:
        assert answer.status == 422
        problem = await answer.json()
    assert (problem["type"], problem["sku"]) == ("unknown-product", "SHOE-99")


@pytest.mark.parametrize(
    ("headers", "status", "type"),
    [
        ({"Tus-Resumable": "0.2.0"}, 412, "wrong-tus-version"),
        ({"Upload-Length": "ten"}, 400, "bad-upload"),
        ({"Upload-Length": "-1"}, 400, "bad-upload"),
        ({"Upload-Length": "0"}, 400, "bad-upload"),
        ({"Upload-Length": "9" * 15}, 413, "upload-too-large"),
        ({"Upload-Length": "9" * 400}, 400, "bad-upload"),
        ({"Upload-Defer-Length": "1"}, 400, "bad-upload"),
        ({"Upload-Metadata": ""}, 400, "bad-upload"),
        ({"Upload-Metadata": "filename"}, 422, "unknown-format"),
        ({"Upload-Metadata": "filename ÿÿ=="}, 400, "bad-upload"),
        ({"Upload-Metadata": metadata(filename="shoe.exe")}, 422, "unknown-format"),
        ({"Upload-Metadata": metadata(filename="shoe.glb") + ",x" * 3000}, 400, "bad-upload"),
    ],
)
async def test_hostile_headers_are_refused_by_name(tus, headers, status, type):
    async with tus.create(10, headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["type"] == type
        assert answer.headers["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "x"}, 400),
        ({"Upload-Offset": "99999999999999999999"}, 400),
        ({"Content-Type": "application/json"}, 400),
        ({"Upload-Checksum": "sha256"}, 460),
        ({"Upload-Checksum": "sha256 é"}, 400),
        ({"Tus-Resumable": "2"}, 412),
    ],
)
async def test_hostile_patches_leave_the_upload_as_it_was(tus, headers, status):
    url = await tus.begin(10)
    async with tus.patch(url, 0, b"12345", **headers) as answer:
        assert answer.status == status
    assert await tus.offset(url) == 0


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x.glb", "/abs.glb", "..\\..\\x.glb"])
async def test_a_path_in_the_file_name_leads_nowhere(tus, at_work, tmp_path, name):
    before = set(tmp_path.parent.iterdir())
    asset_id = await tus.send(model(), filename=name)
    asset = await at_work.assets.get(asset_id)
    assert asset.filename in {"x.glb", "abs.glb"}
    assert set(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("id", ["nothing", "..%2f..%2fx", "%00", "a" * 2000])
async def test_an_unknown_upload_is_not_found(tus, id):
    async with tus.head(f"/api/uploads/{id}") as answer:
        assert answer.status == 404


async def test_patch_and_delete_may_come_as_post(tus):
    url = await tus.begin(10)
    headers = tus.headers | {"Upload-Offset": "0", "Content-Type": STREAM}
    override = {"X-HTTP-Method-Override": "PATCH"}
    async with tus.client.post(url, headers=headers | override, data=b"12345") as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, "5")
    async with tus.client.post(url, headers=headers, data=b"12345") as answer:
        assert answer.status == 405
    override = {"X-HTTP-Method-Override": "DELETE"}
    async with tus.client.post(url, headers=tus.headers | override) as answer:
        assert answer.status == 204


async def gated(first: bytes, gate: asyncio.Event, rest: bytes = b""):
    yield first
    await gate.wait()
    yield rest


async def test_two_writers_at_once_are_kept_apart(tus, house):
    url, gate = await tus.begin(10), asyncio.Event()
    first = asyncio.create_task(tus.patch(url, 0, gated(b"12345", gate, b"67890")).__aenter__())
    await until(lambda: house.uploads.partials.ids() != [])
    async with tus.patch(url, 0, b"12345") as answer:
        assert answer.status == 423
        assert (await answer.json())["type"] == "upload-busy"
    async with tus.client.delete(url, headers=tus.headers) as answer:
        assert answer.status == 423
    gate.set()
    answer = await first
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, "10")
    answer.release()


async def test_a_line_that_breaks_loses_nothing_that_arrived(tus, house):
    url, gate = await tus.begin(len(CONTENT)), asyncio.Event()
    patch = asyncio.create_task(tus.patch(url, 0, gated(CONTENT[:200_000], gate)).__aenter__())
    await asyncio.sleep(0.3)
    patch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await patch
    partials = house.uploads.partials
    await until(lambda: any(partials.size(id) >= 200_000 for id in partials.ids()))
    assert await tus.offset(url) == 200_000
    async with tus.patch(url, 200_000, CONTENT[200_000:]) as answer:
        assert answer.headers["Vitrine-Asset"]


async def test_a_line_that_breaks_under_a_checksum_leaves_the_upload_as_it_was(tus, house):
    url, gate = await tus.begin(len(CONTENT)), asyncio.Event()
    body = gated(CONTENT[:200_000], gate)
    headers = {"Upload-Checksum": sha256(CONTENT)}
    patch = asyncio.create_task(tus.patch(url, 0, body, **headers).__aenter__())
    await asyncio.sleep(0.3)
    patch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await patch
    await until(lambda: not house.uploads.partials.ids())
    assert await tus.offset(url) == 0


async def test_a_line_that_goes_quiet_is_given_up(make_house):
    house = await make_house(idle_seconds=0.2)
    async with serving(house.routes) as client:
        tus, gate = Tus(client), asyncio.Event()
        url = await tus.begin(10)
        async with tus.patch(url, 0, gated(b"12345", gate)) as answer:
            assert answer.status == 400
            assert (await answer.json())["type"] == "upload-interrupted"
            gate.set()
        assert await tus.offset(url) == 5


async def test_what_a_killed_process_left_is_finished_or_cleared(make_house, tmp_path):
    house = await make_house()
    whole = await house.uploads.begin("designer-1", 5, metadata(filename="a.glb"))
    half = await house.uploads.begin("designer-1", 5, metadata(filename="b.glb"))
    folder = tmp_path / "uploads"
    (folder / f"{whole.id}.part").write_bytes(b"12345")
    (folder / f"{half.id}.part").write_bytes(b"123")
    (folder / f"{half.id}.chunk").write_bytes(b"45")
    (folder / "nobody.part").write_bytes(b"123")
    await house.uploads.recover()
    assert (await house.assets.get(whole.asset)).source_bytes == 5
    assert (await house.uploads.state("designer-1", half.id))[1] == 3
    assert house.uploads.partials.ids() == [half.id]


async def test_the_last_byte_before_a_crash_is_found_by_asking(house, tmp_path):
    upload = await house.uploads.begin("designer-1", 5, metadata(filename="a.glb"))
    (tmp_path / "uploads" / f"{upload.id}.part").write_bytes(b"12345")
    state, offset = await house.uploads.state("designer-1", upload.id)
    assert (state.done, offset) == (True, 5)
    assert await house.assets.get(upload.asset)


async def test_the_reference_client_uploads_with_checksums(tmp_path, make_house):
    from tusclient import client as oracle

    house = await make_house()
    source = tmp_path / "shoe.glb"
    source.write_bytes(CONTENT)

    def upload(url: str) -> str:
        with source.open("rb") as file:
            return upload_stream(url, file)

    def upload_stream(url: str, file) -> str:
        tus = oracle.TusClient(url, headers=bearer("designer"))
        facts = {"filename": "shoe.glb", "sku": "SHOE-01"}
        uploader = tus.uploader(
            file_stream=file, chunk_size=70_000, metadata=facts, upload_checksum=True
        )
        uploader.upload(stop_at=140_000)
        again = tus.uploader(file_stream=file, chunk_size=70_000, url=uploader.url)
        assert again.offset == 140_000
        again.upload()
        return again.url

    async with serving(house.routes) as client, working(house):
        url = await asyncio.to_thread(upload, str(client.make_url("/api/uploads")))
        async with client.get(url.partition(str(client.port))[2], headers=bearer("designer")) as a:
            shown = await a.json()
    assert shown["sha256"] == hashlib.sha256(CONTENT).hexdigest()
