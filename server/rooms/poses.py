"""Where everybody is, and who must be told of it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from server.rooms import pose as codec
from server.rooms.interest import HEAD_ONLY, NOBODY, Interest
from server.rooms.places import places
from server.rooms.pose import FRAME, HEAD_BYTES, Pose, Vector
from server.rooms.scene import Scene

LOOK_SECONDS: Final = 0.25  # between two looks at who is near whom


class Poses:
    """The latest pose of each avatar, by index. They have no revision: only the latest counts."""

    def __init__(self, scene: Scene) -> None:
        self.places = places(codec.slack(scene.bounds))
        self.wishes: dict[str, float] = {}  # frames a second, by the avatar who wants no more
        self._scene = scene

    @property
    def latest(self) -> Mapping[int, bytes]:
        """The entry of everybody present."""
        return self.places.latest

    @property
    def moved(self) -> Mapping[int, bytes]:
        """The entries of those who moved since the last frame."""
        return self.places.moved

    def enter(self, index: int) -> None:
        """Somebody arrives at their spawn point; who is present already stays where they are."""
        if index not in self.latest:
            self.places.put(index, self._scene.entrance(index))

    def placed(self, index: int, pose: Pose) -> None:
        """Somebody is put elsewhere than their spawn point, before or after they enter."""
        self.places.put(index, codec.encode(pose, self._scene.bounds))

    def leave(self, index: int) -> None:
        """Somebody is gone; their last step is told to nobody."""
        self.places.leave(index)

    def take(self, index: int | None, data: bytes) -> bool:
        """Take in where somebody is (places.py). Raises BadPose."""
        return self.places.take(index, data)

    def head(self, index: int) -> Vector | None:
        """Metres; None when nobody has this index."""
        entry = self.latest.get(index)
        return codec.decode(entry[1:], self._scene.bounds).position if entry else None

    def again(self, index: int) -> None:
        """Everybody is told of them once more, as of somebody whom not all could see before."""
        if index in self.latest:
            self.places.moved[index] = self.latest[index]

    def interest(self) -> Interest:
        """For a room that gets crowded; watchers look from the entrance."""
        return Interest(self._scene.bounds, self._scene.entrance(0))

    def drain(self) -> dict[int, bytes]:
        """Entries of those who moved since it was last asked."""
        return self.places.drain()

    def frame(self, server_ms: int) -> bytes | None:
        """Who moved since the last frame, or None when nobody did."""
        if not self.moved:
            return None
        return stamped(server_ms, self.drain().values())

    def keyframe(self, server_ms: int, without: Collection[int] = ()) -> bytes:
        """Everybody, for a newcomer, or for a reader that missed frames."""
        shown = (entry for index, entry in self.latest.items() if index not in without)
        return stamped(server_ms, shown)


class Crowd:
    """What each viewer of a crowded room is told in this slot. Viewers are indices; None stands for
    those who watch from the entrance."""

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._looked = -LOOK_SECONDS
        self._entries: dict[int, bytes] = {}  # by index, and by index + HEAD_ONLY without hands
        self._due: dict[int, list[int]] = {}

    def turn(
        self,
        latest: Mapping[int, bytes],
        moved: Mapping[int, bytes],
        stars: Collection[int],
        now: float,
    ) -> bool:
        """Go on to the next slot; whether there is something to tell in the one after."""
        changed = moved
        if now - self._looked >= LOOK_SECONDS or not self._interest.knows(latest):
            self._looked = now
            self._interest.look(latest, stars)
            self._entries.clear()
            changed = latest
        for index, entry in changed.items():
            self._entries[index] = entry
            self._entries[index + HEAD_ONLY] = head_only(entry)
        self._due = self._interest.due(moved)
        return not self._interest.settled

    def entries(self, viewer: int | None) -> list[bytes]:
        """Entries for this viewer."""
        entries = self._entries
        return [entries[code] for code in self._due.get(_row(viewer), ())]

    def due(self, viewer: int | None) -> dict[int, bytes]:
        """The same, by index."""
        return {entry[0]: entry for entry in self.entries(viewer)}

    def entry(self, viewer: int | None, index: int) -> bytes:
        """How this viewer is shown somebody present."""
        full = self._interest.full(_row(viewer), index)
        return self._entries[index if full else index + HEAD_ONLY]


def _row(viewer: int | None) -> int:
    return NOBODY if viewer is None else viewer


def stamped(server_ms: int, entries: Iterable[bytes]) -> bytes:
    """A frame of these entries."""
    return FRAME.pack(server_ms & 0xFFFFFFFF) + b"".join(entries)


def head_only(entry: bytes) -> bytes:
    """The entry of somebody far away: no hands, the flags say so."""
    return entry if not entry[1] else entry[:1] + b"\0" + entry[2 : HEAD_BYTES + 1]
