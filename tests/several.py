"""Several processes run the tests (`pytest -n 2`): which of them gets what, and in which order.

One of them takes all journeys through the demo's house, which would meet each other there, and all
browsers, which take both cores of a small machine as it is. Every other file stays as a whole with
one process, with what it set up. The longest begin first.
"""

import functools
import os
import re
from pathlib import Path
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT: Final = Path(__file__).parent.parent
JOURNEYS: Final = "journeys"
# Whole houses first, while the models of the demo convert; what is over in a second comes last.
FIRST: Final = (
    "tests/faults",
    "tests/flows",
    JOURNEYS,
    "tests/bench",
    "tests/chaos",
    "tests/server",
)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """What belongs together is told by the file it is in."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The file of a test, but one name for all files with such journeys."""
    file = nodeid.partition("::")[0]
    return JOURNEYS if has_journeys(file) else file


@functools.cache
def has_journeys(file: str) -> bool:
    text = (ROOT / file).read_text()
    return (
        "pytest.mark.browser" in text or re.search(r"[(,]\s*(demo|api)\s*[,:)]", text) is not None
    )


def place_of(group: str) -> int:
    """In the order of beginning."""
    return next((at for at, each in enumerate(FIRST) if group.startswith(each)), len(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        groups = {item.nodeid: group_of(item.nodeid) for item in items}
        items.sort(key=lambda item: place_of(groups[item.nodeid]))
