"""What is in a room, as a client knows it: people, things, poses, and the revision of it all."""

from dataclasses import dataclass, field

import msgspec

from server.rooms.messages import (
    Avatar,
    Change,
    Down,
    Held,
    Joined,
    Left,
    Moved,
    ObjectState,
    VariantSet,
    Welcome,
    You,
)
from server.rooms.messages.objects import Lit, PinSet, Pointed, Shown
from server.rooms.messages.together import Changed, Followed, Raised
from server.rooms.pose import Bounds, Pose, decode_frame


@dataclass
class World:
    """Changes are applied in the order of their `rev`; what is older than `rev` is known already.

    `poses` are by avatar index and hold the latest of each. `whole` is False when a revision is
    missing: until it is there again, people and things may be out of date. Ids are of avatars, but
    those of `objects` and `spotlight`.
    """

    rev: int = 0
    epoch: str = ""
    me: str = ""
    you: Avatar | None = None  # as the others see one; None for who only watches
    whole: bool = False
    bounds: Bounds = field(default_factory=lambda: Bounds((-1, 0, -1), (1, 1, 1)))
    avatars: dict[str, Avatar] = field(default_factory=dict)
    objects: dict[str, ObjectState] = field(default_factory=dict)
    poses: dict[int, Pose] = field(default_factory=dict)
    hands: list[str] = field(default_factory=list)  # raised, the first to raise theirs first
    following: dict[str, str] = field(default_factory=dict)  # who walks with whom
    pointing: dict[str, str | None] = field(default_factory=dict)  # at an object; None: at a place
    spotlight: str | None = None  # object
    server_ms: int = 0  # of the latest frame, modulo 2³²

    def welcome(self, news: Welcome) -> None:
        """The whole room anew."""
        self.rev, self.epoch, self.me, self.whole = news.rev, news.epoch, news.you.avatar_id, True
        self.bounds = Bounds(news.bounds.min, news.bounds.max)
        self.avatars = {avatar.id: avatar for avatar in news.avatars}
        self.objects = {thing.id: thing for thing in news.objects}
        self.you = seen(news.you)
        self.hands, self.following = list(news.together.hands), dict(news.together.following)
        self.pointing = {one.by: one.object for one in news.display.pointing}
        self.spotlight = news.display.spotlight
        self.poses.clear()

    def apply(self, message: Down) -> bool:
        """Whether it was news."""
        if not isinstance(message, Change):
            return True
        if message.rev <= self.rev:
            return False
        self.whole = self.whole and message.rev == self.rev + 1
        self.rev = message.rev
        self._change(message)
        return True

    def frame(self, data: bytes) -> None:
        """Raises BadPose for what is no frame."""
        self.server_ms, moved = decode_frame(data, self.bounds)
        self.poses.update(moved)

    def pose_of(self, avatar_id: str) -> Pose | None:
        """None for who has not moved yet, or is not here."""
        avatar = self.avatars.get(avatar_id)
        return None if avatar is None else self.poses.get(avatar.index)

    def _change(self, change: Change) -> None:
        match change:
            case Joined():
                self.avatars[change.avatar.id] = change.avatar
            case Left():
                gone = self.avatars.pop(change.avatar_id, None)
                if gone is not None:
                    self.poses.pop(gone.index, None)
            case Changed(avatar=avatar) if avatar.id == self.me:
                self.you = avatar
            case Changed(avatar=avatar) if avatar.id in self.avatars:
                self.avatars[avatar.id] = avatar
            case Held() | Moved() | VariantSet() | PinSet() | Shown():
                self._thing_changed(change)
            case _:
                self._signed(change)

    def _thing_changed(self, change: Held | Moved | VariantSet | PinSet | Shown) -> None:
        known = self.objects.get(change.object)
        if known is None:
            return
        said = msgspec.structs.asdict(change)
        if isinstance(change, Held):
            said |= {"held_by": change.by, "spin": 0.0, "at": 0.0}  # what is taken stands still
        news = {k: v for k, v in said.items() if k in known.__struct_fields__}
        self.objects[change.object] = msgspec.structs.replace(known, **news)

    def _signed(self, change: Change) -> None:
        match change:
            case Raised():
                self.hands = list(change.order)
            case Followed(whom=None):
                self.following.pop(change.by, None)
            case Followed(whom=whom) if whom is not None:
                self.following[change.by] = whom
            case Lit():
                self.spotlight = change.object
            case Pointed(object=None, position=None):
                self.pointing.pop(change.by, None)
            case Pointed():
                self.pointing[change.by] = change.object


def seen(you: You) -> Avatar | None:
    """Oneself as an avatar like the others'."""
    if you.index is None:
        return None
    return Avatar(you.avatar_id, you.index, you.name, you.role, you.color, you.figure)
