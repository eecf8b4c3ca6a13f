"""Ranges and conditions of RFC 9110, on a content of known length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.assets.conditional import RangeNotSatisfiable, byte_range, matches

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 10)),
        ("bytes=4-6", (4, 7)),
        ("bytes=4-600", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=6-4", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=١-٢", None),
    ],
)
def test_one_range_is_understood_and_anything_else_means_the_whole(header, expected):
    assert byte_range(header, None, TAG, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_bytes_past_the_end_are_refused(header):
    with pytest.raises(RangeNotSatisfiable):
        byte_range(header, None, TAG, 10)


def test_a_range_of_other_content_means_the_whole():
    assert byte_range("bytes=1-2", TAG, TAG, 10) == (1, 3)
    assert byte_range("bytes=1-2", '"other"', TAG, 10) is None
    assert byte_range("bytes=1-2", f"W/{TAG}", TAG, 10) is None


@given(st.text(max_size=30), st.integers(1, 100))
def test_any_range_header_gives_bytes_that_exist(header, length):
    try:
        found = byte_range("bytes=" + header, None, TAG, length)
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= length


def test_tags_are_compared_in_lists():
    assert matches(TAG, '"x", W/"abc"')
    assert matches(TAG, "*")
    assert not matches(TAG, '"x"')
    assert not matches(TAG, None)
