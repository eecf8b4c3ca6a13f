"""Damage to glTF's JSON, in a .gltf file or in a GLB: lies, cycles, extremes, foreign types."""

import base64
import json
import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.fuzz import canary
from tests.fuzz.damage_bytes import EXTREMES
from tests.fuzz.damage_pictures import PICTURES

Json = Any
Damage = Callable[[Random, bytes], bytes]
STRANGE: tuple[Json, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**32 - 1, 2**53, 10**30, -(2**63), 0.5, 1e39, -1e308,
    1e-320, "", "x" * 100_000, "\ud800", "\x1b[31m\x07", "../../x", "ünï\u202ecode",
    [], {}, [[]], [None], {"": 0}, [0] * 10_000, ["a"], [1e39, 0, 0],
)  # fmt: skip
OUTSIDE = (
    canary.PLACE, f"file://{canary.PLACE}", f"../../../../../../../..{canary.PLACE}",
    f"..%2f..%2f..%2f..{canary.PLACE}", f"%2e%2e/%2e%2e{canary.PLACE}", "http://127.0.0.1:9/x",
    "https://127.0.0.1:9/x.bin", "//127.0.0.1/x", "\\\\127.0.0.1\\x", "C:\\x", "/dev/zero",
    "/proc/self/environ", "data:,x", "data:;base64,!!!", "", ".", "..", "\0", "x" * 5000,
)  # fmt: skip
REFERENCES = {"mesh", "material", "indices", "bufferView", "buffer", "source", "sampler", "skin",
              "node", "input", "output", "inverseBindMatrices", "skeleton", "index", "camera",
              "POSITION", "NORMAL", "TEXCOORD_0", "JOINTS_0", "WEIGHTS_0", "scene"}  # fmt: skip
SIZES = {"count", "byteLength", "byteOffset", "byteStride", "componentType", "mode"}


def open_gltf(data: bytes) -> tuple[Json, bytes | None]:
    """The JSON, and a GLB's binary chunk."""
    if data[:4] != b"glTF":
        return json.loads(data), None
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def close_gltf(text: bytes, binary: bytes | None) -> bytes:
    if binary is None:
        return text
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def of_json(change: Callable[[Random, Json], object]) -> Damage:
    """A change of the document as damage to the file."""

    def damage(random: Random, data: bytes) -> bytes:
        document, binary = open_gltf(data)
        change(random, document)
        return close_gltf(json.dumps(document).encode(), binary)

    damage.__name__ = change.__name__
    return damage


def of_text(change: Callable[[Random, bytes], bytes]) -> Damage:
    """A change of the JSON's text, which no object could hold."""

    def damage(random: Random, data: bytes) -> bytes:
        document, binary = open_gltf(data)
        return close_gltf(change(random, json.dumps(document).encode()), binary)

    damage.__name__ = change.__name__
    return damage


def of_binary(change: Callable[[Random, bytes], bytes]) -> Damage:
    def damage(random: Random, data: bytes) -> bytes:
        document, binary = open_gltf(data)
        if not binary:
            return data[:-1]
        return close_gltf(json.dumps(document).encode(), change(random, binary))

    damage.__name__ = f"{change.__name__}_in_its_binary"
    return damage


def places(owner: Json) -> Iterator[tuple[Json, Any]]:
    """Every (container, key) below."""
    pairs = owner.items() if isinstance(owner, dict) else enumerate(owner)
    for key, value in list(pairs):
        yield owner, key
        if isinstance(value, dict | list):
            yield from places(value)


def foreign_value(random: Random, document: Json) -> None:
    for _ in range(random.choice((1, 1, 3))):
        owner, key = random.choice(list(places(document)))
        owner[key] = random.choice(STRANGE)


def value_from_elsewhere(random: Random, document: Json) -> None:
    found = list(places(document))
    (here, key), (there, other) = random.choice(found), random.choice(found)
    here[key] = json.loads(json.dumps(there[other]))


def missing_key(random: Random, document: Json) -> None:
    owner, key = random.choice(list(places(document)))
    del owner[key]


def lost_reference(random: Random, document: Json) -> None:
    found = [(o, k) for o, k in places(document) if k in REFERENCES and isinstance(o[k], int)]
    if found:
        owner, key = random.choice(found)
        owner[key] = random.choice((owner[key] + 1, owner[key] - 1, 999, *EXTREMES))


def lying_size(random: Random, document: Json) -> None:
    found = [(o, k) for o, k in places(document) if k in SIZES]
    owner, key = random.choice(found)
    value = owner[key] if isinstance(owner[key], int) else 0
    owner[key] = random.choice((value + 1, value - 1, value * 1000, -value, 2**40, *EXTREMES))


def cycle_of_nodes(random: Random, document: Json) -> None:
    nodes = document["nodes"]
    one, other = random.randrange(len(nodes)), random.randrange(len(nodes))
    nodes[one].setdefault("children", []).append(other)
    if random.random() < 0.5:
        nodes[other].setdefault("children", []).append(one)


def chain_of_nodes(random: Random, document: Json) -> None:
    """So deep that walking it by recursion overflows."""
    start, depth = len(document["nodes"]), random.choice((200, 2_000, 20_000))
    document["nodes"] += [{"children": [start + i + 1]} for i in range(depth)]
    document["nodes"].append({"mesh": 0})
    document["scenes"][0]["nodes"].append(start)


def shared_children(random: Random, document: Json) -> None:
    """Each node twice in the next: 2 to the power of their number, when walked as a tree."""
    start = len(document["nodes"])
    document["nodes"] += [{"children": [start + i + 1] * 2} for i in range(40)]
    document["nodes"].append({"mesh": 0})
    document["scenes"][0]["nodes"] = [start]


def many_of_a_kind(random: Random, document: Json) -> None:
    lists = [v for v in document.values() if isinstance(v, list) and v]
    grown = random.choice(lists)
    grown += [json.loads(json.dumps(random.choice(grown))) for _ in range(3_000)]


def same_joints_and_roots(random: Random, document: Json) -> None:
    """A skin that hangs on itself: its mesh is its own joint."""
    document["skins"] = [{"joints": [0, 0, 0], "skeleton": 0}]
    document["nodes"][0] |= {"skin": 0, "children": [0] if random.random() < 0.3 else []}


def outside_reference(random: Random, document: Json) -> None:
    uri = random.choice(OUTSIDE)
    kind = random.choice(("buffers", "images"))
    entries = document.setdefault(kind, [{}]) or [{}]
    entry = random.choice(entries)
    entry["uri"] = uri
    if random.random() < 0.5:
        entry.pop("bufferView", None)


def unknown_extension(random: Random, document: Json) -> None:
    name = random.choice(("ACME_x", "KHR_draco_mesh_compression", "EXT_meshopt_compression",
                          "KHR_texture_basisu", "EXT_mesh_gpu_instancing", "KHR_materials_variants",
                          "KHR_texture_transform", "KHR_materials_volume"))  # fmt: skip
    owner = random.choice([o for o, _ in places(document) if isinstance(o, dict)])
    owner.setdefault("extensions", {})[name] = random.choice((*STRANGE, {"bufferView": 0}))
    key = random.choice(("extensionsUsed", "extensionsRequired"))
    document.setdefault(key, []).append(name)


def nothing_to_draw(random: Random, document: Json) -> None:
    entry = random.choice(document["accessors"])
    entry["count"] = random.choice((0, 1, 2))


def other_version(random: Random, document: Json) -> None:
    document["asset"] = random.choice(({}, {"version": "1.0"}, {"version": 2}, {"version": "2.9"},
                                       {"version": "2.0", "minVersion": "3.0"}))  # fmt: skip


def other_picture(random: Random, document: Json) -> None:
    content = random.choice(PICTURES)(random)
    uri = "data:image/png;base64," + base64.b64encode(content).decode()
    document["images"] = [{"uri": uri} for _ in document.get("images", [0])]
    document.setdefault("textures", [{"source": 0}])
    info = {"baseColorTexture": {"index": 0}}
    document.setdefault("materials", [{"pbrMetallicRoughness": info}])
    document["meshes"][0]["primitives"][0]["material"] = 0


def deep_nesting(random: Random, text: bytes) -> bytes:
    depth = random.choice((900, 5_000, 200_000))
    nested = (
        b"[" * depth + b"]" * depth
        if random.random() < 0.5
        else (b'{"a":' * depth + b"1" + b"}" * depth)
    )
    return b'{"extras":' + nested + b"," + text[1:]


def repeated_key(random: Random, text: bytes) -> bytes:
    key = random.choice((b"nodes", b"meshes", b"asset", b"buffers", b"accessors"))
    value = random.choice((b"[]", b"null", b"{}", b"[{}]", b'{"version":"2.0"}'))
    return text[:-1] + b', "' + key + b'": ' + value + b"}"


def words_for_numbers(random: Random, text: bytes) -> bytes:
    words = (
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-0",
        b"1" * 5_000,
        b"0x10",
        b"01",
        b"1.",
    )
    digits = [i for i, byte in enumerate(text) if byte in b"0123456789"]
    at = random.choice(digits)
    return text[:at] + random.choice(words) + text[at + 1 :]


def other_encoding(random: Random, text: bytes) -> bytes:
    form = random.choice(("utf-16", "utf-8-sig", "utf-32-be", "cp037"))
    return text.decode().encode(form)


DOCUMENT = tuple(
    map(
        of_json,
        (
            foreign_value, foreign_value, value_from_elsewhere, missing_key, lost_reference,
            lying_size, cycle_of_nodes, chain_of_nodes, shared_children, many_of_a_kind,
            same_joints_and_roots, outside_reference, unknown_extension, nothing_to_draw,
            other_version, other_picture,
        ),
    )
)  # fmt: skip
GLTF_TEXT = (deep_nesting, repeated_key, words_for_numbers, other_encoding)
GLTF = (*DOCUMENT, *map(of_text, GLTF_TEXT))
