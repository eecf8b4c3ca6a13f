"""One socket: whose avatar it moves, and how much it may say."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from server.rooms.gate import Gate
from server.rooms.lane import Lane
from server.rooms.limits import POSES_PER_SECOND, Budget
from server.rooms.messages import Problem, TooManyMessages
from server.rooms.messages.pace import PaceState
from server.rooms.open_rooms import Admission
from server.rooms.pose import BadPose
from server.rooms.role import RoomRole
from server.rooms.wire import Wire

COMPLAINT_SECONDS: Final = 1.0  # between two answers to bad poses


@dataclass(eq=False, slots=True)
class Connection:
    """A socket whose avatar is in a room, or on its way into it."""

    gate: Gate
    eio_sid: str
    wire: Wire
    admission: Admission
    time: Callable[[], float]  # the loop's
    budget: Budget
    cart: dict[str, Any] = field(default_factory=dict)
    lane: Lane | None = None  # once it has entered
    behind_since: float = 0.0
    owed: Collection[int] | None = None  # indices whose poses it was not told; None: everybody's
    allowed: float = 0.0  # poses it may send without a look at the clock
    allowed_at: float = 0.0  # of the loop's clock: when it was filled
    complained_at: float = -1.0  # of the loop's clock

    @property
    def avatar_id(self) -> str:
        return self.admission.seat.avatar_id

    @property
    def index(self) -> int | None:
        """In pose frames; None without an avatar."""
        return self.admission.seat.index

    @property
    def role(self) -> RoomRole:
        return self.admission.role

    @property
    def person_id(self) -> str:
        return self.admission.seat.person.id

    @property
    def pace(self) -> PaceState:
        """For its welcome."""
        return self.lane.pace if self.lane else PaceState()

    def send_plain(self, frame: bytes) -> None:
        self.gate.post_binary(self.eio_sid, "poses", frame)

    def send_text(self, text: str) -> None:
        self.gate.post_text([self.eio_sid], text)

    def drop(self, reason: str) -> None:
        self.gate.drop(self.eio_sid, reason)

    def on_pose(self, data: bytes) -> None:
        """The hot path: called for each pose, and must not raise."""
        self.allowed -= 1
        if self.allowed < 0 and not self._allow():
            return
        lane = self.lane
        if lane is None:
            return
        try:
            if lane.poses.take(self.admission.seat.index, data):
                lane.wake()
        except BadPose as error:
            self._complain(error)

    def _allow(self) -> bool:
        """A bucket (limits.py) that looks at the clock only when it is empty: somebody who kept
        quiet can send what is left in it and then, at once, one more of POSES_PER_SECOND."""
        now = self.time()
        filled = min(POSES_PER_SECOND, (now - self.allowed_at) * POSES_PER_SECOND)
        if filled < 1:
            self.allowed = 0
            self._complain(TooManyMessages(limit=POSES_PER_SECOND))
            return False
        self.allowed, self.allowed_at = filled - 1, now
        return True

    def _complain(self, error: BadPose | TooManyMessages) -> None:
        now = self.time()
        if now - self.complained_at >= COMPLAINT_SECONDS:
            self.complained_at = now
            self.gate.post([self.eio_sid], Problem(error.problem()))
