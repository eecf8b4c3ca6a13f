"""The embedded engine: the contract, and what only a file on a disk can suffer."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.storage.embedded import EmbeddedStore, connect, query
from server.storage.port import Change, Index, Insert, InUse, Store, Unknown
from tests.server.storage.contract import INDEXES, StoreContract, counted, ids, insert
from tests.server.storage.model import compare


@asynccontextmanager
async def temporary() -> AsyncIterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = await EmbeddedStore.open(Path(folder) / "documents.db", INDEXES)
        try:
            yield store
        finally:
            await store.close()


TestEmbeddedComparedWithAModel = compare(temporary)


class TestEmbedded(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
        store = await EmbeddedStore.open(tmp_path / "new folder" / "documents.db", INDEXES)
        yield store
        await store.close()


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.run(insert("a", color="red"))
    await store.close()
    again = await EmbeddedStore.open(tmp_path / "documents.db", [*INDEXES, Index("shoe", "new")])
    assert await ids(again, "shoe", {"color": "red"}) == ["a"]
    assert await ids(again, "shoe", {"new": None}) == ["a"]
    await again.close()


async def test_all_documents_are_those_of_one_moment_whatever_is_written_meanwhile(
    tmp_path: Path,
) -> None:
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.run(*(insert(f"{number:04}", count=0) for number in range(1500)))
    found = []
    async for document in store.documents():
        if not found:  # the first of three batches is here
            changes = [Change("shoe", f"{number:04}", counted) for number in range(1500)]
            await store.run(*changes, insert("later", count=1))
        found.append(document.doc["count"])
    assert found == [0] * 1500
    await store.close()


async def test_a_second_opener_of_the_same_file_is_told(tmp_path: Path) -> None:
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    with pytest.raises(InUse, match=r"documents\.db is in use"):
        await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.server.storage.acknowledge", tmp_path / "documents.db"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await child.communicate()
    assert child.returncode == 1
    assert b"InUse" in complaint
    await store.run(insert("a"))
    await store.close()


async def test_a_file_that_is_no_database_is_an_error_and_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    path.write_bytes(b"not a database, and long enough to be looked at as a header" * 100)
    for _ in range(2):
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            await EmbeddedStore.open(path, INDEXES)


async def test_a_failed_commit_fails_its_batch_and_the_writer_lives_on(tmp_path: Path) -> None:
    """The file may not grow: the system itself refuses the write, as a full disk does."""
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.run(insert("a", count=0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        answers = await asyncio.gather(
            store.run(Change("shoe", "a", counted)),
            store.run(insert("big", text="x" * 1_000_000)),
            return_exceptions=True,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(answers[1], Unknown)
    assert await store.get("shoe", "big") is None
    before = (await store.get("shoe", "a") or {})["count"]
    assert before == (0 if isinstance(answers[0], Unknown) else 1)
    await store.run(Change("shoe", "a", counted))
    assert (await store.get("shoe", "a") or {})["count"] == before + 1
    await store.close()


async def test_more_callers_than_the_queue_holds_all_get_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.storage.embedded.MAX_QUEUED", 8)
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.run(insert("a", count=0))
    await asyncio.gather(*(store.run(Change("shoe", "a", counted)) for _ in range(200)))
    assert (await store.get("shoe", "a") or {})["count"] == 200
    await store.close()


@pytest.mark.parametrize(
    ("where", "order"),
    [({"color": "red"}, None), ({"color": None}, None), ({}, "size"), ({"color": "red"}, "size")],
)
async def test_find_uses_an_index(
    tmp_path: Path, where: dict[str, str | None], order: str | None
) -> None:
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.close()
    connection = connect(tmp_path / "documents.db")
    sql, values = query("shoe", where, order, 10, None)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    connection.close()
    assert any("USING INDEX shoe__" in step[3] for step in plan)


def test_everything_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.server.storage.acknowledge", path],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(400)]
        child.kill()
        lines += child.stdout.read().splitlines(keepends=True)
        child.stdout.close()
        child.wait()
        asyncio.run(check(path, [line for line in lines if line.endswith("\n")]))


async def check(path: Path, acknowledged: list[str]) -> None:
    store = await EmbeddedStore.open(path, INDEXES)
    assert len(acknowledged) >= 400
    for line in acknowledged:
        name, n = line.split()
        assert (await store.get("shoe", name) or {})["count"] >= int(n)
        assert await store.get("shoe", f"{name}-{n}") is not None
    await store.run(Insert("shoe", str(len(acknowledged)) + line, {"id": "still writes"}))
    await store.close()
