"""Whether a build would only repeat an earlier one: in a millisecond an input, without reading it.

An input counts as unchanged when its content has the hash that the earlier proof was made for.
Content that has been hashed once is known again by what the file system says of the file, as git
does it: device, inode, size, time of change and time of the inode's change. The last cannot be
set back by programs that restore times. A file that was changed less than RACY_SECONDS before it
was hashed is not remembered: a second change within one tick of the clock would not show.

Nothing that converts is imported here: to load it takes longer than to look at 1,000 inputs.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from assets_pipeline.errors import NoSuchFile
from assets_pipeline.model import Json
from assets_pipeline.version import pipeline_version

PROOF, PAGE = "proof.json", "proof.html"
LISTED = (  # what the `done` event tells of each file, where there is such a thing
    "profile", "lod", "name", "bytes", "triangles", "vertices", "media_type", "sha256",
    "variant", "width", "height", "screen_size", "budget_passed",
)  # fmt: skip
RACY_SECONDS = 2.0  # FAT, the coarsest, counts in two seconds
REMEMBERED = 20_000  # files; the ones seen last


def build_key(sha256: str, facts: Iterable[str]) -> str:
    """A hash of all that decides the output: the input's own, this pipeline, and `facts`: every
    option that changes a file, and what this machine can make."""
    parts = [sha256, pipeline_version(), *facts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Contents:
    """SHA-256 of files. `memory` is where they are kept between runs; None keeps none."""

    def __init__(self, memory: Path | None) -> None:
        self.memory = memory
        self._known = _load(memory) if memory else {}
        self._learnt = False

    @classmethod
    def of_user(cls) -> "Contents":
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(base) / "vitrine" / "inputs.json")

    def sha256(self, path: Path) -> str:
        """Raises NoSuchFile."""
        name = str(path.absolute())
        try:
            told = _told(path)
            known = self._known.get(name)
            if known is not None and known[:-1] == told:
                return str(known[-1])
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if told == _told(path) and time.time() - max(told[-2:]) / 1e9 > RACY_SECONDS:
                self._known.pop(name, None)  # to the end: the last are the ones kept
                self._known[name] = [*told, digest]
                self._learnt = True
        except OSError as error:
            raise NoSuchFile(path=path) from error
        return digest

    def save(self) -> None:
        """Write what was learnt. A place that cannot be written costs time, not truth."""
        if self.memory is None or not self._learnt:
            return
        kept = dict(list(self._known.items())[-REMEMBERED:])
        with suppress(OSError):
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            beside = self.memory.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(kept, separators=(",", ":")))
            beside.replace(self.memory)
            self._learnt = False


def earlier_proof(folder: Path, key: str) -> Json | None:
    """The proof of a build with this key whose files are all there, of the size they had."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        proof: Json = json.loads((folder / PROOF).read_bytes())
        sizes = {entry.name: entry.stat().st_size for entry in os.scandir(folder)}
        if proof["key"] == key and all(sizes[f["name"]] == f["bytes"] for f in proof["files"]):
            return proof
    return None


def listed(file: Json) -> Json:
    """A file of the proof as the `done` event tells it."""
    return {key: file[key] for key in LISTED if key in file}


def _told(path: Path) -> list[int]:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(path)  # a pipe would never end, and a folder is no model
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _load(memory: Path) -> dict[str, list[int | str]]:
    with suppress(OSError, ValueError):
        found = json.loads(memory.read_bytes())
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if isinstance(v, list) and len(v) == 6}
    return {}
