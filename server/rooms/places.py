"""Where the avatars of one room are, as codes: what each pose changes."""

import struct
from typing import Final

from server.rooms import pose as codec
from server.rooms.compiled import native
from server.rooms.pose import BOTH, LENGTHS, SETTLE_MS, Vector

NUMBERS: Final = tuple(bytes((index,)) for index in range(256))
XYZ: Final = struct.Struct("<HHH")
EMPTY: Final = 255  # no flags


class Places:
    """Entries by avatar's index. An entry is a part of a frame: the index and the pose, put
    together once, when it arrives. native.pyx has the same, compiled."""

    def __init__(self, slack: Vector) -> None:
        self.latest: dict[int, bytes] = {}  # of everybody present
        self.moved: dict[int, bytes] = {}  # since the last frame; each frame begins anew
        self._slack = slack

    def put(self, index: int, data: bytes) -> None:
        """Somebody is there now, who may have been nowhere."""
        self.latest[index] = self.moved[index] = NUMBERS[index] + data

    def leave(self, index: int) -> None:
        """Somebody is gone; their last step is told to nobody."""
        self.latest.pop(index, None)
        self.moved.pop(index, None)

    def drain(self) -> dict[int, bytes]:
        """Entries of those who moved since it was last asked."""
        moved, self.moved = self.moved, {}
        return moved

    def take(self, index: int | None, data: bytes) -> bool:
        """Take in where somebody is; True when they are the first to move since the last frame.

        A pose of somebody who left, or never had an index, is dropped, and so is one that differs
        from the last only by what a hand trembles, until SETTLE_MS of the sender's clock have
        passed. Raises BadPose.
        """
        before = None if index is None else self.latest.get(index)
        if index is None or before is None:
            return False
        flags = data[0] if data else EMPTY
        if flags > BOTH or len(data) != LENGTHS[flags]:
            codec.check(data)
        x, y, z = XYZ.unpack_from(data, 3)
        was_x, was_y, was_z = XYZ.unpack_from(before, 4)
        slack = self._slack
        # Who walks is found out here; who only looks around, or trembles, below.
        if (
            abs(x - was_x) <= slack[0]
            and abs(z - was_z) <= slack[2]
            and abs(y - was_y) <= slack[1]
            and self._rests(before, data)
        ):
            return False
        first = not self.moved
        self.latest[index] = self.moved[index] = NUMBERS[index] + data
        return first

    def _rests(self, before: bytes, data: bytes) -> bool:
        # Bytes 1 and 2 of a pose are the sender's time: who only gets older does not move.
        if data[3:] == before[4:] and data[0] == before[1]:
            return True
        still = codec.still(before, data, self._slack)
        return still and codec.later(before, data) < SETTLE_MS


def places(slack: Vector) -> Places:
    """Of a new room, whose avatars tremble by so many codes on each axis."""
    return native.Places(slack) if native else Places(slack)
