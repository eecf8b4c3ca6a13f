"""A dictionary that behaves like a store: engines are compared with it, step by step."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from unittest import TestCase

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.storage.port import Change, Delete, Doc, Exists, Insert, Missing, Op, Store
from tests.server.storage.contract import Refused, ids, refuse

KEYS = [(kind, id) for kind in ("shoe", "lamp") for id in ("a", "b", "é'\"")]
COLORS = st.sampled_from(["red", "blue", None, "' OR 1=1"])

Opened = Callable[[], AbstractAsyncContextManager[Store]]


class Model:
    """The port's words, on a dictionary."""

    def __init__(self) -> None:
        self.docs: dict[tuple[str, str], Doc] = {}

    def run(self, *ops: Op) -> list[Doc | None]:
        return [self._apply(op) for op in ops]

    def _apply(self, op: Op) -> Doc | None:
        key = (op.kind, op.id)
        match op:
            case Insert(doc=doc):
                if key in self.docs:
                    raise Exists
                self.docs[key] = doc
            case Change(fn=fn):
                if key not in self.docs:
                    raise Missing
                self.docs[key] = fn(self.docs[key])
            case Delete():
                self.docs.pop(key, None)
        return self.docs.get(key)

    def find(self, kind: str, where: dict[str, Any], order: str | None) -> list[str]:
        found = [
            (doc.get(order) if order else 0, id)
            for (its_kind, id), doc in self.docs.items()
            if its_kind == kind and all(doc.get(name) == value for name, value in where.items())
        ]
        return [id for value, id in sorted((v, i) for v, i in found if v is not None)]


def op(kind: str, id: str, verb: str, color: str | None, size: int) -> Op:
    if verb == "insert":
        return Insert(kind, id, {"id": id, "color": color, "size": size})
    if verb == "delete":
        return Delete(kind, id)
    if verb == "refuse":
        return Change(kind, id, refuse)
    if verb == "touch":
        return Change(kind, id, lambda doc: doc)
    return Change(kind, id, lambda doc: {**doc, "color": color, "size": doc["size"] + size})


VERBS = st.sampled_from(["insert", "insert", "change", "change", "delete", "refuse", "touch"])
OPS = st.builds(
    lambda key, verb, color, size: op(key[0], key[1], verb, color, size),
    st.sampled_from(KEYS), VERBS, COLORS, st.integers(-3, 3),
)  # fmt: skip


def compare(opened: Opened, max_examples: int = 30) -> type[TestCase]:
    """A hypothesis test case that does the same to a store and to the model."""

    class Comparison(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model = Model()
            self.runner = asyncio.Runner()
            self.opening = opened()
            self.store = self.runner.run(self.opening.__aenter__())

        @rule(ops=st.lists(OPS, max_size=5))
        def run(self, ops: list[Op]) -> None:
            try:
                expected: Any = self.model.run(*ops)
            except (Exists, Missing, Refused) as error:
                expected = type(error)
            try:
                answer: Any = self.runner.run(self.store.run(*ops))
            except (Exists, Missing, Refused) as error:
                answer = type(error)
            assert answer == expected

        @rule(
            kind=st.sampled_from(["shoe", "lamp"]),
            color=COLORS,
            order=st.sampled_from([None, "size", "color"]),
            limit=st.integers(1, 4),
        )
        def find(self, kind: str, color: str | None, order: str | None, limit: int) -> None:
            order = None if (kind, order) == ("lamp", "size") else order
            for where in ({}, {"color": color}):
                found = self.runner.run(ids(self.store, kind, where, order=order, limit=limit))
                assert found == self.model.find(kind, where, order)

        @invariant()
        def every_document_is_as_in_the_model(self) -> None:
            for key in KEYS:
                assert self.runner.run(self.store.get(*key)) == self.model.docs.get(key)

        def teardown(self) -> None:
            self.runner.run(self.opening.__aexit__(None, None, None))
            self.runner.close()

    case = Comparison.TestCase
    case.settings = settings(max_examples=max_examples, stateful_step_count=20)
    return case
