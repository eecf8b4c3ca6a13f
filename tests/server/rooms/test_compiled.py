"""What is compiled answers as what it was written after, and nothing needs it."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms import compile as compiling
from server.rooms import compiled, inlet, listener, places
from server.rooms.intake import Intake
from server.rooms.listener import NOBODY
from server.rooms.pose import FULL_BYTES, HEAD_BYTES, BadPose
from tests.server.rooms.test_intake import Line, piece

native = compiled.native
needs_it = pytest.mark.skipif(native is None, reason="nothing is compiled here")
SLACK = (13.1, 32.7, 9.9)


# ---- places ----


def nearly(pose: bytes, at: int, by: int) -> bytes:
    """The pose with one byte a little off."""
    at %= len(pose)
    return pose[:at] + bytes(((pose[at] + by) % 256,)) + pose[at + 1 :]


POSES = st.sampled_from([0, 1, 2, 3]).flatmap(
    lambda flags: st.binary(
        min_size=(FULL_BYTES if flags else HEAD_BYTES) - 1,
        max_size=(FULL_BYTES if flags else HEAD_BYTES) - 1,
    ).map(lambda rest: bytes((flags,)) + rest)
)
STEPS = st.one_of(
    st.tuples(st.just("take"), st.sampled_from([0, 1, 255, 7, None]), POSES),
    st.tuples(st.just("again"), st.sampled_from([0, 1, 255]), st.integers(0, 60)),
    st.tuples(st.just("again"), st.sampled_from([0, 1, 255]), st.integers(0, 60)),
    st.tuples(st.just("junk"), st.sampled_from([0, 1, 7, None]), st.binary(max_size=40)),
    st.tuples(st.just("put"), st.sampled_from([0, 1, 255]), POSES),
    st.tuples(st.just("leave"), st.sampled_from([0, 1, 7]), st.none()),
    st.tuples(st.just("drain"), st.none(), st.none()),
)


def answer(where, kind, index, data):
    """What one step says."""
    try:
        if kind in ("take", "junk"):
            return where.take(index, data)
        if kind == "put":
            return where.put(index, data)
        return where.leave(index) if kind == "leave" else where.drain()
    except BadPose as error:
        return error.message


@needs_it
@given(st.lists(STEPS, max_size=60), st.lists(st.integers(-3, 3), min_size=60, max_size=60))
def test_places_answer_alike_step_by_step(steps, offs):
    """`again` is what somebody trembles: their last pose with one byte changed by up to three."""
    twins = (places.Places(SLACK), native.Places(SLACK))
    for (step, index, detail), off in zip(steps, offs, strict=False):
        kind, data = step, detail
        if step == "again":
            last = twins[0].latest.get(index)
            if last is None:
                continue
            kind, data = "take", nearly(last[1:], detail, off)
        ours, theirs = (answer(where, kind, index, data) for where in twins)
        assert ours == theirs
        assert twins[0].latest == twins[1].latest
        assert list(twins[0].moved.items()) == list(twins[1].moved.items())


@needs_it
@pytest.mark.parametrize("wrong", [None, "text", 7, bytearray(13), memoryview(bytes(13))])
def test_what_is_not_bytes_is_refused_and_not_read(wrong):
    where = native.Places(SLACK)
    where.put(0, bytes(HEAD_BYTES))
    with pytest.raises(TypeError):
        where.take(0, wrong)
    with pytest.raises(TypeError):
        native.Inlet(where, 0, None)(wrong)
    with pytest.raises(TypeError):
        native.PoseProtocol(None, None).data_received(wrong)


# ---- inlets ----


@dataclass
class Owner:
    """Writes down what its inlet asks and tells."""

    allows: list[float]
    said: list[str] = field(default_factory=list)

    def more(self) -> float:
        self.said.append("more?")
        return self.allows.pop(0) if self.allows else 0.0

    def first(self) -> None:
        self.said.append("first")

    def complain(self, error: BadPose) -> None:
        self.said.append(error.message)


@needs_it
@given(
    st.lists(st.one_of(POSES, st.binary(max_size=40)), max_size=40),
    st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.25, 9.0]), max_size=6),
    st.sampled_from([0, None]),
)
def test_inlets_count_and_complain_alike(poses, allows, index):
    said = []
    for module_places, module_inlet in ((places, inlet), (native, native)):
        owner, where = Owner(list(allows)), module_places.Places(SLACK)
        where.put(0, bytes(HEAD_BYTES))
        where.drain()
        way = module_inlet.Inlet(where, index, owner)
        for pose in poses:
            way(pose)
        said.append((owner.said, way.allowed, where.moved))
    assert said[0] == said[1]


@needs_it
async def test_a_pose_goes_from_the_socket_to_its_place_without_a_detour():
    line, owner, where = Line(Intake(), fast=True), Owner([9.0]), native.Places(SLACK)
    where.put(3, bytes(HEAD_BYTES))
    where.drain()
    line.protocol.receiver = SimpleNamespace(
        on_pose=native.Inlet(where, 3, owner), on_pong=None, announced=False
    )
    pose = b"\x01" + os.urandom(FULL_BYTES - 1)
    line.get(piece(pose))
    assert where.moved == {3: b"\x03" + pose}
    assert owner.said == ["more?", "first"]
    line.get(piece(b"\x09" + pose[1:]))
    assert owner.said[2:] == ["The first byte may only hold the flags 1 (left) and 2 (right)."]


@needs_it
@given(
    st.sampled_from([HEAD_BYTES, FULL_BYTES]),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 255)), max_size=3),
    st.integers(0, 90),
)
def test_a_damaged_piece_is_taken_for_the_same_by_both(size, damage, cut):
    """Bytes changed anywhere, and the end missing: what is no pose goes on as it came."""
    whole = bytearray(piece(bytes(range(size))))
    for at, by in damage:
        whole[at % len(whole)] ^= by
    data = bytes(whole)[: len(whole) - cut] if cut < len(whole) else b""

    async def run(fast: bool) -> list[tuple[str, bytes]]:
        line = Line(Intake(), fast)
        if data:
            line.get(data)
        await asyncio.sleep(0)
        return line.receiver.came

    assert asyncio.run(run(False)) == asyncio.run(run(True))


# ---- frames out ----


@dataclass
class Listener:
    """As much of one as sending looks at."""

    avatar_id: str
    owed: frozenset[int] | None = NOBODY
    queued: int = 0
    clogged: bool = False

    @property
    def wire(self):
        return self

    def put(self, data: bytes) -> None:
        SENT.append((self.avatar_id, data))


SENT: list[tuple[str, bytes]] = []


@pytest.fixture(params=["python", pytest.param("compiled", marks=needs_it)])
def either(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(listener, "native", None)
    SENT.clear()


@pytest.mark.usefixtures("either")
def test_who_waits_for_something_is_told_apart():
    everybody = [
        Listener("free"),
        Listener("owed", owed=None),
        Listener("owed some", owed=frozenset({1})),
        Listener("queued", queued=1),
        Listener("clogged", clogged=True),
        Listener("own"),
    ]
    free, others = listener.ready(everybody, {"own"})
    assert (free, others) == (everybody[:1], everybody[1:])
    assert listener.put_all(everybody, {"own"}, b"") == others
    assert not SENT
    assert listener.put_all(everybody, {"own"}, b"one") == others
    assert listener.put_all(everybody, NOBODY, b"two") == everybody[1:-1]
    assert SENT == [("free", b"one"), ("free", b"two"), ("own", b"two")]


@needs_it
@given(
    st.integers(0, 2**40),
    st.lists(st.sampled_from([HEAD_BYTES, FULL_BYTES]).map(os.urandom), max_size=255),
)
def test_frames_are_written_alike(server_ms, entries):
    made = listener.packet(server_ms, entries)
    keeper, listener.native = listener.native, None
    try:
        assert made == listener.packet(server_ms, dict(enumerate(entries)).values())
    finally:
        listener.native = keeper


# ---- without it ----


def test_the_lane_works_as_written(root):
    """The lane's own tests once more, in a process that takes nothing compiled."""
    names = ("test_lane", "test_pings", "test_poses")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0"),
            *(f"tests/server/rooms/{name}.py" for name in names),
        ],
        cwd=root,
        env={**os.environ, compiled.SWITCH: "off", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_what_was_compiled_of_another_source_is_left_alone(monkeypatch):
    monkeypatch.setattr(compiled, "source_hash", lambda: "another")
    found, why = compiled.load()
    assert found is None
    assert why


def test_without_a_compiler_nothing_breaks_and_it_is_said(monkeypatch, capsys):
    monkeypatch.setattr(compiling, "is_current", lambda: False)
    monkeypatch.setattr(compiling.shutil, "which", lambda _: None)
    compiling.main()
    assert "no C compiler" in capsys.readouterr().out


@needs_it
def test_what_the_compiler_refuses_changes_nothing(monkeypatch, tmp_path):
    (tmp_path / "native.pyx").write_text("cdef int broken(:\n")
    monkeypatch.setattr(compiling, "SOURCE", tmp_path / "native.pyx")
    compiling.target().write_bytes(b"the one that works")
    with pytest.raises(compiling.NotCompiled, match="Cython refuses"):
        compiling.build()
    assert compiling.target().read_bytes() == b"the one that works"
    assert compiling.target().parent == tmp_path
