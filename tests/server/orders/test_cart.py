"""What somebody has chosen and not ordered yet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.orders.cart import Cart, TooManyOfOne, merge
from server.orders.cart import CartLine as Line

LINES = st.lists(
    st.builds(Line, st.sampled_from(["A", "B"]), st.integers(1, 9), st.sampled_from([None, "x"])),
    max_size=8,
)


def total(lines: tuple[Line, ...] | list[Line], sku: str, variant: str | None) -> int:
    return sum(line.quantity for line in lines if (line.sku, line.variant) == (sku, variant))


@given(LINES)
def test_merging_keeps_the_sums(lines: list[Line]) -> None:
    merged = merge(lines)
    assert len({(line.sku, line.variant) for line in merged}) == len(merged)
    for line in merged:
        assert line.quantity == total(lines, line.sku, line.variant)


@given(LINES, LINES)
def test_ordering_takes_what_was_ordered_and_no_more(full: list[Line], ordered: list[Line]) -> None:
    left = Cart("anna").fill(full).take(ordered)
    for sku, variant in ((s, v) for s in "AB" for v in (None, "x")):
        rest = total(full, sku, variant) - total(ordered, sku, variant)
        assert total(left.lines, sku, variant) == max(0, rest)


def test_the_version_counts_changes_only() -> None:
    cart = Cart("anna").fill([Line("A", 1)])
    assert cart.version == 1
    assert cart.fill([Line("A", 1)]) is cart


def test_more_than_fits_is_refused() -> None:
    with pytest.raises(TooManyOfOne, match="100 of A"):
        merge([Line("A", 50), Line("A", 50)])
