"""Being told to stop: what has been begun is put away first."""

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, Self


class Stop:
    """Turns SIGTERM into SystemExit, so that children are killed and partial folders removed."""

    def __init__(self) -> None:
        self._number = 0

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTERM, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def watch(self, events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The events, until a signal comes. Python swallows what a handler raises while it is in
        a destructor, so the signal is looked for once more between events."""
        for event in events:
            if self._number:
                raise SystemExit(128 + self._number)
            yield event

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._number = number
        raise SystemExit(128 + number)
