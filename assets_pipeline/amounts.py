"""Numbers as people read them, in the terminal and on the proof's page."""

from collections.abc import Sequence


def size(count: float) -> str:
    """Bytes, in units of 1000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def change(before: float, after: float) -> str:
    """`−87 %`, `+3 %`, `×12`; nothing where both are alike, or where nothing was before."""
    if before == after or before == 0:
        return ""
    if after / before >= 3:
        return f"×{after / before:.3g}"
    percent = 100 * (after / before - 1)
    if percent < -99:
        return f"−{-percent:.3g} %"  # 99.2 and 99.9 are far apart
    if round(percent) == 0:
        return "±0 %"
    return f"−{-percent:.0f} %" if percent < 0 else f"+{percent:.0f} %"


def extent(metres: Sequence[float]) -> str:
    """Width × height × depth, in the unit that suits the longest."""
    longest = max(metres, default=0.0)
    scale, unit = (1, "m") if longest >= 1 else (100, "cm") if longest >= 0.01 else (1000, "mm")
    return " × ".join(f"{x * scale:.3g}" for x in metres) + f" {unit}"


def millimetres(distance: float) -> str:
    return f"{distance:.3g} mm" if distance >= 0.001 or distance == 0 else "< 0.001 mm"


def number(value: object) -> str:
    """A count with its thousands apart, a fraction with what matters of it."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
