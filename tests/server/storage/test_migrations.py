"""Documents of older versions come forward, once, whoever dies; newer ones are refused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.storage.embedded import EmbeddedStore
from server.storage.migrations import (
    ID,
    KIND,
    MOVING,
    HalfMoved,
    NewerStore,
    Schema,
    bring_forward,
)
from server.storage.port import Change, Doc, Index, Insert, Store

OLD = Schema()
INDEXES = (Index("shoe", "euro"),)


def in_metres(doc: Doc) -> Doc:
    return {**doc, "length": doc["length"] / 100}


def with_sole(doc: Doc) -> Doc:
    return {**doc, "sole": "rubber"}


NEW = Schema({"shoe": (in_metres, with_sole)})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await EmbeddedStore.open(tmp_path / "documents.db", INDEXES)
    await store.run(
        *(Insert("shoe", str(n), {"id": str(n), "length": 25 + n}) for n in range(500)),
        Insert("lamp", "0", {"id": "0", "length": 30}),
    )
    yield store
    await store.close()


async def forward(store: Store, schema: Schema, by: str = "me", **given: Any) -> Store:
    return await bring_forward(store, schema, given.pop("now", lambda: 1000.0), by, **given)


async def test_every_document_of_the_kind_comes_forward_and_no_other(store):
    await forward(store, NEW)
    for n in (0, 499):
        assert await store.get("shoe", str(n)) == {
            "id": str(n),
            "length": (25 + n) / 100,
            "sole": "rubber",
            "v": 3,
        }
    assert await store.get("lamp", "0") == {"id": "0", "length": 30}


async def test_done_again_it_changes_nothing_and_what_is_written_later_is_marked(store):
    used = await forward(store, NEW)
    await used.run(
        Insert("shoe", "new", {"id": "new", "length": 0.3, "sole": "cork"}),
        Change("shoe", "0", lambda doc: {"id": "0", "length": 1.0, "sole": doc["sole"]}),
        Insert("lamp", "1", {"id": "1"}),
    )
    assert (await store.get("shoe", "new"))["v"] == 3
    assert (await store.get("shoe", "0"))["v"] == 3
    assert "v" not in await store.get("lamp", "1")
    unchanged = await used.run(Change("shoe", "1", lambda doc: doc))
    assert unchanged[0]["v"] == 3
    await forward(store, NEW)
    assert (await store.get("shoe", "new"))["length"] == 0.3
    assert (await store.get("shoe", "1"))["length"] == 0.26


async def test_a_program_without_steps_uses_the_store_itself(store):
    assert await forward(store, OLD) is store
    assert await store.get(KIND, ID) is None


async def test_an_older_program_refuses_what_a_newer_one_wrote(store):
    await forward(store, NEW)
    with pytest.raises(
        NewerStore, match=r"shoe documents are of version 3.*up to 1.*newer program"
    ):
        await forward(store, OLD)
    with pytest.raises(NewerStore, match="up to 2"):
        await forward(store, Schema({"shoe": (in_metres,)}))


async def test_one_that_died_in_the_middle_is_taken_over_and_nothing_is_done_twice(store):
    class Killed(Exception):
        pass

    changed = 0

    def dying(doc: Doc) -> Doc:
        nonlocal changed
        changed += 1
        if changed > 300:
            raise Killed
        return in_metres(doc)

    with pytest.raises(Killed):
        await forward(store, Schema({"shoe": (dying, with_sole)}), "dead")
    waited = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    clock = lambda: 1000.0 + 10 * len(waited)  # noqa: E731
    await forward(store, NEW, "heir", now=clock, pause=pause)
    assert waited, "the lease of the dead had to run out first"
    lengths = [(await store.get("shoe", str(n)))["length"] for n in range(500)]
    assert lengths == [(25 + n) / 100 for n in range(500)]


async def test_of_many_that_start_together_one_does_the_work(store):
    counts: list[int] = []

    def counting(doc: Doc) -> Doc:
        counts.append(1)
        return in_metres(doc)

    schema = Schema({"shoe": (counting, with_sole)})

    async def pause(_: float) -> None:
        await asyncio.sleep(0.01)

    await asyncio.gather(*(forward(store, schema, str(n), pause=pause) for n in range(8)))
    assert (await store.get("shoe", "7"))["length"] == 0.32
    assert len(counts) <= 1000, "once to see that it is old, once to change it"


async def test_what_is_half_moved_is_refused(store):
    await store.run(Insert(*MOVING, {"source": "backup.vitrine"}))
    with pytest.raises(HalfMoved, match=r"backup\.vitrine.*same command again"):
        await forward(store, OLD)
