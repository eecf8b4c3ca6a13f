"""What a message does: who may, what it answers, and what others come to know."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from server.auth import Person
from server.errors import VitrineError
from server.rooms.instant import Instant
from server.rooms.messages import Change, Done, Down, Up
from server.rooms.role import RoomRole
from server.rooms.room import Room


@dataclass(frozen=True, slots=True)
class Moment:
    """Who acts, where and when."""

    room: Room
    avatar_id: str
    person: Person
    role: RoomRole
    now: Instant


@dataclass(frozen=True, slots=True)
class Whisper:
    """A message for one avatar alone; without a socket it is lost."""

    to: str
    message: Down


@dataclass(frozen=True, slots=True)
class Ending:
    """Somebody's visit ends here: they are told why, and their seat is given up. Without an error
    it was their own wish, and its acknowledgement is the last that they hear."""

    avatar_id: str
    error: VitrineError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to tell. `done` None: the acknowledgement says nothing but the `rev`.

    `refused`: raised when all is told, where others must hear of what could not be done.
    """

    changes: Sequence[Change] = ()
    done: Done | None = None
    whispers: Sequence[Whisper] = ()
    texts: Sequence[str] = ()  # encoded already, for the sender alone
    loose: Sequence[Down] = ()  # perishables, to everybody
    endings: Sequence[Ending] = ()
    refused: VitrineError | None = None
    again_seconds: float = 0.0  # have the parts look at the clock after that; 0: when they would


@dataclass(frozen=True, slots=True)
class Act:
    """`run` raises what the sender shall be told. It may be a coroutine function where somebody
    else has to be asked; the room may have changed when the answer comes."""

    run: Callable[[Moment, Any], Outcome | Awaitable[Outcome]]
    roles: frozenset[RoomRole]
    answers: type[Done] = Done


Guard = Callable[[Moment, Up], None]  # looks at every message before its act, and may raise
