"""The part of requirements.lock that a running house needs: not what tests and lint do.

    python deploy/runtime_requirements.py > runtime.lock
    python deploy/runtime_requirements.py cython > cython.lock    these packages alone

The lock says of each package what asked for it; whatever leads to the project's own dependencies,
or to one of the extras below, stays. So there is one lock, and the image has the tested versions.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

EXTRAS: Final = ("observability", "step", "usd", "voice")
ROOT: Final = Path(__file__).parent.parent
NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """Each package's lines of the lock, by name."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if NAME.match(line):
            name = normal(NAME.match(line)[0])  # type: ignore[index]
        if name:
            found[name] = found.get(name, "") + line
    return found


def askers(entry: str) -> set[str]:
    """Who asked for the package, as the comments after `# via` say."""
    comments = [line.strip(" #\n") for line in entry.splitlines() if line.strip().startswith("#")]
    names = " ".join(comments).removeprefix("via").split()
    return {normal(name) for name in names}


def wanted(project: dict, extras: tuple[str, ...] = EXTRAS) -> set[str]:
    """The project's own dependencies and those of the extras."""
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return {normal(NAME.match(line)[0]) for line in lines}  # type: ignore[index]


def runtime(lock: str, project: dict) -> str:
    """The lines of the lock for these."""
    packages, keep = entries(lock), wanted(project)
    while more := {
        name for name, entry in packages.items() if name not in keep and askers(entry) & keep
    }:
        keep |= more
    return "".join(entry for name, entry in packages.items() if name in keep)


if __name__ == "__main__":
    LOCK: Final = (ROOT / "requirements.lock").read_text()
    if sys.argv[1:]:
        sys.stdout.write("".join(entries(LOCK)[normal(name)] for name in sys.argv[1:]))
    else:
        PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        sys.stdout.write(runtime(LOCK, PROJECT))
