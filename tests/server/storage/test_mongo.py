"""The MongoDB engine: the contract, and what only a server that is elsewhere can do."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from unittest import TestCase
from urllib.parse import urlsplit

import pytest

from server.engines import BadEngine, open_store
from server.settings import Settings
from server.storage import mongo
from server.storage.mongo import MongoStore
from server.storage.port import Change, Doc, Index, Missing, Store, Unavailable, Unknown
from tests.server.storage.contract import (
    INDEXES,
    Refused,
    StoreContract,
    counted,
    ids,
    insert,
    refuse,
)
from tests.server.storage.model import compare
from tests.servers.forgetful import Line, forgetful
from tests.servers.mongo import MongoServer


class TestMongo(StoreContract):
    @pytest.fixture
    async def store(self, mongo_url: str) -> AsyncIterator[MongoStore]:
        store = await MongoStore.open(mongo_url, INDEXES)
        yield store
        await store.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[MongoStore]:
    store = await MongoStore.open(url, INDEXES)
    try:
        yield store
    finally:
        await store.close()


def test_it_behaves_like_a_dictionary(new_mongo_url: Callable[[], str]) -> None:
    def fresh() -> AbstractAsyncContextManager[Store]:
        return opened(new_mongo_url())

    case: type[TestCase] = compare(fresh, max_examples=8)
    case("runTest").debug()


async def test_a_new_index_finds_what_was_there_before(mongo_url: str) -> None:
    async with opened(mongo_url) as store:
        await store.run(insert("a", color="red", new=1), insert("b", color="red"))
    again = await MongoStore.open(mongo_url, [*INDEXES, Index("shoe", "new")])
    assert await ids(again, "shoe", {"new": 1}) == ["a"]
    assert await ids(again, "shoe", {"new": None}) == ["b"]
    await again.close()


async def test_two_processes_on_one_document_lose_nothing(mongo_url: str) -> None:
    async with opened(mongo_url) as one, opened(mongo_url) as other:
        await one.run(insert("a", count=0))
        answers = await asyncio.gather(
            *(store.run(Change("shoe", "a", counted)) for store in (one, other) * 150)
        )
        assert sorted(doc["count"] for (doc,) in answers if doc) == list(range(1, 301))


async def test_an_answer_rests_on_what_other_processes_have_done(mongo_url: str) -> None:
    """What a leader remembers of its own write is never the reason of a refusal."""

    def last_one(doc: Doc) -> Doc:
        if doc["count"] == 0:
            raise Refused
        return {**doc, "count": doc["count"] - 1}

    async with held_line(mongo_url) as (line, url), opened(url) as one, opened(mongo_url) as other:
        await one.run(insert("a", count=0))
        line.hold_next_write = True
        first = asyncio.create_task(one.run(Change("shoe", "a", partial(marked, 1))))
        await line.held.wait()
        await other.run(Change("shoe", "a", counted))  # and its caller tells somebody
        second = asyncio.create_task(one.run(Change("shoe", "a", last_one)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        line.go.set()
        await first
        assert await second == [{"id": "a", "count": 0, "mark": 1}]


@asynccontextmanager
async def held_line(url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to the server, and the address that leads through it."""
    parts = urlsplit(url)
    async with forgetful(parts.port or 27017) as line:
        way = parts._replace(netloc=f"127.0.0.1:{line.port}", query="directConnection=true")
        yield line, way.geturl()


async def test_a_stale_change_does_not_hit_what_came_back(mongo_url: str) -> None:
    """Deleted and inserted again by another process, a document is another one."""
    async with opened(mongo_url) as one, opened(mongo_url) as other:
        await one.run(insert("a", count=1))
        known = await one.load(("shoe", "a"))
        assert known is not None
        await other.run(mongo.Delete("shoe", "a"), insert("a", count=1))
        key = ("shoe", "a")
        encoded = one.encode(key, {"id": "a", "count": 2})
        assert await one.replace(key, known.stamp, encoded) is None
        assert await other.get("shoe", "a") == {"id": "a", "count": 1}


async def test_a_document_that_is_too_large_fails_only_its_caller(mongo_url: str) -> None:
    async with opened(mongo_url) as store:
        await store.run(insert("a", count=0))
        large = Change("shoe", "a", lambda doc: {**doc, "text": "x" * 17_000_000})
        answers = await asyncio.gather(
            *(store.run(op) for op in (Change("shoe", "a", counted), large) * 2),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [list, ValueError] * 2
        assert await store.get("shoe", "a") == {"id": "a", "count": 2}


async def test_missing_reaches_everybody_who_waits(mongo_url: str) -> None:
    async with opened(mongo_url) as store:
        answers = await asyncio.gather(
            *(store.run(Change("shoe", "a", fn)) for fn in (counted, refuse) * 10),
            return_exceptions=True,
        )
        assert {type(answer) for answer in answers} == {Missing}


@pytest.mark.parametrize(
    "url", ["mongodb://127.0.0.1:27017", "mongodb://", "mongodb://a:b:c/x", "postgres://host/x"]
)
async def test_an_address_that_is_none_is_refused_with_its_setting(tmp_path, url: str) -> None:
    with pytest.raises(BadEngine, match="VITRINE_DATABASE_URL"):
        await open_store(Settings(data=tmp_path, database_url=url), INDEXES)


class TestOutage:
    """The server is killed and started again, under a store that stays open."""

    @pytest.fixture
    def url(self, mongo_server: MongoServer) -> str:
        return mongo_server.url(f"test_{uuid.uuid4().hex}")

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mongo, "PATIENCE_SECONDS", 0.6)
        monkeypatch.setattr(mongo, "CALL_SECONDS", 1.0)

    async def test_nothing_acknowledged_is_lost_and_it_comes_back_by_itself(
        self, mongo_server: MongoServer, url: str
    ) -> None:
        async with opened(url) as store:
            await store.run(insert("hot", count=0))
            tallies = [Tally() for _ in range(16)]
            ending = asyncio.Event()
            work = [
                asyncio.create_task(tally.work(store, n, ending)) for n, tally in enumerate(tallies)
            ]
            for _ in range(2):
                await asyncio.sleep(0.5)
                await asyncio.to_thread(mongo_server.kill)
                await asyncio.sleep(1.5)
                await asyncio.to_thread(mongo_server.start)
            before = [tally.done for tally in tallies]
            assert await all_go_on(tallies, before), "each of them, by itself"
            ending.set()
            await asyncio.gather(*work)
            assert all(tally.away for tally in tallies), "each has seen it away"
            done, unsure = sum(t.done for t in tallies), sum(t.unsure for t in tallies)
            count = (await store.get("shoe", "hot") or {})["count"]
            assert done <= count <= done + unsure
            for tally in tallies:
                for id in tally.inserted:
                    assert await store.get("shoe", id) is not None

    async def test_while_it_is_away_every_call_says_so_soon(
        self, mongo_server: MongoServer, url: str
    ) -> None:
        async with opened(url) as store:
            await store.run(insert("a", count=0))
            mongo_server.kill()
            began = time.monotonic()
            answers = await asyncio.gather(
                *(store.get("shoe", "a") for _ in range(200)),
                *(store.run(Change("shoe", "a", counted)) for _ in range(200)),
                store.find("shoe", {}),
                return_exceptions=True,
            )
            assert {type(answer) for answer in answers} == {Unavailable}
            assert time.monotonic() - began < 8.0  # one after another on threads they take 24
            with pytest.raises(Unavailable, match="MongoDB cannot be reached"):
                await MongoStore.open(url, INDEXES)
            await asyncio.to_thread(mongo_server.start)
            assert await settled(store) == {"id": "a", "count": 0}

    async def test_a_server_that_hangs_is_given_up_and_taken_back(
        self, mongo_server: MongoServer, url: str
    ) -> None:
        async with opened(url) as store:
            await store.run(insert("a", count=0))
            mongo_server.freeze()
            try:
                began = time.monotonic()
                answers = await asyncio.gather(
                    *(store.get("shoe", "a") for _ in range(100)),
                    *(store.run(Change("shoe", "a", counted)) for _ in range(100)),
                    store.run(insert("b")),
                    return_exceptions=True,
                )
                assert {type(answer) for answer in answers} <= {Unavailable, Unknown}
                assert time.monotonic() - began < 10.0  # one after another on threads they take 20
            finally:
                mongo_server.thaw()
            assert (await settled(store))["id"] == "a"
            (doc,) = await store.run(Change("shoe", "a", counted))
            assert doc is not None

    async def test_a_lost_answer_is_no_second_write(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The write came through and nobody was told: it is repeated, and happens once."""
        monkeypatch.setattr(mongo, "PATIENCE_SECONDS", 20.0)
        monkeypatch.setattr(mongo, "CALL_SECONDS", 20.0)
        async with held_line(url) as (line, way), opened(way) as store:
            for op in (insert("a", count=0), Change("shoe", "a", counted)):
                line.forget_next_write = True
                await store.run(op)
                assert not line.forget_next_write, "the line was used"
            assert await store.get("shoe", "a") == {"id": "a", "count": 1}
            await store.run(insert("b"))
            line.forget_next_write = True
            with pytest.raises(Unknown):  # of whose insert it was, the server does not say
                await store.run(insert("b"))
            line.forget_next_write = True
            await store.run(mongo.Delete("shoe", "b"))
            assert await store.get("shoe", "b") is None


@dataclass
class Tally:
    """What one caller was told."""

    done: int = 0
    unsure: int = 0
    away: int = 0
    inserted: list[str] = field(default_factory=list)

    async def work(self, store: Store, n: int, ending: asyncio.Event) -> None:
        while not ending.is_set():
            await asyncio.sleep(0.002)
            try:
                await store.run(Change("shoe", "hot", counted))
                self.done += 1
                await store.run(insert(f"{n}-{self.done}"))
                self.inserted.append(f"{n}-{self.done}")
            except Unavailable:
                self.away += 1
            except Unknown:
                self.unsure += 1
                self.away += 1


def marked(n: int, doc: Doc) -> Doc:
    return {**doc, "mark": n}


async def all_go_on(tallies: Sequence[Tally], before: Sequence[int]) -> bool:
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        if all(tally.done > n for tally, n in zip(tallies, before, strict=True)):
            return True
        await asyncio.sleep(0.05)
    return False


async def settled(store: Store) -> Doc:
    """Document `a`, once the server is back."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await store.get("shoe", "a") or {}
            except Unavailable:
                await asyncio.sleep(0.05)
