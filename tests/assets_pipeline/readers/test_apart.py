"""A library that dies takes nobody along."""

import faulthandler
import os
import signal
from pathlib import Path

import pytest

from assets_pipeline.errors import InvalidModel, TooLarge
from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.readers.apart import apart
from tests.assets_pipeline import examples
from tests.assets_pipeline.readers.step_example import step_box


def test_the_model_comes_over_whole(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(examples.moving_square().glb())
    here = read(tmp_path / "a.glb")
    there = apart(lambda: read(tmp_path / "a.glb"), "glTF")
    assert [n.name for n in there.nodes] == [n.name for n in here.nodes]
    for one, other in zip(here.primitives, there.primitives, strict=True):
        assert {n: v.array.tolist() for n, v in one.attributes.items()} == {
            n: v.array.tolist() for n, v in other.attributes.items()
        }


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE])
def test_a_death_is_damage_to_the_file(number: signal.Signals) -> None:
    def work() -> Model:
        faulthandler.disable()
        os.kill(os.getpid(), number)
        return Model()

    with pytest.raises(InvalidModel, match="The STEP is damaged"):
        apart(work, "STEP")


def test_a_kill_is_want_of_memory() -> None:
    def work() -> Model:
        os.kill(os.getpid(), signal.SIGKILL)
        return Model()

    with pytest.raises(MemoryError):
        apart(work, "STEP")


def test_errors_come_over_with_their_facts() -> None:
    def work() -> Model:
        raise TooLarge(what="Nodes", count=3, limit=2)

    with pytest.raises(TooLarge) as caught:
        apart(work, "STEP")
    assert caught.value.facts == {"what": "Nodes", "count": 3, "limit": 2}


def test_text_that_is_none_is_damage_to_the_file() -> None:
    def work() -> Model:
        b"\xb0".decode()
        return Model()

    with pytest.raises(InvalidModel, match="not Unicode"):
        apart(work, "USD")


def test_faults_of_ours_stay_faults() -> None:
    def work() -> Model:
        raise KeyError("x")

    with pytest.raises(RuntimeError, match="KeyError: 'x'"):
        apart(work, "STEP")


def test_a_step_that_lacks_a_line_is_refused_or_read(tmp_path: Path) -> None:
    pytest.importorskip("cascadio")
    lines = step_box().splitlines()
    path = tmp_path / "a.step"
    refused = 0
    for lost in range(12, len(lines), 12):
        path.write_text("\n".join([*lines[:lost], *lines[lost + 1 :]]))
        try:
            read(path)
        except InvalidModel:
            refused += 1
    assert refused
