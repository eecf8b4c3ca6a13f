"""Assets and their files over HTTP: caching, ranges, headers, who may see what."""

import asyncio
import gzip
import random

import pytest
import uvloop
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.assets.blobs import Blobs
from server.assets.sending import send
from tests.server.assets.tus_talk import Tus, ended, model
from tests.server.web import bearer, serving


@pytest.fixture
async def ready(tus, at_work):
    """Id of a converted asset."""
    id = await tus.send(model(), sku="SHOE-01")
    await ended(at_work.assets, id)
    return id


@pytest.fixture
async def url(ready):
    return f"/assets/{ready}/web.glb"


async def test_an_asset_shows_its_files_and_proof(client, ready):
    async with client.get(f"/api/assets/{ready}", headers=bearer("integration")) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        shown = await answer.json()
    assert {key: shown[key] for key in ("id", "status", "progress", "filename", "sku")} == {
        "id": ready,
        "status": "ready",
        "progress": 1.0,
        "filename": "shoe.glb",
        "sku": "SHOE-01",
    }
    file, *others = shown["files"]
    assert file.keys() == {
        *("profile", "lod", "name", "url", "bytes", "triangles", "media_type", "sha256")
    }
    assert [(o["profile"], o["variant"]) for o in others] == [
        ("quick-look", "Night"),
        ("poster", "Night"),
    ]
    assert others[1]["width"] == 8
    assert shown["dimensions"] == [0.1, 0.2, 0.3]
    assert (shown["variants"], shown["error"]) == (["Night"], None)
    async with client.get(shown["proof"]) as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == {"ok": True}


async def test_what_a_phone_opens_in_a_room_says_what_it_is(client, ready):
    """Quick Look opens nothing that is called otherwise, or that is to be saved."""
    async with client.get(f"/assets/{ready}/model.usdz") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "model/vnd.usdz+zip"
        assert "Content-Disposition" not in answer.headers


async def test_the_proof_is_a_page_that_can_do_nothing(client, ready):
    """Names in it come from strangers' models: should one get past its writer, it stays text."""
    async with client.get(f"/api/assets/{ready}", headers=bearer("designer")) as answer:
        address = (await answer.json())["proof_page"]
    async with client.get(address) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "sandbox" in policy  # without allow-scripts, allow-same-origin or allow-forms
    assert not any(part.startswith("script-src") for part in policy)
    beside = address.rsplit("/", 1)[0]  # where a page looks for what it names
    for name, kind in (("before.front.webp", "image/webp"), ("web.glb", "model/gltf-binary")):
        async with client.get(f"{beside}/{name}") as answer:
            assert answer.headers["Content-Type"] == kind


async def test_a_proof_and_what_was_uploaded_are_for_those_who_have_a_link(client, ready):
    async with client.get(f"/api/assets/{ready}", headers=bearer("integration")) as answer:
        links = await answer.json()
    for name in ("proof", "proof_page", "source"):
        async with client.get(links[name]) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"].startswith("private")
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "sandbox" in answer.headers["Content-Security-Policy"]
    async with client.get(links["source"]) as answer:
        assert await answer.read() == model()
        assert answer.headers["Content-Disposition"].endswith("shoe.glb")
    for name in ("proof.json", "proof.html", "before.front.webp", "source"):
        async with client.get(f"/assets/{ready}/{name}") as answer:
            assert answer.status == 404, name


async def test_a_link_is_for_one_asset_and_for_an_hour(make_house, clock):
    house = await make_house(clock=clock)
    async with serving(house.routes) as client:
        one, two = [await Tus(client).send(model(n=n)) for n in range(2)]
        async with client.get(f"/api/assets/{one}", headers=bearer("staff")) as answer:
            link = (await answer.json())["source"]
        _, _, _, _, grant, name = link.split("/")
        end, mac = grant.split("-", 1)
        later = f"{int(end, 16) + 3600:x}-{mac}"
        for wrong in (
            f"/assets/{two}/private/{grant}/{name}",
            f"/assets/{one}/private/{later}/{name}",
            f"/assets/{one}/private/{end}-/{name}",
            f"/assets/{one}/private/-{mac}/{name}",
            f"/assets/{one}/private/{'f' * 400}-{mac}/{name}",
            f"/assets/{one}/private/x/{name}",
        ):
            async with client.get(wrong) as answer:
                assert (answer.status, (await answer.json())["type"]) == (403, "link-refused")
        clock.forward(minutes=59)
        assert (await client.get(link)).status == 200
        clock.forward(minutes=2)
        assert (await client.get(link)).status == 403


async def test_text_is_sent_compressed_to_who_takes_it(client, ready):
    async with client.get(f"/api/assets/{ready}", headers=bearer("designer")) as answer:
        link = (await answer.json())["proof"]
    plain = {"Accept-Encoding": "identity"}
    async with client.get(link, headers=plain) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        whole, tag = await answer.read(), answer.headers["ETag"]
    raw = {"auto_decompress": False}
    for takes in ("gzip", "br, gzip;q=0.5", "GZIP, deflate"):
        async with client.get(link, headers={"Accept-Encoding": takes}, **raw) as answer:
            assert answer.headers["Content-Encoding"] == "gzip", takes
            smaller = await answer.read()
            assert len(smaller) == int(answer.headers["Content-Length"])
            assert gzip.decompress(smaller) == whole
            other = answer.headers["ETag"]
        known = {"Accept-Encoding": takes, "If-None-Match": other}
        assert (await client.get(link, headers=known)).status == 304
    assert other != tag
    for takes in ("br", "gzip;q=0", "gzip;q=0.0, br", "xgzip"):
        async with client.get(link, headers={"Accept-Encoding": takes}, **raw) as answer:
            assert "Content-Encoding" not in answer.headers, takes
    part = {"Accept-Encoding": "gzip", "Range": "bytes=0-1"}
    async with client.get(link, headers=part, **raw) as answer:
        assert (answer.status, await answer.read()) == (206, whole[:2])


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_kernel_sends_the_same_bytes_whoever_reads_them_slowly(tmp_path, loop):
    """Larger than any buffer, read in fits and starts, next to somebody who reads at once."""
    content = random.Random(5).randbytes(12_000_000)
    (tmp_path / "model").write_bytes(content)
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(slow_and_quick(tmp_path, content))


async def slow_and_quick(tmp_path, content: bytes) -> None:
    blobs = Blobs.at((tmp_path / "blobs").as_uri())
    blob = await blobs.put(tmp_path / "model")

    async def show(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Length": str(blob.bytes - 7)}
        response = web.StreamResponse(headers=headers)
        return await send(request, response, blobs, blob.key, 7, blob.bytes)

    app = web.Application()
    app.router.add_get("/", show)
    async with TestClient(TestServer(app)) as client:
        async with client.get("/") as slow, client.get("/") as quick:
            found = bytearray(await slow.content.read(1000))
            assert await quick.read() == content[7:]
            while block := await slow.content.read(3_000_000):
                found += block
                await asyncio.sleep(0.01)
            assert found == content[7:]
        async with client.get("/") as left:
            await left.content.read(10)
            left.close()
        async with client.get("/") as answer:
            assert await answer.read() == content[7:]


async def test_a_failed_asset_says_why(client, tus, at_work):
    id = await tus.send(model(do="fail"))
    await ended(at_work.assets, id)
    async with client.get(f"/api/assets/{id}", headers=bearer("designer")) as answer:
        shown = await answer.json()
    assert (shown["status"], shown["files"], shown["proof"]) == ("failed", [], None)
    assert shown["error"]["detail"] == "shoe.glb is cut off."


async def test_the_list_is_for_the_house_and_comes_in_pages(client, tus):
    ids = sorted([await tus.send(model(n=n)) for n in range(3)])
    async with client.get("/api/assets?limit=2", headers=bearer("staff")) as answer:
        first = await answer.json()
    after = first["next"]
    query = {"limit": "2", "after": after}
    async with client.get("/api/assets", params=query, headers=bearer("staff")) as answer:
        second = await answer.json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next"] is None
    for path, role, status in (
        ("/api/assets", "shopper", 403),
        ("/api/assets", "integration", 403),
        ("/api/assets?after=x", "staff", 400),
        ("/api/assets?limit=0", "staff", 422),
        (f"/api/assets/{ids[0]}", "shopper", 403),
        (f"/api/assets/{ids[0]}", "nobody", 401),
        ("/api/assets/nothing", "staff", 404),
    ):
        async with client.get(path, headers=bearer(role)) as answer:
            assert answer.status == status, path


async def test_a_file_is_kept_for_good_and_open_to_every_page(client, url, at_work, ready):
    file, *_ = await at_work.assets.files(ready)
    async with client.get(url) as answer:
        body = await answer.read()
        headers = answer.headers
    assert answer.status == 200
    assert len(body) == file["bytes"] == int(headers["Content-Length"])
    assert headers["Content-Type"] == "model/gltf-binary"
    assert headers["ETag"] == f'"{file["sha256"]}"'
    assert "immutable" in headers["Cache-Control"]
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    async with client.head(url) as answer:
        assert answer.status == 200
        assert await answer.read() == b""
        for name in ("Content-Length", "ETag", "Content-Type"):
            assert answer.headers[name] == headers[name]
    async with client.options(url) as answer:
        assert answer.status == 204
        assert "Range" in answer.headers["Access-Control-Allow-Headers"]


async def test_what_the_browser_has_is_not_sent_again(client, url):
    async with client.get(url) as answer:
        tag = answer.headers["ETag"]
    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        async with client.get(url, headers={"If-None-Match": sent}) as answer:
            assert answer.status == 304
            assert await answer.read() == b""
            assert answer.headers["ETag"] == tag
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    async with client.get(url, headers={"If-None-Match": '"other"'}) as answer:
        assert answer.status == 200


async def test_parts_of_a_file(client, url):
    async with client.get(url) as answer:
        whole, tag = await answer.read(), answer.headers["ETag"]
    for sent, start, end in (
        ("bytes=0-3", 0, 4),
        ("bytes=100-", 100, len(whole)),
        ("bytes=-5", len(whole) - 5, len(whole)),
        ("bytes=5-9999999", 5, len(whole)),
    ):
        async with client.get(url, headers={"Range": sent}) as answer:
            assert answer.status == 206
            assert await answer.read() == whole[start:end]
            assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(whole)}"
    async with client.get(url, headers={"Range": f"bytes={len(whole)}-"}) as answer:
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
        assert (await answer.json())["type"] == "range-not-satisfiable"
    for extra, status in (({"If-Range": tag}, 206), ({"If-Range": '"other"'}, 200)):
        async with client.get(url, headers={"Range": "bytes=0-3"} | extra) as answer:
            assert answer.status == status
    async with client.head(url, headers={"Range": "bytes=0-3"}) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(whole)))


@pytest.mark.parametrize("name", ["nothing.glb", "..%2f..%2fvitrine.db", "%00", "shoe.glb", ""])
async def test_only_files_of_the_asset_are_served(client, ready, name):
    async with client.get(f"/assets/{ready}/{name}") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


async def test_a_reader_that_leaves_early_does_no_harm(client, url, at_work, ready, capfd):
    for _ in range(5):
        async with client.get(url) as answer:
            await answer.content.readexactly(4)
            answer.close()
    async with client.get(url) as answer:
        assert answer.status == 200
    assert "request.failed" not in capfd.readouterr().out


async def test_a_lost_blob_is_an_error_and_not_an_empty_file(client, url, at_work, ready, tmp_path):
    file, *_ = await at_work.assets.files(ready)
    (tmp_path / "blobs" / file["sha256"]).unlink()
    async with client.get(url) as answer:
        assert answer.status == 500
        assert answer.content_type == "application/problem+json"
