"""Damaged files, each made anew from a seed and a number."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from random import Random

from tests.fuzz.damage_bytes import BYTES
from tests.fuzz.damage_gltf import GLTF, of_binary
from tests.fuzz.damage_pictures import other_picture
from tests.fuzz.damage_scans import PLY, STL_BINARY
from tests.fuzz.damage_text import OBJ, TEXT, USD, XML
from tests.fuzz.damage_zip import ARCHIVES
from tests.fuzz.sample import Sample

Damage = Callable[[Random, bytes], bytes]
GLB = (*GLTF, *GLTF, *map(of_binary, BYTES), *BYTES)
BY_KIND: dict[str, tuple[Damage, ...]] = {
    "glb": GLB,
    "gltf": (*GLTF, *GLTF, *BYTES),
    "obj": (*TEXT, *OBJ, *OBJ, *BYTES),
    "mtl": (*TEXT, *OBJ, *OBJ, *BYTES),
    "png": (other_picture, other_picture, *BYTES),
    "ply": (*TEXT, *PLY, *PLY, *BYTES),
    "ply, binary": (*PLY, *PLY, *BYTES),
    "stl": (*TEXT, *BYTES),
    "stl, binary": (*STL_BINARY, *STL_BINARY, *BYTES),
    "xml": (*XML, *XML, *TEXT, *BYTES),
    "text": (*TEXT, *TEXT, *BYTES),
    "usda": (*TEXT, *TEXT, *USD, *USD, *BYTES),
    "bytes": BYTES,
}
KINDS = {"dae": "xml", "model": "xml", "rels": "xml", "stp": "text", "step": "text"}
# What cannot be done to a document that an earlier step broke. Nothing else may go wrong.
NOT_APPLICABLE = (
    KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, struct.error,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file to try, and how it came about."""

    number: int
    sample: str
    damages: tuple[str, ...]
    ending: str
    content: bytes

    @property
    def name(self) -> str:
        return f"{self.number:06}.{self.ending}"


def case(samples: list[Sample], seed: int, number: int, steps: int | None = None) -> Case:
    """The case of that number. `steps` leaves out its later damages, to find the least of them."""
    random = Random(f"{seed}/{number}")
    sample = samples[number % len(samples)]
    count = random.choice((1, 1, 1, 2, 3))
    done: list[str] = []
    if sample.is_archive and random.random() < 0.35:
        damage = random.choice(ARCHIVES)
        return _case(number, sample, [damage.__name__], damage(random, sample.files))
    if sample.is_archive and random.random() < 0.1:
        damage_packed = random.choice(BYTES)
        content = damage_packed(random, sample.pack(sample.files))
        return _case(number, sample, [damage_packed.__name__], content)
    files = dict(sample.files)
    for _ in range(min(count, steps or count)):
        name = random.choice(list(files))
        damage = random.choice(BY_KIND[kind_of(name, sample.files[name])])
        try:
            files[name] = damage(random, files[name])
        except NOT_APPLICABLE:
            continue
        done.append(damage.__name__)
    return _case(number, sample, done, sample.pack(files))


def _case(number: int, sample: Sample, done: list[str], content: bytes) -> Case:
    return Case(number, sample.name, tuple(done), sample.ending, content)


def kind_of(name: str, content: bytes) -> str:
    ending = PurePath(name).suffix.lstrip(".").lower()
    if ending == "fbx" and not content.startswith(b"Kaydara"):
        return "text"
    if ending == "stl" and not content.startswith(b"solid w"):
        return "stl, binary"
    if ending == "ply" and b"binary" in content[:40]:
        return "ply, binary"
    kind = KINDS.get(ending, ending)
    return kind if kind in BY_KIND else "bytes"
