"""A child that misbehaves is stopped and reported, and the parent goes on."""

import faulthandler
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets_pipeline.child import DEBUG
from assets_pipeline.confine import Paths, ProcessLimits, Task, confined, confined_all
from assets_pipeline.errors import InvalidModel
from assets_pipeline.sandbox import landlock_version

# Room for the address space that a run of all tests has taken before it forks: 2 GB.
SMALL = ProcessLimits(memory_mb=3800, seconds=60, file_mb=1)


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
    assert "3,800 MB" in problem["detail"]


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


@pytest.mark.parametrize("debug", [False, True])
def test_an_unexpected_error_is_reported_as_a_crash_and_traced_when_asked_for(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    monkeypatch.delenv(DEBUG, raising=False)
    if debug:
        monkeypatch.setenv(DEBUG, "1")

    def work(_: object) -> dict[str, Any]:
        raise ZeroDivisionError("by nought")

    problem = last(work)["problem"]
    assert problem["type"] == "converter-crashed"
    assert "by nought" in problem["detail"]
    assert ("Traceback" in capfd.readouterr().err) == debug


def test_a_listener_that_leaves_takes_the_child_along() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        send({"pid": os.getpid()})
        time.sleep(600)
        return {}

    messages = confined(work, "shoe.glb", SMALL)
    child = next(messages)["pid"]
    messages.close()
    assert gone(child)


def test_children_run_side_by_side_and_each_message_names_its_task() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        start = time.monotonic()
        send({"started": start})
        time.sleep(0.3)
        return {"start": start, "end": time.monotonic()}

    tasks = [Task(work, name, SMALL) for name in "abc"]
    results = {t.name: m["result"] for t, m in confined_all(iter(tasks), 2) if "result" in m}
    assert sorted(results) == ["a", "b", "c"]
    spans = sorted((r["start"], r["end"]) for r in results.values())
    assert spans[1][0] < spans[0][1], "two at once"
    assert spans[2][0] >= min(spans[0][1], spans[1][1]), "the third waits for a place"


def test_a_task_is_asked_for_only_when_it_can_start() -> None:
    asked = []

    def tasks() -> Iterator[Task]:
        for name in "abc":
            asked.append(name)
            yield Task(lambda _: {}, name, SMALL)

    messages = confined_all(tasks(), 1)
    next(messages)
    assert asked == ["a"]
    messages.close()


def test_one_late_child_does_not_hold_up_or_take_along_the_others() -> None:
    def sleep(_: object) -> dict[str, Any]:
        time.sleep(600)
        return {}

    tasks = [Task(sleep, "late", ProcessLimits(seconds=0.6)), Task(lambda _: {}, "quick", SMALL)]
    (first, done), (second, problem) = confined_all(iter(tasks), 2)
    assert (first.name, done) == ("quick", {"result": {}})
    assert (second.name, problem["problem"]["type"]) == ("late", "timed-out")


def test_leaving_early_kills_all_that_run() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        send({"pid": os.getpid()})
        time.sleep(600)
        return {}

    messages = confined_all(iter([Task(work, name, SMALL) for name in "ab"]), 2)
    children = [next(messages)[1]["pid"], next(messages)[1]["pid"]]
    messages.close()
    assert all(map(gone, children))


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    os.setsid()
except OSError:
    pass
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""


def test_a_program_that_ignores_signals_and_wants_a_session_of_its_own_is_killed(
    tmp_path: Path,
) -> None:
    told = tmp_path / "grandchild"

    def work(_: object) -> dict[str, Any]:
        subprocess.run([sys.executable, "-c", STUBBORN, str(told)], check=False)
        return {}

    assert last(work, ProcessLimits(seconds=1.5))["problem"]["type"] == "timed-out"
    assert gone(int(told.read_text()))


def test_what_a_child_started_does_not_outlive_its_result() -> None:
    def work(_: object) -> dict[str, Any]:
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return {"pid": sleeper.pid}

    assert gone(last(work)["result"]["pid"])


def test_an_orphan_that_keeps_the_pipe_open_does_not_hide_its_parents_death() -> None:
    def work(_: object) -> dict[str, Any]:
        faulthandler.disable()
        if os.fork() == 0:
            time.sleep(600)
        os.kill(os.getpid(), signal.SIGSEGV)
        return {}

    start = time.monotonic()
    assert last(work)["problem"]["type"] == "converter-crashed"
    assert time.monotonic() - start < 10, "well before the limit"


@pytest.mark.parametrize("garbage", [b"{\n", b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\n"])
def test_a_child_that_talks_nonsense_is_reported_as_a_crash(garbage: bytes) -> None:
    def work(send: object) -> dict[str, Any]:
        (pipe,) = (c.cell_contents for c in send.__closure__)  # type: ignore[attr-defined]
        os.write(pipe, garbage)
        time.sleep(600)
        return {}

    assert last(work)["problem"]["type"] == "converter-crashed"


def test_temporary_files_vanish_even_with_a_child_that_dies() -> None:
    def work(send: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        faulthandler.disable()
        with tempfile.NamedTemporaryFile(delete=False) as stream:
            send({"file": stream.name})
        os.kill(os.getpid(), signal.SIGSEGV)
        return {}

    told, _ = confined(work, "shoe.glb", SMALL)
    assert not Path(told["file"]).exists()
    assert not Path(told["file"]).parent.exists()
    assert Path(told["file"]).parent != Path(tempfile.gettempdir())


needs_landlock = pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock")


@needs_landlock
def test_a_child_reads_its_input_and_writes_its_folder_and_nothing_else(tmp_path: Path) -> None:
    given, secret, out = tmp_path / "shoe.glb", tmp_path / "secret", tmp_path / "out"
    given.write_text("shoe")
    secret.write_text("canary")
    out.mkdir()
    attempts: dict[str, Callable[[], object]] = {
        "read input": given.read_text,
        "read secret": secret.read_text,
        "list beside": lambda: list(tmp_path.iterdir()),
        "change input": lambda: given.write_text("boot"),
        "write": lambda: (out / "a").write_text("a"),
        "rename": lambda: (out / "a").rename(out / "b"),
        "write beside": lambda: (tmp_path / "a").write_text("a"),
        "temporary": lambda: tempfile.TemporaryFile().close(),
        "parent": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "library": lambda: Path(np.__file__).read_text(),
        "program": lambda: subprocess.run([sys.executable, "-c", "import json"], check=True),
    }

    def work(_: object) -> dict[str, Any]:
        return {name: succeeds(attempt) for name, attempt in attempts.items()}

    *_, end = confined(work, "shoe.glb", SMALL, Paths(read=(given,), write=(out,)))
    allowed = {name for name, worked in end["result"].items() if worked}
    assert allowed == {"read input", "write", "rename", "temporary", "library", "program"}


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_a_child_has_no_network_but_may_talk_to_its_own_machine(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        attempts: dict[str, Callable[[], object]] = {
            "tcp": lambda: socket.create_connection(server.getsockname(), timeout=5),
            "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
            "unix": lambda: socket.socket(socket.AF_UNIX).connect(str(tmp_path / "socket")),
        }
        works = last(lambda _: {name: succeeds(attempt) for name, attempt in attempts.items()})
    assert works["result"] == {"tcp": False, "udp": False, "unix": True}


def succeeds(attempt: Callable[[], object]) -> bool:
    with suppress(OSError):
        attempt()
        return True
    return False


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
