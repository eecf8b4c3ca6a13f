"""STL and PLY whose heads promise something else than their bodies hold."""

import re
import struct
from random import Random

from tests.fuzz.damage_bytes import EXTREMES


def lying_count(random: Random, data: bytes) -> bytes:
    """The triangle count of a binary STL, with or without bytes to match."""
    count = random.choice((*EXTREMES, (len(data) - 84) // 50 + 1))
    return data[:80] + struct.pack("<I", count) + data[84:]


def lying_header(random: Random, data: bytes) -> bytes:
    found = random.choice(list(re.finditer(rb"\d+", data.split(b"end_header")[0])))
    count = random.choice((b"0", b"-1", b"1000000000", b"99999999999999999999", b"3", b"4.5", b""))
    return data[: found.start()] + count + data[found.end() :]


def other_types(random: Random, data: bytes) -> bytes:
    kinds = (b"float", b"uchar", b"int", b"double", b"short", b"list", b"char", b"string", b"uint8")
    found = random.choice(list(re.finditer(rb"\b(float|uchar|int|list|property)\b", data)))
    return data[: found.start()] + random.choice(kinds) + data[found.end() :]


def other_form(random: Random, data: bytes) -> bytes:
    forms = (b"ascii", b"binary_little_endian", b"binary_big_endian", b"martian", b"")
    return re.sub(rb"format \w+", b"format " + random.choice(forms), data, count=1)


def more_properties(random: Random, data: bytes) -> bytes:
    line = random.choice((b"property float x", b"property list uchar int x", b"element x 5",
                          b"property float " + b"n" * 100_000, b"comment " + b"c" * 100_000,
                          b"property list double float vertex_indices", b"obj_info x"))  # fmt: skip
    return data.replace(b"end_header", line * 1 + b"\nend_header", 1)


STL_BINARY = (lying_count,)
PLY = (lying_header, other_types, other_form, more_properties)
