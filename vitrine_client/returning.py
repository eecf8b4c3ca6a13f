"""Whether to come back after a line was lost, with what, and when."""

import random
from collections.abc import Mapping
from typing import Any, Final

# Seconds between tries, then as the last, each by up to half shorter or longer: after a restart
# everybody is back within three, and a hundred do not come at the same moment.
RETRIES: Final = (0.1, 0.2, 0.4, 0.8, 1.0)
# Types of problems. The place is somebody else's now, or nobody's: do not come back to it.
ENDED: Final = frozenset({"moved-to-another-device", "kicked", "banned", "seated"})
# The room is on another server of the house: ask where.
ELSEWHERE: Final = frozenset({"room-elsewhere", "room-taken-over"})
# The token opens nothing any more: join anew.
GONE: Final = frozenset(
    {"seat-gone", "invalid-token", "expired-token", "ticket-used", "unknown-showroom"}
)


def pause(tries: int, problem: Mapping[str, Any]) -> float:
    """Seconds until the next try; `problem`: the house's answer to the last one, if it gave any."""
    usual = RETRIES[min(tries, len(RETRIES) - 1)] * random.uniform(0.5, 1.5)  # noqa: S311
    return max(usual, float(problem.get("retry_after", 0)))
