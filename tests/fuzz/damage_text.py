"""Damage to formats of words and numbers, and to XML."""

import re
from collections.abc import Callable
from random import Random

from tests.fuzz import canary

CANARY = canary.PLACE.encode()
NUMBER = re.compile(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
WORDS = (
    b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"-0", b"99999999999", b"4294967295", b"1e30",
    b"-2147483649", b"9" * 5_000, b"1/1/1/1", b"//", b"", b"1e", b".", b"0x7f", b"\xff",
    b"\0", b"#", b"3.4e38", b"1e-320", b"1_000", "٣".encode(), b"%s", b"None",
)  # fmt: skip


def strange_number(random: Random, data: bytes) -> bytes:
    for _ in range(random.choice((1, 1, 4))):
        found = list(NUMBER.finditer(data))
        if not found:
            return data + random.choice(WORDS)
        start, end = random.choice(found).span()
        data = data[:start] + random.choice(WORDS) + data[end:]
    return data


def all_numbers_alike(random: Random, data: bytes) -> bytes:
    """Zero areas, empty solids, and whatever else comes of equal numbers."""
    word = random.choice((b"0", b"1", b"-1", b"nan", b"1e30"))
    return NUMBER.sub(word, data)


def _of_lines(change: Callable[[Random, list[bytes]], list[bytes]]) -> Callable[..., bytes]:
    def damage(random: Random, data: bytes) -> bytes:
        return b"\n".join(change(random, data.split(b"\n")))

    damage.__name__ = change.__name__
    return damage


@_of_lines
def lost_line(random: Random, lines: list[bytes]) -> list[bytes]:
    at = random.randrange(len(lines))
    return lines[:at] + lines[at + random.choice((1, 3)) :]


@_of_lines
def repeated_line(random: Random, lines: list[bytes]) -> list[bytes]:
    at = random.randrange(len(lines))
    return lines[:at] + [lines[at]] * random.choice((2, 100, 20_000)) + lines[at:]


@_of_lines
def shuffled_lines(random: Random, lines: list[bytes]) -> list[bytes]:
    return random.sample(lines, len(lines))


@_of_lines
def long_line(random: Random, lines: list[bytes]) -> list[bytes]:
    at = random.randrange(len(lines))
    filler = random.choice((b"x", b" 1", b" ", b"\t", b"("))
    return [*lines[:at], lines[at] + filler * 300_000, *lines[at + 1 :]]


def blank_lines(_: Random, data: bytes) -> bytes:
    """Patterns that reach over lines take the square of their number."""
    return b"\n" * 200_000 + data


def lost_word(random: Random, data: bytes) -> bytes:
    words = list(re.finditer(rb"\S+", data)) or [re.match(b"", data)]
    found = random.choice(words)
    assert found
    return data[: found.start()] + data[found.end() :]


def foreign_line_ends(random: Random, data: bytes) -> bytes:
    return data.replace(b"\n", random.choice((b"\r", b"\r\n", b"\n\n", b"\x0b", b"", b"\\\n")))


TEXT = (
    strange_number, strange_number, all_numbers_alike, lost_line, repeated_line, shuffled_lines,
    long_line, blank_lines, lost_word, foreign_line_ends,
)  # fmt: skip


def outside_file(random: Random, data: bytes) -> bytes:
    """OBJ and MTL name their libraries and pictures."""
    line = random.choice((b"mtllib", b"map_Kd", b"usemtl", b"call", b"csh", b"texture_file"))
    name = random.choice(
        (CANARY, b"../../../../../.." + CANARY, b"file://" + CANARY, b"/dev/zero", b"C:\\x",
         b"\0", b"x" * 5_000, b"", b"\x1b[31m", "\ud800".encode("utf-8", "surrogatepass"))
    )  # fmt: skip
    return line + b" " + name + b"\n" + data


def curious_face(random: Random, data: bytes) -> bytes:
    corners = random.choice(
        (b"0 0 0", b"-1 -2 -3", b"-99 1 2", b"1 1 1", b"1", b"1 2", b"1//1 2 3/3", b"a b c",
         b" ".join([b"1 2 3 4"] * 5_000), b"1/9/9 2/9/9 3/9/9")
    )  # fmt: skip
    return data + b"f " + corners + b"\n"


OBJ = (outside_file, curious_face)

LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12)
)


def billion_laughs(_: Random, data: bytes) -> bytes:
    return _after_root(_with_doctype(data, LAUGHS), b"&a11;")


def swollen_entity(_: Random, data: bytes) -> bytes:
    doctype = b"<!DOCTYPE x [<!ENTITY a '%s'>]>" % (b"x" * 100_000)
    return _after_root(_with_doctype(data, doctype), b"&a;" * 10_000)


def outside_entity(random: Random, data: bytes) -> bytes:
    place = random.choice(
        (b"file://" + CANARY, CANARY, b"http://127.0.0.1:9/x", b"file:///dev/zero")
    )
    doctype = random.choice((
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "%s">]>' % place,
        b'<!DOCTYPE x [<!ENTITY %% a SYSTEM "%s"> %%a;]>' % place,
        b'<!DOCTYPE x SYSTEM "%s">' % place,
    ))  # fmt: skip
    return _after_root(_with_doctype(data, doctype), b"&a;")


def outside_stylesheet(_: Random, data: bytes) -> bytes:
    return data.replace(b"?>", b'?><?xml-stylesheet href="file://%s"?>' % CANARY, 1)


def deep_elements(random: Random, data: bytes) -> bytes:
    depth = random.choice((150, 5_000, 200_000))
    return _after_root(data, b"<node>" * depth + b"</node>" * depth)


def many_attributes(_: Random, data: bytes) -> bytes:
    attributes = b" ".join(b'a%d="1"' % i for i in range(20_000))
    return _after_root(data, b"<x " + attributes + b"/>")


def repeated_element(random: Random, data: bytes) -> bytes:
    found = random.choice(list(re.finditer(rb"<[^/?!][^>]*>", data)) or [re.match(b"", data)])
    assert found
    return data[: found.end()] + found[0] * random.choice((1, 30)) + data[found.end() :]


def foreign_attribute(random: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb'"([^"]*)"', data))
    one, other = random.choice(found), random.choice(found)
    value = random.choice((other[1], other[1], b"", b"#", b"x" * 100_000, *WORDS))
    return data[: one.start(1)] + value.replace(b'"', b"") + data[one.end(1) :]


def foreign_encoding(random: Random, data: bytes) -> bytes:
    name = random.choice((b"utf-16", b"utf-7", b"ascii", b"cp037", b"nonsense", b"utf-8" * 100))
    return re.sub(rb'encoding="[^"]*"', b'encoding="%s"' % name, data, count=1)


def _with_doctype(data: bytes, doctype: bytes) -> bytes:
    head, mark, rest = data.partition(b"?>")
    return head + mark + doctype + rest if mark else doctype + data


def _after_root(data: bytes, content: bytes) -> bytes:
    """`content` as the first child of the root element."""
    found = re.search(rb"<[a-zA-Z][^>]*[^/]>", data)
    at = found.end() if found else len(data)
    return data[:at] + content + data[at:]


XML = (
    billion_laughs, swollen_entity, outside_entity, outside_stylesheet, deep_elements,
    many_attributes, repeated_element, foreign_attribute, foreign_attribute, foreign_encoding,
    strange_number, strange_number, all_numbers_alike,
)  # fmt: skip


def outside_layer(random: Random, data: bytes) -> bytes:
    """USD names other layers, references and pictures between two @."""
    place = random.choice(
        (CANARY, b"file://" + CANARY, b"../../../../../.." + CANARY, b"/dev/zero")
    )
    kind = random.choice((
        b'(subLayers = [@%s@])', b'(references = @%s@)', b'(payload = @%s@</X>)',
        b'(clips = {dictionary default = {asset[] assetPaths = [@%s@]}})',
    ))  # fmt: skip
    head, mark, rest = data.partition(b"\n)\n")
    if kind.startswith(b"(subLayers"):
        return head + b"\n    subLayers = [@%s@]" % place + mark + rest
    named = list(re.finditer(rb"@[^@\n]*@", data))
    if named and random.random() < 0.4:
        at = random.choice(named)
        return data[: at.start()] + b"@" + place + b"@" + data[at.end() :]
    return data + b'\ndef Xform "More" %s { }\n' % (kind % place)


USD = (outside_layer,)
