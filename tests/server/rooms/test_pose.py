"""The pose codec: exact where it must be, close where it may not, calm with hostile bytes."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rooms.pose import (
    FULL_BYTES,
    HEAD_BYTES,
    BadPose,
    Hand,
    Pose,
    decode,
    decode_frame,
    encode,
    encode_frame,
)
from tests.vectors import write_pose
from tests.vectors.write_pose import BOUNDS

VECTORS = json.loads(write_pose.FILE.read_text())

axis = st.floats(-1, 1, allow_nan=False)
turns = (
    st.tuples(axis, axis, axis, axis)
    .filter(lambda q: math.hypot(*q) > 0.1)
    .map(lambda q: tuple(value / math.hypot(*q) for value in q))
)
hands = st.none() | st.builds(Hand, st.tuples(axis, axis, axis), turns)
poses = st.builds(
    Pose,
    st.integers(0, 65535),
    st.tuples(st.floats(-8, 8), st.floats(0, 4), st.floats(-6, 6)),
    turns,
    hands,
    hands,
)


def apart(one, other):
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def turned(one, other):
    """Components apart, where a quaternion and its negative are the same."""
    return min(apart(one, other), apart(one, [-value for value in other]))


def test_the_vectors_on_disk_are_what_the_codec_writes():
    assert json.loads(json.dumps(write_pose.document())) == VECTORS


@given(poses)
def test_a_pose_survives_the_round_trip_within_its_tolerance(pose):
    near = VECTORS["quantisation"]
    data = encode(pose, BOUNDS)
    back = decode(data, BOUNDS)
    assert len(data) == (FULL_BYTES if pose.left or pose.right else HEAD_BYTES)
    assert back.t == pose.t
    assert apart(back.position, pose.position) <= near["position"]
    assert turned(back.rotation, pose.rotation) <= near["rotation"]
    for one, other in ((back.left, pose.left), (back.right, pose.right)):
        assert (one is None) == (other is None)
        if one and other:
            assert apart(one.offset, other.offset) <= near["offset"]
            assert turned(one.rotation, other.rotation) <= near["rotation"]


@given(poses)
def test_encoding_what_was_decoded_changes_no_position(pose):
    once = encode(pose, BOUNDS)
    again = encode(decode(once, BOUNDS), BOUNDS)
    assert again[:9] == once[:9]


@given(st.binary(max_size=40))
def test_any_bytes_are_a_pose_or_a_clear_refusal(data):
    try:
        pose = decode(data, BOUNDS)
    except BadPose:
        return
    assert BOUNDS.clamp(pose.position) == pytest.approx(pose.position)
    assert math.hypot(*pose.rotation) == pytest.approx(1)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_frame_or_a_clear_refusal(data):
    with suppress(BadPose):
        decode_frame(data, BOUNDS)


@pytest.mark.parametrize("case", VECTORS["hostile"], ids=lambda case: case["why"])
def test_hostile_bytes_are_refused(case):
    with pytest.raises(BadPose):
        decode(bytes.fromhex(case["hex"]), BOUNDS)


def test_a_head_that_is_nowhere_lands_on_the_border():
    lost = Pose(0, (math.nan, math.inf, -math.inf), (math.nan, 0, 0, 1))
    assert decode(encode(lost, BOUNDS), BOUNDS).position == (-8.0, 4.0, -6.0)


@given(st.integers(0, 2**40), st.lists(st.tuples(st.integers(0, 255), poses), max_size=12))
def test_a_frame_carries_every_avatar(at, avatars):
    data = encode_frame(at, [(index, encode(pose, BOUNDS)) for index, pose in avatars])
    time, back = decode_frame(data, BOUNDS)
    assert time == at % 2**32
    assert [index for index, _ in back] == [index for index, _ in avatars]
