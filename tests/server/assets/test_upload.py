"""The words of the tus protocol, and the arithmetic of offsets."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.assets.upload import (
    BadUpload,
    MoreThanAnnounced,
    Upload,
    UploadTooLarge,
    WrongOffset,
    read_checksum,
    read_length,
    read_metadata,
    read_number,
    room,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def upload(length: int) -> Upload:
    return Upload(
        id="u",
        person="p",
        filename="shoe.glb",
        sku=None,
        length=length,
        metadata="",
        asset="a",
        created_at=NOW,
        expires_at=NOW,
    )


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@given(st.integers(1, 10**12), st.lists(st.integers(0, 10**12), max_size=20))
def test_pieces_of_any_size_end_exactly_at_the_length(length, pieces):
    offset = 0
    for piece in pieces:
        left = length - offset
        if piece > left:
            with pytest.raises(MoreThanAnnounced):
                room(upload(length), offset, offset, piece)
        else:
            assert room(upload(length), offset, offset, piece) == left
            offset += piece
    assert 0 <= offset <= length


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_only_the_present_offset_is_continued(length, sent, offset):
    if sent == offset:
        assert room(upload(length), sent, offset, None) == length - offset
    else:
        with pytest.raises(WrongOffset) as caught:
            room(upload(length), sent, offset, None)
        assert caught.value.problem()["offset"] == offset


@pytest.mark.parametrize("text", [None, "", "-1", "+1", "1.0", "1_0", "0x1", "１", " 1", "9" * 16])
def test_a_number_is_decimal_digits_and_nothing_else(text):
    with pytest.raises(BadUpload):
        read_number("Upload-Offset", text)


def test_a_length_has_limits():
    assert read_length("100", 100) == 100
    with pytest.raises(UploadTooLarge):
        read_length("101", 100)
    with pytest.raises(BadUpload):
        read_length("0", 100)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=50)))
def test_metadata_comes_back_as_it_was_sent(facts):
    header = ",".join(f"{key} {b64(value.encode())}" for key, value in facts.items())
    assert read_metadata(header) == facts


@pytest.mark.parametrize(
    "header",
    ["filename ???", "filename /w==", "a YQ==,a YQ==", ",", "a " + "A" * 5000, "é é"],
)
def test_broken_metadata_is_refused(header):
    with pytest.raises(BadUpload):
        read_metadata(header)


@given(st.text(max_size=60))
def test_no_header_text_breaks_the_readers(text):
    for read in (read_metadata, read_checksum, lambda t: read_length(t, 10)):
        try:
            read(text)
        except (BadUpload, UploadTooLarge):
            continue


def test_a_checksum_names_a_known_algorithm():
    assert read_checksum(None) is None
    found = read_checksum(f"sha1 {b64(b'x' * 20)}")
    assert found is not None
    assert (found.algorithm, found.digest) == ("sha1", b"x" * 20)
    for header in ("md5 YQ==", "sha1 !!", "SHA1 YQ=="):
        with pytest.raises(BadUpload):
            read_checksum(header)
