"""What every storage engine must do. An engine's test file subclasses this with its own `store`."""

import asyncio
import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from server.storage.port import (
    Change,
    Delete,
    Doc,
    Exists,
    Index,
    Insert,
    Missing,
    StorageError,
    Store,
)

INDEXES = (
    Index("shoe", "color"),
    Index("shoe", "size"),
    Index("shoe", "sold"),
    Index("lamp", "color"),
)


class Refused(Exception):
    """Raised by a Change's function."""


def refuse(doc: Doc) -> Doc:
    raise Refused


def counted(doc: Doc) -> Doc:
    return {**doc, "count": doc["count"] + 1}


def insert(id: str, **fields: Any) -> Insert:
    return Insert("shoe", id, {"id": id, **fields})


async def ids(store: Store, kind: str, where: dict[str, Any], **options: Any) -> list[str]:
    """All pages of a listing."""
    found: list[str] = []
    page = await store.find(kind, where, **options)
    found += [doc["id"] for doc in page.items]
    while page.next is not None:
        page = await store.find(kind, where, after=page.next, **options)
        found += [doc["id"] for doc in page.items]
    return found


class StoreContract:
    """Needs a fixture `store`, opened with INDEXES and empty."""

    async def test_what_was_inserted_is_read_back(self, store: Store) -> None:
        doc = {"id": "a", "names": {"it": "scarpa è"}, "sizes": [1, 2.5, None, True], "big": 2**53}
        assert await store.run(Insert("shoe", "a", doc)) == [doc]
        assert await store.get("shoe", "a") == doc

    async def test_numbers_and_names_come_back_as_what_they_were(self, store: Store) -> None:
        names = {"$set": 1, "a.b": 2, "%24": 3, "a\0b": 4, "": 5, "è": 6}
        numbers = [2**31, -(2**40), 2**63 - 1, -0.5, 1e300, 1.0]
        doc = {"id": "a", "inner": [names], "numbers": numbers, "text": "a\0b"}
        await store.run(Insert("shoe", "a", doc))
        read = await store.get("shoe", "a") or {}
        assert read == doc
        assert [type(number) for number in read["numbers"]] == [int] * 3 + [float] * 3
        assert list(read["inner"][0]) == list(names)
        await store.run(Change("shoe", "a", lambda doc: {**doc, "numbers": []}))
        assert await store.get("shoe", "a") == {**doc, "numbers": []}

    async def test_a_tuple_is_read_back_as_a_list_and_a_time_as_text(self, store: Store) -> None:
        at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        await store.run(insert("a", sizes=(38, 39), at=at))
        read = {"id": "a", "sizes": [38, 39], "at": "2026-11-23T12:00:00Z"}
        assert await store.get("shoe", "a") == read

    async def test_what_is_not_there_is_none(self, store: Store) -> None:
        await store.run(Insert("shoe", "a", {"id": "a"}))
        assert await store.get("shoe", "b") is None
        assert await store.get("lamp", "a") is None

    async def test_inserting_twice_raises_exists_and_keeps_the_first(self, store: Store) -> None:
        await store.run(insert("a", color="red"))
        with pytest.raises(Exists):
            await store.run(insert("a", color="blue"))
        assert await store.get("shoe", "a") == {"id": "a", "color": "red"}

    async def test_a_change_answers_the_new_document(self, store: Store) -> None:
        answers = await store.run(insert("a", count=0), Change("shoe", "a", counted))
        assert answers == [{"id": "a", "count": 0}, {"id": "a", "count": 1}]

    async def test_changing_nothing_raises_missing(self, store: Store) -> None:
        with pytest.raises(Missing):
            await store.run(Change("shoe", "a", counted))

    async def test_the_same_object_back_is_no_change(self, store: Store) -> None:
        await store.run(insert("a", count=1))
        assert await store.run(Change("shoe", "a", lambda doc: doc)) == [{"id": "a", "count": 1}]

    async def test_a_function_that_raises_writes_nothing(self, store: Store) -> None:
        await store.run(insert("a", count=1))
        with pytest.raises(Refused):
            await store.run(Change("shoe", "a", refuse))
        assert await store.get("shoe", "a") == {"id": "a", "count": 1}

    async def test_a_run_stops_at_the_first_failure_and_keeps_what_came_before(
        self, store: Store
    ) -> None:
        with pytest.raises(Refused):
            await store.run(
                insert("a", count=0),
                Change("shoe", "a", counted),
                Change("shoe", "a", refuse),
                Change("shoe", "a", counted),
                insert("b"),
            )
        assert await store.get("shoe", "a") == {"id": "a", "count": 1}
        assert await store.get("shoe", "b") is None

    async def test_a_failing_caller_does_not_disturb_the_others(self, store: Store) -> None:
        await store.run(insert("a", count=0))
        answers = await asyncio.gather(
            *(store.run(Change("shoe", "a", refuse if n % 3 == 0 else counted)) for n in range(60)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers].count(Refused) == 20
        assert (await store.get("shoe", "a") or {})["count"] == 40

    async def test_a_document_that_is_not_json_fails_only_its_caller(self, store: Store) -> None:
        answers = await asyncio.gather(
            store.run(insert("a")),
            store.run(insert("b"), insert("c", color=object())),
            store.run(insert("d")),
            return_exceptions=True,
        )
        assert isinstance(answers[1], TypeError)
        assert await ids(store, "shoe", {}) == ["a", "b", "d"]

    async def test_deleting_is_idempotent(self, store: Store) -> None:
        await store.run(insert("a"))
        assert await store.run(Delete("shoe", "a"), Delete("shoe", "a")) == [None, None]
        assert await store.get("shoe", "a") is None

    async def test_one_run_may_delete_and_insert_anew(self, store: Store) -> None:
        await store.run(insert("a", color="red"))
        await store.run(Delete("shoe", "a"), insert("a", color="blue"))
        assert await store.get("shoe", "a") == {"id": "a", "color": "blue"}

    async def test_an_empty_run_does_nothing(self, store: Store) -> None:
        assert await store.run() == []

    async def test_sixty_four_changers_of_one_document_all_count(self, store: Store) -> None:
        await store.run(insert("a", count=0))

        async def changer() -> list[int]:
            seen = []
            for _ in range(20):
                (doc,) = await store.run(Change("shoe", "a", counted))
                seen.append((doc or {})["count"])
                own = await store.get("shoe", "a") or {}
                assert own["count"] >= seen[-1], "a read after a write must see it"
            return seen

        seen = await asyncio.gather(*(changer() for _ in range(64)))
        assert sorted(n for mine in seen for n in mine) == list(range(1, 64 * 20 + 1))

    async def test_a_caller_that_leaves_does_not_disturb_the_others(self, store: Store) -> None:
        await store.run(insert("a", count=0))
        tasks = [asyncio.create_task(store.run(Change("shoe", "a", counted))) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(answer, list) for answer in answers[1::2])
        await store.run(Change("shoe", "a", counted))
        assert 26 <= (await store.get("shoe", "a") or {})["count"] <= 51

    async def test_find_filters_by_declared_fields(self, store: Store) -> None:
        await store.run(
            insert("a", color="red", sold=True),
            insert("b", color="red", sold=False),
            insert("c", color="blue", sold=True),
            Insert("lamp", "d", {"id": "d", "color": "red"}),
        )
        assert await ids(store, "shoe", {"color": "red"}) == ["a", "b"]
        assert await ids(store, "shoe", {"sold": True}) == ["a", "c"]
        assert await ids(store, "shoe", {"color": "red", "sold": True}) == ["a"]
        assert await ids(store, "lamp", {"color": "red"}) == ["d"]
        assert await ids(store, "shoe", {}) == ["a", "b", "c"]

    async def test_none_finds_null_and_absent_fields(self, store: Store) -> None:
        await store.run(insert("a", color=None), insert("b"), insert("c", color="red"))
        assert await ids(store, "shoe", {"color": None}) == ["a", "b"]

    async def test_true_and_one_are_the_same_to_find(self, store: Store) -> None:
        await store.run(insert("a", sold=True), insert("b", sold=1), insert("c", sold=1.0))
        await store.run(insert("d", sold=False), insert("e", sold=0), insert("f", sold="1"))
        for one in (True, 1, 1.0):
            assert await ids(store, "shoe", {"sold": one}) == ["a", "b", "c"]
        assert await ids(store, "shoe", {"sold": 0}) == ["d", "e"]
        assert await ids(store, "shoe", {"sold": "1"}) == ["f"]

    async def test_find_sees_what_changed(self, store: Store) -> None:
        await store.run(insert("a", color="red"))
        await store.run(Change("shoe", "a", lambda doc: {**doc, "color": "blue"}))
        assert await ids(store, "shoe", {"color": "red"}) == []
        assert await ids(store, "shoe", {"color": "blue"}) == ["a"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    async def test_pages_follow_the_order_with_ties_by_id(self, store: Store, limit: int) -> None:
        sizes = {"a": 42, "b": 38, "c": 42, "d": 38.5, "e": 42, "f": -1, "g": 42}
        await store.run(*(insert(id, size=size, color="red") for id, size in sizes.items()))
        await store.run(insert("none", color="red"), insert("null", size=None, color="red"))
        expected = ["f", "b", "d", "a", "c", "e", "g"]
        assert await ids(store, "shoe", {}, order="size", limit=limit) == expected
        assert await ids(store, "shoe", {"color": "red"}, order="size", limit=limit) == expected
        assert await ids(store, "shoe", {"size": 42}, limit=limit) == ["a", "c", "e", "g"]

    @pytest.mark.parametrize("limit", [1, 2, 100])
    async def test_pages_go_on_from_numbers_to_texts(self, store: Store, limit: int) -> None:
        """Texts by their bytes in UTF-8: capitals first, then others, accents at the end."""
        sizes = {"a": "é", "b": "XL", "c": 44, "d": "m", "e": -2.5, "f": "10", "g": ""}
        await store.run(*(insert(id, size=size) for id, size in sizes.items()))
        expected = ["e", "c", "g", "f", "b", "d", "a"]
        assert await ids(store, "shoe", {}, order="size", limit=limit) == expected

    async def test_the_last_page_has_no_next(self, store: Store) -> None:
        await store.run(insert("a"), insert("b"))
        page = await store.find("shoe", {}, limit=2)
        assert len(page.items) == 2
        assert page.next is None

    async def test_a_cursor_stays_good_while_documents_come_and_go(self, store: Store) -> None:
        await store.run(*(insert(id, size=1) for id in "bdf"))
        page = await store.find("shoe", {}, order="size", limit=2)
        await store.run(Delete("shoe", "d"), insert("a", size=1), insert("e", size=1))
        page = await store.find("shoe", {}, order="size", limit=9, after=page.next)
        assert [doc["id"] for doc in page.items] == ["e", "f"]

    async def test_an_undeclared_field_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match=r"shoe\.weight"):
            await store.find("shoe", {"weight": 1})
        with pytest.raises(ValueError, match=r"lamp\.size"):
            await store.find("lamp", {}, order="size")

    @pytest.mark.parametrize("cursor", ["", "nonsense", "bm9uc2Vuc2U=", "é", "WzFd", "a" * 5000])
    async def test_a_cursor_that_is_not_ours_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(ValueError, match="cursor"):
            await store.find("shoe", {}, after=cursor)

    @pytest.mark.parametrize("written", [b"[" * 5000, b'["size",' + b"9" * 30 + b',"x"]'])
    async def test_a_forged_cursor_is_refused(self, store: Store, written: bytes) -> None:
        cursor = base64.urlsafe_b64encode(written).decode()
        with pytest.raises(ValueError, match="cursor"):
            await store.find("shoe", {}, order="size", after=cursor)

    async def test_a_cursor_of_another_order_is_refused(self, store: Store) -> None:
        await store.run(insert("a", size=1), insert("b", size=2))
        page = await store.find("shoe", {}, order="size", limit=1)
        with pytest.raises(ValueError, match="another listing"):
            await store.find("shoe", {}, after=page.next)

    async def test_all_documents_come_by_kind_and_id(self, store: Store) -> None:
        ops = [insert(f"{number:04}", size=number) for number in reversed(range(600))]
        await store.run(*ops, Insert("lamp", "z", {"id": "z"}))
        found = [document async for document in store.documents()]
        assert [(one.kind, one.id) for one in found] == [
            ("lamp", "z"),
            *(("shoe", f"{number:04}") for number in range(600)),
        ]
        assert found[-1].doc == {"id": "0599", "size": 599}

    async def test_an_empty_store_has_no_documents(self, store: Store) -> None:
        assert [document async for document in store.documents()] == []

    async def test_a_closed_store_says_so(self, store: Store) -> None:
        await store.close()
        await store.close()
        for call in (store.get("shoe", "a"), store.find("shoe", {}), store.run(insert("a"))):
            with pytest.raises(StorageError, match="closed"):
                await call

    async def test_closing_finishes_what_was_accepted(self, store: Store) -> None:
        writes = [asyncio.create_task(store.run(insert(str(n)))) for n in range(100)]
        await asyncio.sleep(0)
        await store.close()
        assert [(await write)[0] for write in writes] == [{"id": str(n)} for n in range(100)]
