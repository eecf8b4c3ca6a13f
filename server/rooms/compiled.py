"""The compiled twins of what happens for each pose, where they are there (compile.py makes them).

A file that was made of another native.pyx than the one beside it is left alone. What is compiled
and what is not answer alike; VITRINE_COMPILED=off takes the latter.
"""

import hashlib
import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any, Final

MODULE: Final = "server.rooms.native"
SOURCE: Final = Path(__file__).with_name("native.pyx")
SWITCH: Final = "VITRINE_COMPILED"


def source_hash() -> str:
    """What a compiled file must be made of."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]


def load() -> tuple[Any, str]:
    """The module, or None and why there is none."""
    if os.environ.get(SWITCH) == "off":
        return None, f"{SWITCH} is off"
    try:
        found: ModuleType = importlib.import_module(MODULE)
    except Exception as error:  # one of an older source may fail in any way
        return None, str(error)
    if source_hash() != found.SOURCE:
        return None, "native.pyx has changed since it was compiled; `make setup` does it again"
    return found, ""


native, why_not = load()
