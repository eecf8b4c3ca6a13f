"""Which models a build is asked for: files, folders to search, and patterns.

Results lie flat for what was named, and as in the folder for what was found below it. Two models
that differ in their ending only get it into their folders' names; none lies inside another's.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assets_pipeline.unchanged import PROOF

ENDINGS = {
    ".glb", ".gltf", ".obj", ".stl", ".ply", ".3mf", ".dae", ".fbx", ".step", ".stp",
    ".usd", ".usda", ".usdc", ".usdz", ".zip",
}  # fmt: skip
WILD = "*?["


class NothingFound(ValueError):
    """A folder without models, or a pattern that nothing matches."""


class SameFolder(ValueError):
    """Two inputs whose results would lie in one folder, or one's inside the other's."""


@dataclass(frozen=True)
class Found:
    """A model, the name it is called by, and where below the output folder its results go."""

    path: Path
    name: str
    folder: str


def find(words: Sequence[str], out: Path) -> list[Found]:
    """Each file once, in the order of the words, sorted within. `out` is never searched.

    A word that names nothing stays what it is: the build says what is wrong with it.
    Raises NothingFound, SameFolder.
    """
    found: dict[Path, Found] = {}
    for word in words:
        for each in _of_word(word, out):
            found.setdefault(each.path.absolute(), each)
    return _apart(list(found.values()))


def _of_word(word: str, out: Path) -> list[Found]:
    path = Path(word)
    if path.is_dir():
        inside = sorted(_models(path, out))
        if not inside:
            raise NothingFound(f"{word} holds no model")
        return [_within(path, model) for model in inside]
    if not os.path.lexists(path) and any(letter in word for letter in WILD):
        matches = [Path(m) for m in glob.glob(word, recursive=True)]  # noqa: PTH207 - absolute too
        files = sorted(match for match in matches if match.is_file())
        if not files:
            raise NothingFound(f"nothing matches {word}")
        root = Path(*_before_wildcards(path))
        return [_within(root, file) for file in files]
    return [Found(path, path.name, path.stem)]


def _before_wildcards(path: Path) -> Iterator[str]:
    for part in path.parts:
        if any(letter in part for letter in WILD):
            return
        yield part


def _models(root: Path, out: Path) -> Iterator[Path]:
    """Hidden files and what a build wrote are no inputs."""
    results = out.absolute()
    for folder, below, files in os.walk(root):
        if PROOF in files or Path(folder).absolute() == results:
            below.clear()
            continue
        below[:] = [name for name in below if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in ENDINGS:
                yield Path(folder, name)


def _within(root: Path, model: Path) -> Found:
    below = model.relative_to(root)
    return Found(model, below.as_posix(), below.with_suffix("").as_posix())


def _apart(found: list[Found]) -> list[Found]:
    """Raises SameFolder when endings don't help."""
    folders = _folders(found)
    found = [
        replace(each, folder=f"{each.folder}-{each.path.suffix[1:].lower()}")
        if each.path.suffix and _taken(each.folder, folders)
        else each
        for each in found
    ]
    folders = _folders(found)
    if clash := [each for each in found if _taken(each.folder, folders)]:
        names = ", ".join(sorted({str(each.path) for each in clash}))
        raise SameFolder(f"the results of {names} would lie in one folder, {clash[0].folder}")
    return found


def _folders(found: list[Found]) -> dict[str, int]:
    """How many results lie in each folder, or somewhere below it."""
    counts: dict[str, int] = {}
    for each in found:
        for folder in (each.folder, *map(str, Path(each.folder).parents)):
            counts[folder] = counts.get(folder, 0) + 1
    return counts


def _taken(folder: str, folders: dict[str, int]) -> bool:
    return folders[folder] > 1
