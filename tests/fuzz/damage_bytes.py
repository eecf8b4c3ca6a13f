"""Damage to any file: the ways in which copying, storing and lying go wrong."""

import struct
from random import Random

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
NOT_NUMBERS = (float("nan"), float("inf"), -float("inf"), 3.4e38, -1e30, 1e-45)


def flip_bits(random: Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def truncate(random: Random, data: bytes) -> bytes:
    return data[: random.choice((0, 1, random.randrange(len(data)), len(data) - 1))]


def cut_out(random: Random, data: bytes) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def repeat(random: Random, data: bytes) -> bytes:
    start, end = _span(random, data)
    return data[:end] + data[start:end] * random.choice((1, 2, 50)) + data[end:]


def blank(random: Random, data: bytes) -> bytes:
    start, end = _span(random, data)
    return data[:start] + random.choice((b"\0", b"\xff", b" ")) * (end - start) + data[end:]


def insert_noise(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.choice((1, 3, 4, 1000))) + data[at:]


def append_noise(random: Random, data: bytes) -> bytes:
    return data + random.randbytes(random.choice((1, 7, 5000)))


def lie_in_a_number(random: Random, data: bytes) -> bytes:
    """An extreme where a count, a length or an index may stand."""
    form = random.choice(("<I", "<I", "<H", "<Q", ">I"))
    return _overwrite(random, data, struct.pack(form, _fitting(random, form)))


def lie_in_the_head(random: Random, data: bytes) -> bytes:
    head = min(len(data), 128)
    return lie_in_a_number(random, data[:head]) + data[head:]


def not_a_number(random: Random, data: bytes) -> bytes:
    """Floats that are none, or too large: a few of them, at whole places."""
    for _ in range(random.choice((1, 3, 20))):
        data = _overwrite(random, data, struct.pack("<f", random.choice(NOT_NUMBERS)))
    return data


def swap_halves(_: Random, data: bytes) -> bytes:
    half = len(data) // 2
    return data[half:] + data[:half]


def _span(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    length = random.choice((1, 4, 16, 200, len(data)))
    return start, min(len(data), start + length)


def _overwrite(random: Random, data: bytes, by: bytes) -> bytes:
    if len(data) < len(by):
        return by
    at = random.randrange(len(data) - len(by) + 1) // 4 * 4
    return data[:at] + by + data[at + len(by) :]


def _fitting(random: Random, form: str) -> int:
    most = (1 << 8 * struct.calcsize(form)) - 1
    return min(most, random.choice(EXTREMES))


BYTES = (
    flip_bits, truncate, cut_out, repeat, blank, insert_noise, append_noise, lie_in_a_number,
    lie_in_the_head, not_a_number, swap_halves,
)  # fmt: skip
