"""One moment, on the two clocks of a machine."""

from typing import NamedTuple


class Instant(NamedTuple):
    """Seconds on each. What is told or stored has the first; how long something lasts that lives in
    memory only is measured by the second, which nobody sets."""

    wall: float  # since 1970; jumps when the machine's clock is set
    steady: float  # since some moment before this process
