"""Poses taken out of what sockets receive: nothing is lost, nothing changes places."""

import asyncio
import os
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms import compiled
from server.rooms.frames import POSE, Borders, frame_size, unmask
from server.rooms.intake import FEW, Intake, PoseProtocol
from server.rooms.pose import FULL_BYTES, HEAD_BYTES

COMPILED = pytest.param(
    True,
    marks=pytest.mark.skipif(compiled.native is None, reason="nothing is compiled here"),
    id="compiled",
)
BOTH_WAYS = pytest.mark.parametrize("fast", [pytest.param(False, id="python"), COMPILED])


def frame(opcode: int, payload: bytes, *, whole: bool = True, masked: bool = True) -> bytes:
    mask = os.urandom(4) if masked else b""
    size = len(payload)
    head = bytes(((0x80 if whole else 0) | opcode,))
    flag = 0x80 if masked else 0
    if size < 126:
        head += bytes((flag | size,))
    elif size < 65536:
        head += bytes((flag | 126,)) + size.to_bytes(2, "big")
    else:
        head += bytes((flag | 127,)) + size.to_bytes(8, "big")
    return head + mask + (unmask(mask, payload) if masked else payload)


def piece(pose: bytes, announced: bytes = POSE) -> bytes:
    return frame(1, announced) + frame(2, pose)


@dataclass
class Receiver:
    """Writes down what came, and by which way."""

    came: list[tuple[str, bytes]] = field(default_factory=list)
    clogged: bool = False
    announced: bool = False
    here: bool = True
    pinged: bool = False
    gone: bool = False

    @property
    def on_pose(self):
        return self._pose if self.here else None

    @property
    def on_pong(self):
        return self._pong if self.pinged else None

    def _pong(self) -> None:
        self.pinged = False
        self.came.append(("pong", b""))

    def _pose(self, pose: bytes) -> None:
        self.came.append(("pose", pose))

    def lost(self) -> None:
        self.gone = True


class Beneath(asyncio.Protocol):
    """aiohttp's protocol, as far as a transport calls it."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.calls: list[str] = []

    def data_received(self, data: bytes) -> None:
        self.receiver.came.append(("other", data))

    def pause_writing(self) -> None:
        self.calls.append("pause")

    def resume_writing(self) -> None:
        self.calls.append("resume")

    def eof_received(self) -> bool | None:
        self.calls.append("eof")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.calls.append("lost")


class Line:
    """One connection behind an intake."""

    def __init__(self, intake: Intake, fast: bool) -> None:
        self.receiver = Receiver()
        self.beneath = Beneath(self.receiver)
        if fast:
            self.protocol = compiled.native.PoseProtocol(self.beneath, self.receiver)
        else:
            self.protocol = PoseProtocol(self.beneath, self.receiver, intake)
        self.get = self.protocol.data_received


def test_a_mask_is_taken_off_as_rfc_6455_shows():
    # Section 5.7: a single-frame masked text message that contains "Hello".
    assert unmask(bytes.fromhex("37fa213d"), bytes.fromhex("7f9f4d5158")) == b"Hello"
    assert unmask(b"abcd", b"") == b""


@pytest.mark.parametrize("pose_bytes", [HEAD_BYTES, FULL_BYTES])
@pytest.mark.parametrize("count", [1, FEW - 1, FEW, 100])
async def test_poses_of_one_turn_arrive_together(pose_bytes, count):
    intake = Intake()
    lines = [Line(intake, fast=False) for _ in range(count)]
    poses = [os.urandom(pose_bytes) for _ in lines]
    for line, pose in zip(lines, poses, strict=True):
        line.get(piece(pose))
        assert not line.receiver.came
    await asyncio.sleep(0)
    assert [line.receiver.came for line in lines] == [[("pose", pose)] for pose in poses]


OTHERS = st.one_of(
    st.binary(max_size=200).map(lambda data: frame(1, data)),
    st.binary(max_size=125).map(lambda data: frame(9, data)),  # a ping
    # As long as a pose's, and something else.
    st.sampled_from(
        [b'42["say",{"text":"forty-two characters or"}]'[:42], POSE[:-1] + b"}"]
    ).flatmap(lambda text: st.binary(min_size=29, max_size=29).map(lambda data: piece(data, text))),
    st.binary(min_size=300, max_size=70_000).map(lambda data: frame(2, data)),
)


@BOTH_WAYS
@given(
    st.lists(
        st.one_of(
            st.sampled_from([HEAD_BYTES, FULL_BYTES]).flatmap(
                lambda size: st.binary(min_size=size, max_size=size).map(lambda pose: (pose, True))
            ),
            OTHERS.map(lambda data: (data, False)),
        ),
        max_size=30,
    ),
    st.data(),
)
def test_nothing_is_lost_and_everything_keeps_its_order(fast, messages, data):
    """Pieces of the stream are cut anywhere; between some of them the loop turns."""

    async def run() -> None:
        intake = Intake()
        line, other = Line(intake, fast), Line(intake, fast)
        stream = b""
        for content, is_pose in messages:
            stream += piece(content) if is_pose else content
        wanted, at = [], 0
        while at < len(stream):
            whole = data.draw(st.booleans())
            step = 83 if whole else data.draw(st.integers(1, 400))
            line.get(stream[at : at + step])
            if data.draw(st.booleans()):
                other.get(piece(b"p" * FULL_BYTES))
                wanted.append(("pose", b"p" * FULL_BYTES))
            if data.draw(st.booleans()):
                await asyncio.sleep(0)
            at += step
        await asyncio.sleep(0)
        assert other.receiver.came == wanted
        # What came by either way, put together again as it was on the wire but for the masks.
        assert unmasked_frames(
            b"".join(
                piece(content) if way == "pose" else content for way, content in line.receiver.came
            )
        ) == unmasked_frames(stream)

    asyncio.run(run())


def unmasked_frames(stream: bytes) -> list[tuple[int, bytes]]:
    """What was said, without masks: (first byte, payload) of each frame, and the rest."""
    found = []
    while (size := frame_size(stream[:14])) is not None and size <= len(stream):
        one, stream = stream[:size], stream[size:]
        extended = {126: 2, 127: 8}.get(one[1] & 0x7F, 0)
        payload = one[6 + extended :]
        found.append((one[0], unmask(one[2 + extended : 6 + extended], payload)))
    return [*found, (-1, stream)]


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2, 9, 10]), st.integers(0, 70_000), st.booleans())),
    st.lists(st.integers(1, 100_000)),
)
def test_borders_are_where_the_frames_end(frames, cuts):
    stream = b"".join(frame(op, bytes(size), masked=masked) for op, size, masked in frames)
    borders, at, ends = Borders(), 0, {0}
    for op, size, masked in frames:
        at += len(frame(op, bytes(size), masked=masked))
        ends.add(at)
    at = 0
    for cut in [*cuts, len(stream)]:
        borders.pass_(stream[at : at + cut])
        at = min(len(stream), at + cut)
        assert borders.between == (at in ends)


def test_a_message_of_several_frames_is_not_at_its_end_before_the_last():
    borders = Borders()
    borders.pass_(frame(1, b"be", whole=False))
    assert not borders.between
    borders.pass_(frame(9, b"ping"))
    assert not borders.between
    borders.pass_(frame(0, b"gun"))
    assert borders.between


@BOTH_WAYS
async def test_while_an_announcement_waits_for_its_pose_everything_goes_the_long_way(fast):
    line = Line(Intake(), fast)
    line.receiver.announced = True
    line.get(frame(1, POSE))
    whole = piece(bytes(FULL_BYTES))
    line.get(whole)
    await asyncio.sleep(0)
    assert line.receiver.came[1:] == [("other", whole)]


@BOTH_WAYS
async def test_who_is_in_no_room_has_no_short_way(fast):
    line = Line(Intake(), fast)
    line.receiver.here = False
    line.get(piece(bytes(FULL_BYTES)))
    assert [way for way, _ in line.receiver.came] == ["other"]


async def test_who_leaves_moves_no_more():
    line = Line(Intake(), fast=False)
    line.get(piece(bytes(FULL_BYTES)))
    line.receiver.here = False
    await asyncio.sleep(0)
    assert not line.receiver.came


@BOTH_WAYS
async def test_with_and_without_hands_in_one_turn_the_later_comes_later(fast):
    line = Line(Intake(), fast)
    line.get(piece(b"a" * FULL_BYTES))
    line.get(piece(b"b" * HEAD_BYTES))
    line.get(piece(b"c" * FULL_BYTES))
    await asyncio.sleep(0)
    assert [pose[:1] for _, pose in line.receiver.came] == [b"a", b"b", b"c"]


@BOTH_WAYS
async def test_an_answer_to_a_ping_is_heard_once_and_unasked_goes_the_long_way(fast):
    line = Line(Intake(), fast)
    line.receiver.pinged = True
    line.get(frame(1, b"3"))
    line.get(frame(1, b"3"))
    line.receiver.pinged = True
    line.get(frame(1, b"2"))
    assert [way for way, _ in line.receiver.came] == ["pong", "other", "other"]


@pytest.mark.skipif(compiled.native is None, reason="nothing is compiled here")
def test_compiled_poses_that_piled_up_are_all_taken_out():
    line = Line(Intake(), fast=True)
    line.receiver.pinged = True
    poses = [os.urandom(size) for size in (FULL_BYTES, HEAD_BYTES, FULL_BYTES)]
    rest = frame(1, b"42[]")
    line.get(piece(poses[0]) + frame(1, b"3") + piece(poses[1]) + piece(poses[2]) + rest)
    wanted = [("pose", poses[0]), ("pong", b""), *(("pose", pose) for pose in poses[1:])]
    assert line.receiver.came == [*wanted, ("other", rest)]


@BOTH_WAYS
async def test_aiohttp_hears_of_the_transport_all_the_same(fast):
    line = Line(Intake(), fast)
    line.protocol.pause_writing()
    assert line.receiver.clogged
    line.protocol.resume_writing()
    assert not line.receiver.clogged
    assert line.protocol.eof_received() is True
    line.protocol.connection_lost(None)
    assert line.receiver.gone
    assert line.beneath.calls == ["pause", "resume", "eof", "lost"]
