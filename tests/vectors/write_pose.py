"""Writes pose.json, the vectors that every implementation of the pose codec must meet.

Run `python -m tests.vectors.write_pose` after the format changed; a test compares the file with it.
"""

import json
import math
from pathlib import Path
from typing import Any

from server.rooms.pose import Bounds, Hand, Pose, Quaternion, decode, encode, encode_frame

FILE = Path(__file__).with_name("pose.json")
BOUNDS = Bounds((-8.0, 0.0, -6.0), (8.0, 4.0, 6.0))
HALF = math.sqrt(0.5)


def turn(axis: tuple[float, float, float], degrees: float) -> Quaternion:
    length, half = math.hypot(*axis), math.radians(degrees) / 2
    x, y, z = (value / length * math.sin(half) for value in axis)
    return (x, y, z, math.cos(half))


POSES = {
    "standing at the middle of the floor": Pose(0, (0.0, 1.6, 0.0)),
    "the lowest corner": Pose(1, (-8.0, 0.0, -6.0)),
    "the highest corner, the last millisecond": Pose(65535, (8.0, 4.0, 6.0)),
    "outside, moved to the border": Pose(513, (-99.0, 12.5, 6.25)),
    "turned left by a quarter": Pose(1000, (1.25, 1.7, -2.5), (0.0, HALF, 0.0, HALF)),
    "largest is x": Pose(2000, (2.0, 1.5, 2.0), turn((1.0, 0.1, 0.2), 170)),
    "largest is y, negative": Pose(
        2001,
        (2.0, 1.5, 2.0),
        tuple(-value for value in turn((0.1, 1.0, 0.2), 160)),  # type: ignore[arg-type]
    ),
    "largest is z": Pose(2002, (2.0, 1.5, 2.0), turn((0.1, 0.2, 1.0), 150)),
    "largest is w, negative": Pose(2003, (2.0, 1.5, 2.0), (0.1, -0.2, 0.05, -0.9)),
    "not of length one": Pose(2004, (2.0, 1.5, 2.0), (0.0, 2.0, 0.0, 4.0)),
    "no length at all": Pose(2005, (2.0, 1.5, 2.0), (0.0, 0.0, 0.0, 0.0)),
    "left hand": Pose(3000, (0.5, 1.65, -0.5), turn((0, 1, 0), 30), left=Hand((-0.2, -0.4, -0.35))),
    "right hand": Pose(
        3001,
        (0.5, 1.65, -0.5),
        turn((0, 1, 0), -30),
        right=Hand((0.25, -0.3, -0.4), turn((1, 0, 0), -60)),
    ),
    "both hands": Pose(
        40000,
        (-3.3, 1.1, 4.4),
        turn((0.3, 1.0, -0.2), 75),
        Hand((-0.3, -0.25, 0.1), turn((0, 0, 1), 45)),
        Hand((0.3, 0.6, 0.1), turn((1, 1, 1), 120)),
    ),
    "hands beyond reach": Pose(
        40001, (0.0, 1.6, 0.0), left=Hand((-1.4, 0.0, 0.0)), right=Hand((1.0, -1.0, 2.0))
    ),
}
FRAMES = [
    (0, []),
    (123_456, [(0, "standing at the middle of the floor")]),
    (4_294_967_295, [(3, "both hands"), (254, "largest is z"), (7, "left hand")]),
]
HOSTILE = {
    "": "nothing",
    "00": "only flags",
    "00" * 12: "one byte short",
    "00" * 14: "one byte long",
    "04" + "00" * 12: "an unknown flag",
    "01" + "00" * 12: "a hand is announced and missing",
    "00" * 29: "hands without a flag",
    "03" + "00" * 29: "one byte more than both hands",
}


def hand(value: Hand | None) -> dict[str, Any] | None:
    return value and {"offset": list(value.offset), "rotation": list(value.rotation)}


def plain(pose: Pose) -> dict[str, Any]:
    return {
        "t": pose.t,
        "head": {"position": list(pose.position), "rotation": list(pose.rotation)},
        "left": hand(pose.left),
        "right": hand(pose.right),
    }


def document() -> dict[str, Any]:
    """The whole file."""
    data = {name: encode(pose, BOUNDS) for name, pose in POSES.items()}
    return {
        "about": "Encoding `pose` gives `hex` exactly. Decoding `hex` gives `decoded` within "
        "`tolerance` per component; a quaternion and its negative are the same turn. "
        "`hostile` must be refused.",
        "bounds": {"min": list(BOUNDS.min), "max": list(BOUNDS.max)},
        "tolerance": {"position": 1e-6, "offset": 1e-6, "rotation": 1e-6},
        "quantisation": {"position": 0.00013, "offset": 0.00098, "rotation": 0.0026},
        "poses": [
            {
                "name": name,
                "pose": plain(pose),
                "hex": data[name].hex(),
                "decoded": plain(decode(data[name], BOUNDS)),
            }
            for name, pose in POSES.items()
        ],
        "frames": [
            {
                "server_ms": at,
                "avatars": [{"index": index, "pose": name} for index, name in avatars],
                "hex": encode_frame(at, [(index, data[name]) for index, name in avatars]).hex(),
            }
            for at, avatars in FRAMES
        ],
        "hostile": [{"hex": text, "why": why} for text, why in HOSTILE.items()],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), indent=1) + "\n")
