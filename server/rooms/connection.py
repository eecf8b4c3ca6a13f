"""One socket: whose avatar it moves, and how much it may say."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from server.rooms.gate import Gate
from server.rooms.inlet import Inlet, inlet
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
    inlet: Inlet | None = None  # of its poses, likewise
    allowed_at: float = 0.0  # of the loop's clock: when it was last allowed more poses
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

    def enter(self, lane: Lane) -> None:
        """Its avatar is in that lane's room."""
        self.lane = lane
        self.inlet = inlet(lane.poses.places, self.index, self)
        if self.index is not None:
            self.wire.on_pose = self.inlet

    def more(self) -> float:
        """A bucket (limits.py) that looks at the clock only when it is empty: somebody who kept
        quiet can send what is left in it and then, at once, one more of POSES_PER_SECOND."""
        now = self.time()
        filled = min(POSES_PER_SECOND, (now - self.allowed_at) * POSES_PER_SECOND)
        if filled < 1:
            self.complain(TooManyMessages(limit=POSES_PER_SECOND))
            return 0.0
        self.allowed_at = now
        return filled

    def first(self) -> None:
        """Nobody else moved since the last frame."""
        if self.lane is not None:
            self.lane.wake()

    def complain(self, error: BadPose | TooManyMessages) -> None:
        """Say what is wrong with its poses, now and then."""
        now = self.time()
        if now - self.complained_at >= COMPLAINT_SECONDS:
            self.complained_at = now
            self.gate.post([self.eio_sid], Problem(error.problem()))
