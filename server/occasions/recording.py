"""What of an occasion is kept for replay, and in which form.

A line is `[milliseconds since 1970, event, body]`: the room's own messages, a `snapshot` of the
room at the beginning, and `poses` with the base64 of a whole pose frame. What is meant for some
ears only never gets here; whispers, signals, blocks and the house's measures are left out by name.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

MAX_CHUNK_BYTES: Final = 256_000
CHUNK_SECONDS: Final = 5.0
MAX_SECONDS: Final = 2 * 3600.0
MAX_BYTES: Final = 64_000_000  # of one recording
RECORDED: Final = frozenset(
    {
        *("snapshot", "poses", "announced", "joined", "left", "changed"),
        *("held", "moved", "variant", "pinned", "shown", "lit", "pointed"),
        *("said", "emoted", "raised", "followed", "gathered", "called", "voiced", "staged"),
    }
)


@dataclass(slots=True)
class Sheet:
    """Lines that are not stored yet. Times are seconds since 1970."""

    began: float
    number: int = 0  # of the next chunk
    bytes: int = 0  # of all chunks, stored and not
    _lines: list[str] = field(default_factory=list)
    _size: int = 0
    _since: float = 0.0

    def write(self, now: float, event: str, body: Any) -> bool:
        """One line; False when it is not for the recording, or the recording is over."""
        if event not in RECORDED or self.is_full(now):
            return False
        line = msgspec.json.encode([int(now * 1000), event, body]).decode()
        if not self._lines:
            self._since = now
        self._lines.append(line)
        self._size += len(line)
        self.bytes += len(line)
        return True

    def is_full(self, now: float) -> bool:
        """Two hours, or 64 MB."""
        return now - self.began >= MAX_SECONDS or self.bytes >= MAX_BYTES

    def is_due(self, now: float) -> bool:
        """Whether a chunk is worth storing."""
        waited = bool(self._lines) and now - self._since >= CHUNK_SECONDS
        return waited or self._size >= MAX_CHUNK_BYTES / 2

    def take(self) -> tuple[int, list[str]] | None:
        """The next chunk's number and lines."""
        if not self._lines:
            return None
        lines, self._lines, self._size = self._lines, [], 0
        self.number += 1
        return self.number, lines
