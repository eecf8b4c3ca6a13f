"""Where somebody's head and hands are, in 13 or 29 bytes.

Little endian throughout; the vectors in tests/vectors/pose.json bind every implementation.

    flags u8   bit 0 left hand, bit 1 right hand; the others are 0
    t u16      the sender's clock in milliseconds, low 16 bits
    head       x, y, z: u16 each, code / 65535 of the way from bounds.min to bounds.max
               quaternion u32
    only when a hand flag is set, left then right (an absent one: offset 0, no turn):
               offset u32: x y z in bits 29-20, 19-10, 9-0; code / 1023 of the way from -1 m to 1 m,
                           from the head, along the room's axes
               quaternion u32

    quaternion: bits 31-30 say which of x y z w has the largest magnitude (the first of equals);
    the other three follow in order, 10 bits each from the top, code / 1023 of the way from
    -1/√2 to 1/√2, signs chosen so that the largest is positive.

A frame is `server_ms u32` and then, per avatar that moved, `index u8` and its pose.
Every code rounds half up (floor(x + 0.5)), so that languages agree.
Source: smallest three is Glenn Fiedler's "Snapshot Compression"; 10 bits turn by at most 0.15°.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from server.errors import BadRequest

Vector = tuple[float, float, float]  # metres, +Y up
Quaternion = tuple[float, float, float, float]  # x y z w

LEFT: Final = 1
RIGHT: Final = 2
BOTH: Final = LEFT | RIGHT
HEAD_BYTES: Final = 13
FULL_BYTES: Final = 29
REACH: Final = 1.0  # metres from the head that a hand's code covers, each way
SMALLEST: Final = 1 / math.sqrt(2)  # no component but the largest is beyond
IDENTITY: Final[Quaternion] = (0.0, 0.0, 0.0, 1.0)
STILL_METRES: Final = 0.002  # on each axis of the head
STILL_CODES: Final = 2  # of 1023, in a hand's place and in any turn
SETTLE_MS: Final = 2000  # a drift within that is told after so long

HEAD: Final = struct.Struct("<BHHHHI")
HANDS: Final = struct.Struct("<IIII")
FRAME: Final = struct.Struct("<I")
# by flags: 0 none, 1 to 3 with hands
LENGTHS: Final = (HEAD_BYTES, FULL_BYTES, FULL_BYTES, FULL_BYTES)


class BadPose(BadRequest):
    type = "bad-pose"
    title = "This is not a pose"


@dataclass(frozen=True, slots=True)
class Bounds:
    """An axis-aligned box, metres; `min` is below `max` on every axis."""

    min: Vector
    max: Vector

    def clamp(self, point: Sequence[float]) -> Vector:
        """The nearest point inside."""
        x, y, z = (
            min(max(value, low), high)
            for value, low, high in zip(point, self.min, self.max, strict=True)
        )
        return (x, y, z)


@dataclass(frozen=True, slots=True)
class Hand:
    """`offset` from the head along the room's axes, metres; `rotation` in the room."""

    offset: Vector
    rotation: Quaternion = IDENTITY


@dataclass(frozen=True, slots=True)
class Pose:
    """One avatar at one moment; `t` is the sender's clock, milliseconds modulo 65536."""

    t: int
    position: Vector
    rotation: Quaternion = IDENTITY
    left: Hand | None = None
    right: Hand | None = None


def check(data: bytes) -> None:
    """Raises BadPose unless the bytes are one pose. Any code is in bounds by construction."""
    if not data or data[0] > BOTH:
        raise BadPose(reason="The first byte may only hold the flags 1 (left) and 2 (right).")
    if len(data) != LENGTHS[data[0]]:
        raise BadPose(reason=f"{LENGTHS[data[0]]} bytes were due, {len(data)} came.")


def slack(bounds: Bounds) -> Vector:
    """The deadband of a head's position: codes that each axis of these bounds may be off."""
    x, y, z = (
        STILL_METRES * 65535 / (high - low)
        for low, high in zip(bounds.min, bounds.max, strict=True)
    )
    return (x, y, z)


def still(entry: bytes, data: bytes, slack: Vector) -> bool:
    """Whether a pose differs from that of an entry (index first) only by what a headset trembles.

    2 mm of the head, 2 codes of each hand's place (4 mm) and of any turn (about 0.3°).
    """
    if entry[1] != data[0]:
        return False
    _, _, x, y, z, turn = HEAD.unpack_from(entry, 1)
    _, _, new_x, new_y, new_z, new_turn = HEAD.unpack_from(data)
    if abs(new_x - x) > slack[0] or abs(new_z - z) > slack[2] or abs(new_y - y) > slack[1]:
        return False
    if not (turn == new_turn or near(turn, new_turn)):
        return False
    if not data[0]:
        return True
    before, after = HANDS.unpack_from(entry, 1 + HEAD_BYTES), HANDS.unpack_from(data, HEAD_BYTES)
    return all(old == new or near(old, new) for old, new in zip(before, after, strict=True))


def near(one: int, other: int) -> bool:
    """Whether two packed triples have the same top bits, and are at most STILL_CODES apart."""
    return one >> 30 == other >> 30 and all(
        abs((one >> shift & 1023) - (other >> shift & 1023)) <= STILL_CODES for shift in (20, 10, 0)
    )


def later(entry: bytes, data: bytes) -> int:
    """Milliseconds of the sender's clock from an entry's pose to this one, 0 to 65535."""
    return (data[1] | data[2] << 8) - (entry[2] | entry[3] << 8) & 0xFFFF


def encode(pose: Pose, bounds: Bounds) -> bytes:
    """The pose as bytes; what lies outside bounds or reach is moved to the border."""
    flags = (LEFT if pose.left else 0) | (RIGHT if pose.right else 0)
    codes = (
        steps(value, low, high, 65535)
        for value, low, high in zip(pose.position, bounds.min, bounds.max, strict=True)
    )
    head = HEAD.pack(flags, pose.t & 0xFFFF, *codes, pack_quaternion(pose.rotation))
    if not flags:
        return head
    left, right = pose.left or Hand((0, 0, 0)), pose.right or Hand((0, 0, 0))
    return head + HANDS.pack(
        pack_offset(left.offset),
        pack_quaternion(left.rotation),
        pack_offset(right.offset),
        pack_quaternion(right.rotation),
    )


def decode(data: bytes, bounds: Bounds) -> Pose:
    """The pose in these bytes. Raises BadPose for a wrong length or unknown flags."""
    check(data)
    flags, t, x, y, z, turn = HEAD.unpack_from(data)
    px, py, pz = (
        low + (high - low) * code / 65535
        for code, low, high in zip((x, y, z), bounds.min, bounds.max, strict=True)
    )
    left = right = None
    if flags:
        at, turned, right_at, right_turned = HANDS.unpack_from(data, HEAD_BYTES)
        if flags & LEFT:
            left = Hand(unpack_offset(at), unpack_quaternion(turned))
        if flags & RIGHT:
            right = Hand(unpack_offset(right_at), unpack_quaternion(right_turned))
    return Pose(t, (px, py, pz), unpack_quaternion(turn), left, right)


def encode_frame(server_ms: int, poses: Iterable[tuple[int, bytes]]) -> bytes:
    """One room's frame from avatar indices and their checked pose bytes."""
    parts = [FRAME.pack(server_ms & 0xFFFFFFFF)]
    for index, data in poses:
        parts.append(bytes((index,)))
        parts.append(data)
    return b"".join(parts)


def decode_frame(data: bytes, bounds: Bounds) -> tuple[int, list[tuple[int, Pose]]]:
    """The frame's time and poses by avatar index. Raises BadPose when it is cut or torn."""
    if len(data) < FRAME.size:
        raise BadPose(reason="A frame starts with four bytes of time.")
    (server_ms,) = FRAME.unpack_from(data)
    poses, at = [], FRAME.size
    while at < len(data):
        flags = data[at + 1] if at + 1 < len(data) else 0xFF
        end = at + 1 + (LENGTHS[flags] if flags < len(LENGTHS) else 0)
        poses.append((data[at], decode(data[at + 1 : end], bounds)))
        at = end
    return server_ms, poses


def pack_quaternion(rotation: Quaternion) -> int:
    """Smallest three. A rotation without length, or with no number in it, becomes no turn."""
    length = math.hypot(*rotation)
    if not (length > 1e-9 and math.isfinite(length)):
        rotation, length = IDENTITY, 1.0
    largest = max(range(4), key=lambda axis: abs(rotation[axis]))
    scale = math.copysign(1 / length, rotation[largest])
    packed = largest
    for axis, value in enumerate(rotation):
        if axis != largest:
            packed = packed << 10 | steps(value * scale, -SMALLEST, SMALLEST, 1023)
    return packed


def unpack_quaternion(packed: int) -> Quaternion:
    """Always of length 1: codes that no rotation has (hostile ones) are scaled to it."""
    rest = [packed >> shift & 1023 for shift in (20, 10, 0)]
    values = [code / 1023 * 2 * SMALLEST - SMALLEST for code in rest]
    largest = math.sqrt(max(0.0, 1 - sum(value * value for value in values)))
    values.insert(packed >> 30, largest)
    length = math.hypot(*values)
    x, y, z, w = (value / length for value in values)
    return (x, y, z, w)


def pack_offset(offset: Vector) -> int:
    """30 bits."""
    x, y, z = (steps(value, -REACH, REACH, 1023) for value in offset)
    return x << 20 | y << 10 | z


def unpack_offset(packed: int) -> Vector:
    """Metres; the two topmost bits are not looked at."""
    x, y, z = ((packed >> shift & 1023) / 1023 * 2 * REACH - REACH for shift in (20, 10, 0))
    return (x, y, z)


def steps(value: float, low: float, high: float, count: int) -> int:
    """The nearest of `count` equal steps from `low` to `high`; not a number counts as `low`."""
    share = (value - low) / (high - low) * count
    return int(min(max(share, 0), count) + 0.5) if share == share else 0
