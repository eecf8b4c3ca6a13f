"""Which act answers which message; those that must ask somebody else come from the composition."""

from collections.abc import Iterable, Mapping
from typing import Final

from server.rooms.acts import continuity, objects, pace, safety, together, voice
from server.rooms.acts.act import Act, Ending, Guard, Moment, Outcome, Whisper
from server.rooms.messages import Up

__all__ = ["ACTS", "GUARDS", "Act", "Ending", "Guard", "Moment", "Outcome", "Whisper", "merged"]


def merged(tables: Iterable[Mapping[type[Up], Act]]) -> dict[type[Up], Act]:
    """Raises ValueError when a message would have two acts."""
    acts: dict[type[Up], Act] = {}
    for table in tables:
        for kind, act in table.items():
            if kind in acts:
                raise ValueError(f"{kind} has two acts.")
            acts[kind] = act
    return acts


ACTS: Final = merged(
    (objects.ACTS, together.ACTS, safety.ACTS, voice.ACTS, pace.ACTS, continuity.ACTS)
)
GUARDS: Final[tuple[Guard, ...]] = safety.GUARDS
