"""Backups, bringing them back, and moving to other engines: all of it arrives, or it says so."""

import asyncio
import gzip
import hashlib
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from server import engines
from server.app import open_house
from server.cli import app
from server.engines import open_engine
from server.process import Stopped, opened
from server.secret import own_secret
from server.settings import Settings
from server.storage.migrations import MOVING
from server.storage.port import Change, Insert
from server.transfer import archive, commands, load
from server.transfer.tally import Tally
from tests.server.telemetry.shopping import buy, guest, shopping
from tests.servers.s3 import S3Server

DOCUMENTS = 1234
FILES = {hashlib.sha256(body).hexdigest(): body for body in (b"chair" * 999, b"lamp", b"")}


def quiet(*_: object) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house's data: with an order, many documents and some files."""
    data = tmp_path_factory.mktemp("made")
    odd = {"id": "odd", "text": "è \u2028 \U0001f600", "n": [1, 1.0, -0.5, None, True, 2**53]}

    async def fill() -> None:
        async with shopping(data) as (house, client):
            assert (await buy(client, await guest(client), "k"))[0] == 201
            numbers = [Insert("note", str(n), {"n": n}) for n in range(DOCUMENTS)]
            await house.store.run(Insert("note", "odd", odd), *numbers)

    asyncio.run(fill())
    for key, body in FILES.items():
        (data / "blobs" / key).write_bytes(body)
    return data


@pytest.fixture
def full(made: Path, tmp_path: Path) -> Settings:
    """A copy of it; no server runs."""
    return Settings(data=Path(shutil.copytree(made, tmp_path / "full")))


async def tally_of(settings: Settings) -> Tally:
    tally = Tally()
    async with engines.reading(settings) as documents:
        async for document in documents:
            tally.add(document)
    return tally


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_backup_comes_back_document_by_document_and_file_by_file(tmp_path, full):
    file = tmp_path / "backups" / "one.vitrine"
    file.parent.mkdir()
    done = await commands.backup(full, file, None, quiet)
    assert done.documents.state() == (await tally_of(full)).state()
    assert (done.files.files, done.files.there) == (3, 0)
    assert file.stat().st_mode & 0o777 == 0o600, "it holds the secret"
    fresh = Settings(data=tmp_path / "fresh")
    back = await commands.restore(fresh, file, None, quiet)
    assert back.documents.counts["note"] == DOCUMENTS + 1
    assert (await tally_of(fresh)).state() == (await tally_of(full)).state()
    assert files_of(fresh.data / "blobs") == FILES
    assert own_secret(fresh.data) == own_secret(full.data), "who was signed in stays so"
    house = await open_house(fresh)
    stock = await house.orders.stock.skus_in_stock("milano")
    await house.close()
    assert stock == {"TEA-01"}


async def test_a_backup_is_made_beside_a_running_server_and_of_files_only_the_new_ones(
    tmp_path, full
):
    house = await open_house(full)
    try:
        await commands.backup(full, tmp_path / "one.vitrine", None, quiet)
        (full.data / "blobs" / hashlib.sha256(b"new").hexdigest()).write_bytes(b"new")
        done = await commands.backup(full, tmp_path / "two.vitrine", None, quiet)
        assert (done.files.files, done.files.there) == (1, 3)
        with pytest.raises(Stopped, match=r"one\.vitrine exists"):
            await commands.backup(full, tmp_path / "one.vitrine", None, quiet)
        with pytest.raises(Stopped, match="in use"):
            await commands.migrate(full, "mongodb://127.0.0.1:1/x", "", quiet)
    finally:
        await house.close()


async def test_what_is_not_empty_is_never_written_to(tmp_path, full):
    file = tmp_path / "one.vitrine"
    await commands.backup(full, file, "", quiet)
    before = (await tally_of(full)).state()
    with pytest.raises(Stopped, match="not empty"):
        await commands.restore(full, file, "", quiet)
    assert (await tally_of(full)).state() == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "line", "foreign", "newer", "end"])
async def test_a_damaged_backup_is_refused_before_anything_is_written(tmp_path, full, damage):
    file = tmp_path / "one.vitrine"
    await commands.backup(full, file, "", quiet)
    raw = file.read_bytes()
    lines = gzip.decompress(raw).splitlines(keepends=True)
    if damage == "cut":
        file.write_bytes(raw[: len(raw) // 2])
    elif damage == "flipped":
        file.write_bytes(raw[:5000] + bytes([raw[5000] ^ 4]) + raw[5001:])
    elif damage == "line":
        file.write_bytes(gzip.compress(b"".join(lines[:3] + lines[4:])))
    elif damage == "end":
        file.write_bytes(gzip.compress(b"".join(lines[:-1])))
    elif damage == "newer":
        file.write_bytes(gzip.compress(lines[0].replace(b'"version":1', b'"version":9')))
    else:
        file.write_bytes(b"PK\x03\x04 something else")
    fresh = Settings(data=tmp_path / "fresh")
    with pytest.raises(Stopped, match=r"damaged|whole|newer|no backup"):
        await commands.restore(fresh, file, "", quiet)
    assert not (fresh.data / "vitrine.db").exists()


async def test_a_file_that_lost_bits_is_found(tmp_path, full):
    await commands.backup(full, tmp_path / "one.vitrine", None, quiet)
    key = next(key for key, body in FILES.items() if body == b"lamp")
    (tmp_path / "blobs" / key).write_bytes(b"lamq")
    with pytest.raises(Stopped, match=key):
        await commands.restore(
            Settings(data=tmp_path / "fresh"), tmp_path / "one.vitrine", None, quiet
        )


class Killed(BaseException):
    """As kill -9 would end it, but in this process."""


async def test_a_restore_that_broke_off_is_refused_by_servers_and_goes_on_when_asked_again(
    tmp_path, full, monkeypatch
):
    file, fresh = tmp_path / "one.vitrine", Settings(data=tmp_path / "fresh")
    await commands.backup(full, file, "", quiet)

    def die(part: str, done: int, total: Any) -> None:
        if done > DOCUMENTS / 2:
            raise Killed

    monkeypatch.setattr(load, "AT_ONCE", 1)  # each batch has arrived before the next one goes
    with pytest.raises(Killed):
        await commands.restore(fresh, file, "", die)
    half = (await tally_of(fresh)).documents
    assert 100 < half <= DOCUMENTS + 100
    with pytest.raises(Stopped, match="same command again"):
        async with opened(fresh):
            pass
    await commands.backup(full, tmp_path / "other.vitrine", "", quiet)
    await commands.restore(fresh, file, "", quiet)
    assert (await tally_of(fresh)).state() == (await tally_of(full)).state()


async def test_a_move_that_broke_off_follows_what_the_source_changed_meanwhile(tmp_path, full):
    target = await open_engine(Settings(data=tmp_path / "target"), ())
    source = await open_engine(full, ())

    def die(done: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        await load.load(target, "here", source.documents(), die)
    with pytest.raises(load.NotEmpty, match="half of here"):
        await load.load(target, "elsewhere", source.documents(), quiet)
    await source.run(Change("note", "7", lambda doc: {"n": "changed"}))
    await target.run(Insert("note", "gone", {"n": "the source has deleted it"}))
    await load.load(target, "here", source.documents(), quiet)
    await load.finish(target)
    assert await target.get(*MOVING) is None
    assert await target.get("note", "7") == {"n": "changed"}
    assert await target.get("note", "gone") is None
    await source.close()
    await target.close()


async def test_another_writer_is_noticed(tmp_path, full):
    target = await open_engine(Settings(data=tmp_path / "target"), ())
    source = await open_engine(full, ())
    wrote = False

    async def disturbed():
        nonlocal wrote
        async for document in source.documents():
            if not wrote:
                wrote = True
                await target.run(Insert("note", "mine", {}))
            yield document

    with pytest.raises(load.Different, match="something else writes there"):
        await load.load(target, "here", disturbed(), quiet)
    await source.close()
    await target.close()


async def test_a_house_moves_to_mongodb_and_s3_and_goes_on_there(
    tmp_path, full, mongo_url: str, s3: S3Server, monkeypatch
):
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    moved = Settings(
        data=tmp_path / "node", database_url=mongo_url, blobs_url=s3.url(tmp_path.name)
    )
    before = (await tally_of(full)).state()
    done = await commands.migrate(full, moved.database_url, moved.blobs_url, quiet)
    assert done.documents.state() == before
    assert done.files.files == 3
    assert (await tally_of(moved)).state() == before
    moved.data.mkdir()
    house = await open_house(moved)
    try:
        assert (await house.catalog.product("TEA-01")).sku == "TEA-01"
        for key, body in FILES.items():
            assert b"".join([part async for part in house.assets.blobs.read(key, 0, None)]) == body
    finally:
        await house.close()
    file = tmp_path / "mongo.vitrine"
    await commands.backup(moved, file, None, quiet)
    home = Settings(data=tmp_path / "home")
    await commands.restore(home, file, None, quiet)
    kinds = (await tally_of(home)).counts
    assert kinds["note"] == DOCUMENTS + 1
    assert files_of(home.data / "blobs") == FILES
    with pytest.raises(Stopped, match="not empty"):
        await commands.migrate(home, moved.database_url, "", quiet)


def test_the_sum_is_of_what_documents_hold_and_not_of_their_order():
    def total(*documents: dict[str, Any]) -> str:
        tally = Tally()
        for document in documents:
            tally.add(msgspec.convert(document, archive.Document))
        return tally.state()["sum"]

    one = {"kind": "a", "id": "1", "doc": {"x": 1, "y": {"b": 1, "a": 2}}}
    same = {"kind": "a", "id": "1", "doc": {"y": {"a": 2, "b": 1}, "x": 1}}
    other = {"kind": "a", "id": "2", "doc": {}}
    assert total(one, other) == total(other, same)
    assert total(one) != total({**one, "id": "2"})
    assert total(one) != total({**one, "doc": {"x": "1", "y": {"b": 1, "a": 2}}})


def test_the_commands_say_what_they_did(tmp_path, full):
    def vitrine(*arguments: str) -> tuple[int, str]:
        answer = CliRunner().invoke(app, [*arguments])
        return answer.exit_code, answer.output

    file = str(tmp_path / "one.vitrine")
    code, text = vitrine("backup", file, "--data", str(full.data))
    assert (code, "3 files (0.0 MB), 0 were there" in text) == (0, True), text
    code, text = vitrine("restore", file, "--data", str(tmp_path / "fresh"))
    assert (code, "Brought back and compared: 12" in text) == (0, True), text
    code, text = vitrine("restore", file, "--data", str(tmp_path / "fresh"))
    assert (code, "not empty" in text) == (1, True), text
    code, text = vitrine("migrate", "--data", str(tmp_path / "fresh"))
    assert (code, "--to mongodb://" in text) == (1, True), text
