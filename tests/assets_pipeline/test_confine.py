"""A child that misbehaves is stopped and reported, and the parent goes on."""

import faulthandler
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline.confine import ProcessLimits, confined
from assets_pipeline.errors import InvalidModel

SMALL = ProcessLimits(memory_mb=2048, seconds=60, file_mb=1)


def last(work: Callable[..., dict[str, Any]], limits: ProcessLimits = SMALL) -> dict[str, Any]:
    *_, message = confined(work, "shoe.glb", limits)
    return message


def test_messages_come_in_order_and_the_result_last() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        send({"step": 1})
        send({"step": 2})
        return {"pid": os.getpid()}

    first, second, end = confined(work, "shoe.glb", SMALL)
    assert (first, second) == ({"step": 1}, {"step": 2})
    assert end["result"]["pid"] != os.getpid()


def test_a_refusal_comes_back_as_a_problem() -> None:
    def work(_: object) -> dict[str, Any]:
        raise InvalidModel(reason="It is bent")

    problem = last(work)["problem"]
    assert (problem["type"], problem["detail"]) == (
        "invalid-model",
        "It is bent. Copy it again, or export it anew.",
    )


def test_a_child_that_eats_memory_is_reported() -> None:
    def work(_: object) -> dict[str, Any]:
        return {"sum": int(np.ones(2**32, np.uint8).sum())}

    problem = last(work)["problem"]
    assert problem["type"] == "out-of-memory"
    assert "2,048 MB" in problem["detail"]


def test_a_child_that_never_ends_is_killed_with_its_own_children(tmp_path: Path) -> None:
    told = tmp_path / "grandchild"

    def work(_: object) -> dict[str, Any]:
        grandchild = os.fork()
        if grandchild == 0:
            time.sleep(600)
        told.write_text(str(grandchild))
        while True:
            time.sleep(60)

    problem = last(work, ProcessLimits(seconds=1.0))["problem"]
    assert problem["type"] == "timed-out"
    assert gone(int(told.read_text()))


def test_a_child_that_spins_is_stopped_by_the_clock() -> None:
    def work(_: object) -> dict[str, Any]:
        while True:
            pass

    assert last(work, ProcessLimits(seconds=0.5))["problem"]["type"] == "timed-out"


def test_a_child_that_writes_without_end_is_reported(tmp_path: Path) -> None:
    def work(_: object) -> dict[str, Any]:
        (tmp_path / "endless").write_bytes(bytes(3_000_000))
        return {}

    assert last(work)["problem"]["type"] == "output-too-large"


@pytest.mark.parametrize(
    ("number", "type"),
    [(signal.SIGSEGV, "converter-crashed"), (signal.SIGKILL, "out-of-memory")],
)
def test_a_child_that_dies_is_reported(number: signal.Signals, type: str) -> None:
    def work(_: object) -> dict[str, Any]:
        faulthandler.disable()  # pytest's, which would print where we meant it to die
        os.kill(os.getpid(), number)
        time.sleep(60)
        return {}

    assert last(work)["problem"]["type"] == type


def test_an_unexpected_error_is_reported_as_a_crash(capfd: pytest.CaptureFixture[str]) -> None:
    def work(_: object) -> dict[str, Any]:
        raise ZeroDivisionError("by nought")

    problem = last(work)["problem"]
    assert problem["type"] == "converter-crashed"
    assert "by nought" in problem["detail"]
    assert "Traceback" in capfd.readouterr().err


def test_a_listener_that_leaves_takes_the_child_along() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        send({"pid": os.getpid()})
        time.sleep(600)
        return {}

    messages = confined(work, "shoe.glb", SMALL)
    child = next(messages)["pid"]
    messages.close()
    assert gone(child)


def gone(process: int) -> bool:
    """Whether the process ends within a few seconds; orphans are reaped by init, in its time."""
    for _ in range(200):
        try:
            status = Path(f"/proc/{process}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        if status.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
