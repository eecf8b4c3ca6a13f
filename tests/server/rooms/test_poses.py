"""Where everybody is, as frames tell it."""

import pytest

from server.rooms.messages import Avatar
from server.rooms.pose import SETTLE_MS, BadPose, Hand, Pose, decode_frame, encode, encode_frame
from server.rooms.poses import head_only
from server.rooms.room import Room
from tests.server.rooms.house import ANNA, BOUNDS, BRUNO, a_room, arrive


def stand(room: Room, avatar: Avatar, x: float, z: float, t: int = 0, **more: object) -> bool:
    pose = Pose(t, (x, 1.6, z), **more)  # type: ignore[arg-type]
    return room.poses.take(avatar.index, encode(pose, BOUNDS))


def test_a_newcomer_stands_at_a_spawn_point_and_only_the_newcomer_is_told_of():
    room = a_room(ANNA)
    room.poses.frame(0)
    arrive(room, BRUNO)
    _, poses = decode_frame(room.poses.frame(7) or b"", BOUNDS)
    assert [index for index, _ in poses] == [1]
    assert poses[0][1].position == pytest.approx((1, 1.6, 3), abs=1e-3)
    assert room.poses.frame(8) is None
    _, poses = decode_frame(room.poses.keyframe(9), BOUNDS)
    assert [index for index, _ in poses] == [0, 1]


def test_a_new_socket_of_somebody_present_moves_nobody():
    room = a_room(ANNA)
    stand(room, ANNA, 1, 1)
    room.poses.frame(0)
    arrive(room, ANNA)
    assert room.poses.frame(1) is None
    assert room.poses.head(ANNA.index) == pytest.approx((1, 1.6, 1), abs=1e-3)


def test_somebody_is_put_where_they_were():
    room = a_room()
    room.poses.placed(ANNA.index, Pose(0, (2, 1.5, -1)))
    arrive(room, ANNA)
    assert room.poses.head(ANNA.index) == pytest.approx((2, 1.5, -1), abs=1e-3)
    assert room.poses.head(BRUNO.index) is None


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


def test_a_frame_is_what_the_codec_writes():
    room = a_room(ANNA, BRUNO)
    room.poses.frame(0)
    hand = Hand((0.1, -0.2, -0.3))
    poses = [
        (1, encode(Pose(5, (1, 1, 1)), BOUNDS)),
        (0, encode(Pose(9, (2, 1, 1), left=hand), BOUNDS)),
    ]
    for index, data in poses:
        room.poses.take(index, data)
    assert room.poses.frame(123456789) == encode_frame(123456789, poses)


def test_the_first_to_move_since_a_frame_is_said_to_be():
    room = a_room(ANNA, BRUNO)
    room.poses.frame(0)
    assert stand(room, ANNA, 1, 1) is True
    assert stand(room, BRUNO, 2, 1) is False
    assert stand(room, ANNA, 2, 2) is False
    room.poses.frame(0)
    assert stand(room, BRUNO, 0, 0) is True


def test_a_trembling_headset_moves_nobody():
    room = a_room(ANNA)
    hand = Hand((0.2, -0.3, -0.3))
    stand(room, ANNA, 1, 1, t=65000, left=hand)
    room.poses.frame(0)
    tremble = Hand((0.202, -0.302, -0.298), (0.001, 0, 0, 1))
    for t in (65100, 66000, 66999):  # the clock turns over meanwhile
        stand(room, ANNA, 1.0015, 0.9985, t=t, left=tremble, rotation=(0, 0.001, 0, 1))
        assert room.poses.frame(0) is None
    stand(room, ANNA, 1.0015, 0.9985, t=65000 + SETTLE_MS, left=tremble)
    assert room.poses.frame(0) is not None  # where it came to rest is told in the end


@pytest.mark.parametrize(
    "more",
    [
        {"x": 1.003},
        {"z": 1.003},
        {"rotation": (0, 0.01, 0, 1)},
        {"rotation": (0, 1, 0, 0)},
        {"left": Hand((0.21, -0.3, -0.3))},
        {"left": Hand((0.2, -0.3, -0.3), (0, 0.01, 0, 1))},
        {"left": None},
        {"right": Hand((0.2, -0.3, -0.3))},
    ],
)
def test_whatever_one_can_see_is_told_at_once(more):
    room = a_room(ANNA)
    stand(room, ANNA, **{"x": 1, "z": 1, "left": Hand((0.2, -0.3, -0.3))})
    room.poses.frame(0)
    stand(room, ANNA, **{"x": 1, "z": 1, "t": 50, "left": Hand((0.2, -0.3, -0.3)), **more})
    assert room.poses.frame(0) is not None


def test_a_slow_walk_is_no_tremble():
    room = a_room(ANNA)
    stand(room, ANNA, 0, 0)
    room.poses.frame(0)
    told = 0
    for step in range(1, 40):
        stand(room, ANNA, step * 0.001, 0, t=step)
        told += room.poses.frame(0) is not None
    assert told >= 12
    assert room.poses.head(ANNA.index)[0] == pytest.approx(0.039, abs=0.003)


def test_far_away_there_are_no_hands():
    room = a_room(ANNA)
    stand(room, ANNA, 1, 1, t=7, left=Hand((0.2, -0.3, -0.3)), rotation=(0, 1, 0, 0))
    ((index, pose),) = decode_frame(bytes(4) + head_only(room.poses.latest[0]), BOUNDS)[1]
    assert (index, pose.t, pose.left, pose.right) == (0, 7, None, None)
    assert pose.position == pytest.approx((1, 1.6, 1), abs=1e-3)
    entry = bytes((3,)) + encode(Pose(0, (0, 1, 0)), BOUNDS)
    assert head_only(entry) is entry
