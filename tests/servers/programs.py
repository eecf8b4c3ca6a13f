"""Where the executables of packages are."""

import shutil
import sys
from pathlib import Path

import pytest


def program(name: str) -> str:
    """Beside this Python, or on the PATH; the test is skipped where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
