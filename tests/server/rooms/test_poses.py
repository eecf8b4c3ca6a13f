"""Where everybody is, as frames tell it."""

import pytest

from server.rooms.pose import BadPose, Pose, decode_frame, encode
from tests.server.rooms.house import ANNA, BOUNDS, BRUNO, a_room, arrive


def test_a_newcomer_is_shown_everybody_and_stands_at_a_spawn_point():
    room = a_room(ANNA)
    room.poses.frame(0)
    arrive(room, BRUNO)
    _, poses = decode_frame(room.poses.frame(7) or b"", BOUNDS)
    assert [index for index, _ in poses] == [0, 1]
    assert poses[1][1].position == pytest.approx((1, 1.6, 3), abs=1e-3)
    assert room.poses.frame(8) is None


def test_a_pose_of_nobody_is_dropped_and_a_bad_one_refused():
    room = a_room(ANNA)
    pose = encode(Pose(0, (0, 1, 0)), BOUNDS)
    assert room.poses.take(BRUNO.index, pose) is False
    assert room.poses.take(None, pose) is False
    with pytest.raises(BadPose):
        room.poses.take(ANNA.index, b"\x07")


def test_the_last_step_of_who_left_is_in_no_frame():
    room = a_room(ANNA, BRUNO)
    room.poses.frame(0)
    room.poses.take(BRUNO.index, encode(Pose(0, (0, 1, 0)), BOUNDS))
    room.leave("b")
    assert room.poses.frame(0) is None
    assert len(room.poses.keyframe(0)) == 4 + 1 + 13


def test_a_keyframe_leaves_out_whom_it_is_told_to():
    room = a_room(ANNA, BRUNO)
    _, poses = decode_frame(room.poses.keyframe(0, without={BRUNO.index}), BOUNDS)
    assert [index for index, _ in poses] == [ANNA.index]
