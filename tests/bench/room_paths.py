"""How people move in the bench: a walk of a second and a half, as poses that are ready to send."""

import math
import random
from itertools import pairwise

from server.rooms.pose import (
    HANDS,
    HEAD,
    HEAD_BYTES,
    Bounds,
    Hand,
    Pose,
    Quaternion,
    Vector,
    encode,
)

BOUNDS = Bounds((-5.0, 0.0, -4.0), (5.0, 3.0, 4.0))  # of the showroom in room_server.py
STEPS = 32  # poses of a walk; then it begins again
RADIUS = 0.35  # metres; 1.4 m/s at 20 Hz
MARGIN = 0.6  # metres from the walls


def homes(count: int, chance: random.Random) -> list[Vector]:
    """Where each walks around: spread over the whole floor, heads 1.5 to 1.8 m high."""
    low, high = BOUNDS.min, BOUNDS.max
    return [
        (
            chance.uniform(low[0] + MARGIN, high[0] - MARGIN),
            chance.uniform(1.5, 1.8),
            chance.uniform(low[2] + MARGIN, high[2] - MARGIN),
        )
        for _ in range(count)
    ]


def walk(home: Vector, chance: random.Random) -> list[bytes]:
    """A circle around home with swinging hands, looking about; `t` is 0 in all of them.

    As with a headset everything moves: no code of one pose is in the next, which a server that
    sends differences would leave out.
    """
    while True:
        begin = chance.uniform(0, math.tau)
        moments = (begin + math.tau * step / STEPS for step in range(STEPS))
        poses = [encode(_pose(home, moment), BOUNDS) for moment in moments]
        if all(_differ(pose, after) for pose, after in pairwise([*poses, poses[0]])):
            return poses


def _differ(one: bytes, other: bytes) -> bool:
    """In all but flags and clock."""
    codes = zip(HEAD.unpack_from(one)[2:], HEAD.unpack_from(other)[2:], strict=True)
    hands = zip(
        HANDS.unpack_from(one, HEAD_BYTES), HANDS.unpack_from(other, HEAD_BYTES), strict=True
    )
    return all(a != b for a, b in (*codes, *hands))


def _pose(home: Vector, turn: float) -> Pose:
    x, y, z = home
    swing = 0.12 * math.sin(turn), 0.12 * math.sin(turn + 1), 0.12 * math.sin(turn + 2)
    return Pose(
        0,
        (x + RADIUS * math.cos(turn), y + 0.03 * math.sin(turn + 3), z + RADIUS * math.sin(turn)),
        _facing(turn),
        left=Hand((-0.2 + swing[0], -0.3 + swing[1], -0.3 + swing[2]), _facing(turn + 1)),
        right=Hand((0.2 - swing[0], -0.3 + swing[2], -0.3 + swing[1]), _facing(turn + 2)),
    )


def _facing(turn: float) -> Quaternion:
    """About the vertical axis, once round in a walk."""
    return (0.0, math.sin(turn / 2), 0.0, math.cos(turn / 2))
