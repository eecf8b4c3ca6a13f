"""Blobs behave alike in a folder, in memory and on a real S3 server."""

import asyncio
import os
import uuid
from pathlib import Path

import pytest

from server.assets.blobs import CREATE_ONLY_BYTES, PART_BYTES, PARTS_AT_ONCE, Blobs
from server.assets.file import FilesAway
from tests.servers.s3 import s3_server

MEGABYTE = 1_000_000


@pytest.fixture(params=["file", "memory", "s3"])
def blobs(request, tmp_path, monkeypatch):
    if request.param != "s3":
        return Blobs.at((tmp_path / "b").as_uri() if request.param == "file" else "memory:///")
    server = request.getfixturevalue("s3")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return Blobs.at(server.url(uuid.uuid4().hex))


def peak_bytes() -> int:
    """The most memory this process has had since the last look."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


async def content(blobs, key, start=0, end=None) -> bytes:
    return b"".join([block async for block in blobs.read(key, start, end)])


async def test_a_blob_is_written_once_and_read_in_parts(blobs, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(b"0123456789" * 100_000)
    written = await asyncio.gather(*(blobs.put(path) for _ in range(4)))
    assert len(set(written)) == 1
    key = written[0].key
    assert written[0].bytes == MEGABYTE
    assert await content(blobs, key, 5, 12) == b"5678901"
    assert await content(blobs, key, MEGABYTE - 3) == b"789"
    assert await content(blobs, key, 5, 5) == b""
    assert await content(blobs, key) == path.read_bytes()
    await blobs.save(key, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


async def test_a_blob_that_is_there_is_never_written_over(blobs, tmp_path):
    """A key that already has bytes keeps them, whoever comes later with others."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"first")
    second.write_bytes(b"second")
    await blobs.put_as("a" * 64, first, 5)
    await blobs.put_as("a" * 64, second, 6)
    assert await content(blobs, "a" * 64) == b"first"


async def test_writers_at_the_same_moment_leave_one_whole_content(blobs, tmp_path, monkeypatch):
    """Both saw nothing there: the store itself lets one of them in."""
    paths = [tmp_path / str(n) for n in range(6)]
    for n, path in enumerate(paths):
        path.write_bytes(bytes([n]) * 50_000)

    async def nothing(_):
        return False

    monkeypatch.setattr(blobs, "has", nothing)
    await asyncio.gather(*(blobs.put_as("b" * 64, path, 50_000) for path in paths))
    found = await content(blobs, "b" * 64)
    assert found in [path.read_bytes() for path in paths]
    await blobs.put_as("b" * 64, paths[found[0] - 1], 50_000)
    assert await content(blobs, "b" * 64) == found


async def test_what_is_not_there_is_missing(blobs, tmp_path):
    assert not await blobs.has("0" * 64)
    await blobs.check()
    with pytest.raises(FileNotFoundError):
        await content(blobs, "0" * 64)
    with pytest.raises(FileNotFoundError):
        await blobs.save("0" * 64, tmp_path / "copy")


async def test_a_large_blob_is_streamed_both_ways_in_little_memory(s3, tmp_path, monkeypatch):
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    blobs = Blobs.at(s3.url(uuid.uuid4().hex))
    path, copy = tmp_path / "large", tmp_path / "copy"
    block = os.urandom(MEGABYTE)
    with path.open("wb") as file:
        for n in range(120):
            file.write(block[n:] + block[:n])
    assert path.stat().st_size > 10 * CREATE_ONLY_BYTES
    peak_bytes()
    before = peak_bytes()
    blob = await blobs.put(path)
    await blobs.save(blob.key, copy)
    assert peak_bytes() - before < 2.5 * PART_BYTES * PARTS_AT_ONCE < 80 * MEGABYTE < blob.bytes
    with path.open("rb") as one, copy.open("rb") as two:
        while part := one.read(MEGABYTE):
            assert two.read(MEGABYTE) == part
        assert two.read(1) == b""


async def test_a_store_that_is_away_says_so_and_keeps_what_it_had(tmp_path, monkeypatch):
    folder = tmp_path / "s3"
    folder.mkdir()
    path, other = tmp_path / "content", tmp_path / "other"
    path.write_bytes(b"kept")
    other.write_bytes(b"later")
    with s3_server(folder) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        blobs = Blobs.at(server.url("x"))
        kept = await blobs.put(path)
        server.kill()
        asked = [
            blobs.put(other),
            blobs.has(kept.key),
            blobs.check(),
            content(blobs, kept.key),
            blobs.save(kept.key, tmp_path / "copy"),
        ]
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(answer, FilesAway)
            assert answer.status == 503
        server.start()
        assert await content(blobs, kept.key) == b"kept"
        later = await blobs.put(other)
        assert await content(blobs, later.key) == b"later"


async def test_a_wrong_key_or_bucket_is_away_and_not_empty(s3, tmp_path, monkeypatch):
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(FilesAway):
        await Blobs.at(s3.url("x")).has("0" * 64)


@pytest.mark.parametrize("url", ["https://example.com/x", "ftp://x", "blobs", ""])
def test_an_address_that_is_no_store_is_refused(url):
    with pytest.raises(ValueError, match="begins with"):
        Blobs.at(url)
