"""Where everybody is, and who must be told of it."""

from collections.abc import Collection

from server.rooms import pose as codec
from server.rooms.scene import Scene


class Poses:
    """The latest pose of each avatar, by index. They have no revision: only the latest counts."""

    def __init__(self, scene: Scene) -> None:
        self.moved: dict[int, bytes] = {}  # since the last frame; each frame begins a new one
        self._scene = scene
        self._latest: dict[int, bytes] = {}

    def enter(self, index: int) -> None:
        """Somebody arrives at their spawn point; who is present already stays where they are."""
        if index not in self._latest:
            self._latest[index] = self._scene.entrance(index)
        # A new socket has seen nobody yet: the next frame shows everybody.
        self.moved = dict(self._latest)

    def leave(self, index: int) -> None:
        """Somebody is gone; their last step is told to nobody."""
        self._latest.pop(index, None)
        self.moved.pop(index, None)

    def take(self, index: int | None, data: bytes) -> bool:
        """Take in where somebody is; True when they are the first to move since the last frame.

        A pose of somebody who left, or never had an index, is dropped. Raises BadPose.
        """
        before = None if index is None else self._latest.get(index)
        if index is None or before is None:
            return False
        codec.check(data)
        self._latest[index] = data
        # Bytes 1 and 2 are the sender's time: who only gets older does not move.
        if data[3:] == before[3:] and data[0] == before[0]:
            return False
        first = not self.moved
        self.moved[index] = data
        return first

    def frame(self, server_ms: int) -> bytes | None:
        """Who moved since the last frame, or None when nobody did."""
        if not self.moved:
            return None
        frame = codec.encode_frame(server_ms, self.moved.items())
        self.moved = {}
        return frame

    def keyframe(self, server_ms: int, without: Collection[int] = ()) -> bytes:
        """Everybody, for a reader that missed frames."""
        shown = (item for item in self._latest.items() if item[0] not in without)
        return codec.encode_frame(server_ms, shown)
